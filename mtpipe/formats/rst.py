"""reStructuredText: titles, paragraphs, lists, admonitions and footnotes, edited in place; wrapped as they were.

Code, literal blocks, tables, comments, targets, unknown directives and the names in roles stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import east_asian_width

from mtpipe.document import inline_codes
from mtpipe.document.segment import Code, Document, Segment
from mtpipe.formats.editing.encoding import Encoding, read_text, write_text
from mtpipe.formats.editing.inplace import Edit, replaced
from mtpipe.formats.messages import icu
from mtpipe.formats.text import Span, joined, wrapped

_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}[ \t]*")
_BULLET = re.compile(r"(?:[-*+•‣⁃]|\(?(?:\d+|[A-Za-z]|[ivxlcdmIVXLCDM]+|#)[.)])[ \t]+(?=\S)")
_FIELD = re.compile(r":(?![: ])(?:\\.|[^:\\\n]|:(?!\s|$))+:(?:[ \t]+|$)")
_OPTION = re.compile(r"(?:--?|/)[\w?][^\n]*?(?:[ \t]{2,}|$)")
_EXPLICIT = re.compile(r"\.\.(?:[ \t]+|$)")
_DIRECTIVE = re.compile(r"\.\.[ \t]+(?:\|[^|\n]+\|[ \t]+)?([\w:.+-]+)[ \t]*::(?:[ \t]+|$)")
_FOOTNOTE = re.compile(r"\.\.[ \t]+\[[^\]\n]+\][ \t]+")
_TABLE = re.compile(r"\+[-=+]{3,}\+?|={2,}(?:[ \t]+={2,})+")
# directives whose content is text, and those of them whose argument is
_BODIES = frozenset("""admonition attention caution centered class compound container danger deprecated epigraph error
    figure glossary highlights hint hlist important note only pull-quote rubric seealso sidebar tab tip todo topic
    versionadded versionchanged versionremoved warning""".split())
_TITLES = _BODIES - frozenset("class container deprecated figure glossary hlist only versionadded versionchanged "
                              "versionremoved".split())  # fmt: skip
_TEXT_ROLES = "abbr|guilabel|menuselection|emphasis|strong|sub|subscript|sup|superscript|title|title-reference|dfn"
_BEFORE, _AFTER = r"(?<![\w\\*`|])", r"(?![\w*`|])"
_INLINE = re.compile(
    r"(?P<escape>\\[^\n])|"
    r"(?P<literal>``(?=\S)(?:[^`]|`(?!`))*?(?<=[^\s])``(?!`))|"
    rf"(?P<role>:[\w.+-]+(?::[\w.+-]+)*:)`(?P<said>[^`\n<>]+?)(?P<aim>\s*<[^<>`]+>)`|"
    rf"(?P<text_role>:(?:{_TEXT_ROLES}):)`(?P<shown>[^`\n]+)`|"
    r"(?P<name>:[\w.+-]+(?::[\w.+-]+)*:`[^`]+`)|"
    r"(?P<target>_`[^`]+`)|"
    r"`(?P<link>[^`<>]+?)(?P<url>\s*<[^<>`]+>`__?)|"
    r"(?P<phrase>`[^`]+`(?:__?|:[\w.+-]+:)?)|"
    r"(?P<substitution>\|(?=\S)[^|\n]+(?<=\S)\|_{0,2})|"
    r"(?P<note>\[(?:[#*\d][\w.-]*|[A-Za-z][\w.-]*)\]_)|"
    rf"{_BEFORE}\*\*(?P<strong>(?=[^\s*])(?:[^*]|\*(?!\*))+?(?<=[^\s\\]))\*\*{_AFTER}|"
    rf"{_BEFORE}\*(?P<emphasis>(?=[^\s*])[^*]+?(?<=[^\s\\]))\*{_AFTER}|"
    r"(?P<reference>(?<![\w`\\])[A-Za-z0-9](?:[\w.+-]*[A-Za-z0-9])?__?(?![\w`]))")
_PAIRS = ("said", "shown", "link", "strong", "emphasis")
_SPECIAL = re.compile(r"(?<!\\)([*`|]|(?<=\w)_(?!\w))")
_BLOCK = re.compile(rf"{_BULLET.pattern}|\.\.\s|__\s|>>>|\|\s|{_FIELD.pattern}|{_OPTION.pattern}")


@dataclass(frozen=True, slots=True)
class _Text:
    """A text whose lines stand at these spans; kind: title (adorned at the lines of adornments), line or paragraph."""

    spans: tuple[Span, ...]
    kind: str
    adornments: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class _RstSkeleton:
    text: str
    encoding: Encoding
    places: tuple[_Text, ...]


class RstFormat:
    """RST: titles, paragraphs, list items, definitions, admonitions, footnotes; tables and code stay."""

    suffixes = (".rst", ".rest")

    def read(self, path: Path, name: str) -> Document:
        """Every text with its roles and markup as codes; raises InputError."""
        text, encoding, notes = read_text(path, name)
        reader = _RstReader(text)
        segments: list[Segment] = []
        places: list[_Text] = []
        for place in reader.texts():
            source = joined(text, place.spans)
            codes = tuple(_codes(source))
            if inline_codes.has_words(source, codes):
                segments.append(Segment(f"{name}#{len(segments) + 1}", source, codes=codes))
                places.append(place)
        tables = (f"tables left as they are: {reader.tables}",) if reader.tables else ()
        return Document(name, tuple(segments), _RstSkeleton(text, encoding, tuple(places)), (*notes, *tables))

    def write(self, document: Document, path: Path) -> None:
        """The text with its segments' targets in place, escaped where they would be markup; raises OutputError."""
        skeleton: _RstSkeleton = document.skeleton
        edits: list[Edit] = []
        for segment, place in zip(document.segments, skeleton.places, strict=True):
            if segment.target is not None and segment.target != segment.source:
                edits += _edits(skeleton.text, segment, place)
        write_text(replaced(skeleton.text, sorted(edits)), skeleton.encoding, path)


def _edits(text: str, segment: Segment, place: _Text) -> Iterator[Edit]:
    target = re.sub(r"\s*[\r\n]\s*", " ", segment.target or "").strip()
    target, codes = _escaped(target, inline_codes.locate(segment.source, segment.codes, target))
    if place.kind != "line" and _BLOCK.match(target) and not _BLOCK.match(segment.source):
        target, codes = f"\\{target}", [Code(c.start + 1, c.end + 1, c.kind) for c in codes]
    start, end = place.spans[0][0], place.spans[-1][1]
    yield start, end, target if place.kind == "title" else wrapped(target, codes, text, place.spans)
    width = sum(2 if east_asian_width(character) in "WF" else 1 for character in target)
    for first, last in place.adornments:
        old = text[first:last]
        if place.kind == "title":
            yield first, last, old[0] * max(width + (2 if text[start - 1:start] == " " else 0), 3)


def _escaped(target: str, codes: Sequence[Code]) -> tuple[str, list[Code]]:
    """The target with escapes where it would be markup, or markup would be none; and its codes there."""
    whole, position = "", 0
    places: list[Code] = []
    for code in (*codes, Code(len(target), len(target))):
        whole += _SPECIAL.sub(r"\\\1", target[position:code.start])
        is_markup = code.end > code.start and _INLINE_EDGE.search(target[code.start:code.end]) is not None
        if is_markup and code.kind != "close" and whole[-1:].isalnum():
            whole += "\\ "
        places.append(Code(len(whole), len(whole) + code.end - code.start, code.kind))
        whole += target[code.start:code.end]
        position = code.end
        if is_markup and code.kind != "open" and target[position:position + 1].isalnum():
            whole += "\\ "
    return whole, places[:-1]


_INLINE_EDGE = re.compile(r"[*`|_]")


def _codes(source: str) -> list[Code]:
    tags: list[Code] = []
    for match in _INLINE.finditer(source):
        pair = next((name for name in _PAIRS if match[name]), None)
        if pair:
            tags += (Code(match.start(), match.start(pair), "open"), Code(match.end(pair), match.end(), "close"))
        else:
            tags.append(Code(*match.span()))
    return icu.codes_between(source, tags)


class _RstReader:
    """The lines of a text, one after another."""

    def __init__(self, text: str):
        self._text = text
        self._lines = [match.span(1) for match in _LINE.finditer(text)]
        self.tables = 0

    def texts(self) -> Iterator[_Text]:
        yield from self._body(0, len(self._lines), is_top=True)

    def _line(self, n: int) -> str:
        return self._text[slice(*self._lines[n])] if n < len(self._lines) else ""

    def _indent(self, n: int) -> int:
        line = self._line(n).expandtabs()
        return len(line) - len(line.lstrip()) if line.strip() else -1

    def _deeper(self, n: int, indent: int) -> int:
        """The line behind those from n on that are blank or deeper than indent."""
        while n < len(self._lines) and (self._indent(n) < 0 or self._indent(n) > indent):
            n += 1
        return n

    def _paragraph_end(self, n: int, end: int) -> int:
        """The line behind those from n on that are neither blank nor of another indent."""
        indent = self._indent(n)
        while n < end and self._indent(n) == indent:
            n += 1
        return n

    def _block_end(self, n: int, end: int) -> int:
        while n < end and self._indent(n) >= 0:
            n += 1
        return n

    def _body(self, n: int, end: int, is_top: bool = False) -> Iterator[_Text]:
        while n < end:
            indent = self._indent(n)
            if indent < 0:
                n += 1
                continue
            stripped = self._line(n).strip()
            if title := self._title(n):
                yield title[0]
                n = title[1]
            elif _ADORNMENT.fullmatch(stripped):
                n += 1
            elif _TABLE.match(stripped):
                self.tables += 1
                n = self._table_end(n, end, stripped)
            elif stripped.startswith(">>>"):
                n = self._block_end(n, end)
            elif stripped.startswith("__ ") or stripped == "..":
                n = self._deeper(n + 1, indent)
            elif _EXPLICIT.match(stripped):
                stop = min(self._deeper(n + 1, indent), end)
                yield from self._explicit(n, stop, indent)
                n = stop
            elif is_top and _FIELD.match(stripped):
                n = min(self._deeper(n + 1, indent), end)
                continue
            elif stripped.startswith("| "):
                yield _Text((self._span(n, 2),), "line")
                n += 1
            else:
                texts, n = self._paragraph(n, end, self._marker(n))
                yield from texts
            is_top = False

    def _span(self, n: int, skipped: int = 0) -> Span:
        """The line without its indent, a marker of so many characters, and blanks."""
        start, end = self._lines[n]
        line = self._text[start:end]
        begin = start + len(line) - len(line.lstrip()) + skipped
        return begin, max(begin, start + len(line.rstrip()))

    def _marker(self, n: int) -> int:
        """How long the list markers, field names or options at the line's beginning are."""
        line = self._line(n).strip()
        position = 0
        while match := _BULLET.match(line, position):
            position = match.end()
        if not position and (match := _FIELD.match(line) or _OPTION.match(line)):
            position = match.end()
        return position

    def _title(self, n: int) -> tuple[_Text, int] | None:
        """A title at line n, with or without an overline, and the line behind it."""
        def is_adornment(k: int) -> bool:
            return self._indent(k) == 0 and _ADORNMENT.fullmatch(self._line(k)) is not None

        if is_adornment(n) and self._indent(n + 1) >= 0 and not is_adornment(n + 1) and is_adornment(n + 2) \
                and self._line(n)[0] == self._line(n + 2)[0]:
            return _Text((self._span(n + 1),), "title", (self._span(n), self._span(n + 2))), n + 3
        if self._indent(n) == 0 and not is_adornment(n) and is_adornment(n + 1) and \
                (len(self._line(n + 1).rstrip()) >= 4 or len(self._line(n).rstrip()) <= 4) and \
                (n == 0 or self._indent(n - 1) < 0 or is_adornment(n - 1)):
            return _Text((self._span(n),), "title", (self._span(n + 1),)), n + 2
        return None

    def _table_end(self, n: int, end: int, first: str) -> int:
        if first.startswith("+"):
            return self._block_end(n, end)
        borders = 0
        while n < end:
            if _TABLE.fullmatch(self._line(n).strip()):
                borders += 1
                if borders > 1 and self._indent(n + 1) < 0:
                    return n + 1
            n += 1
        return n

    def _explicit(self, n: int, end: int, indent: int) -> Iterator[_Text]:
        stripped = self._line(n).strip()
        if footnote := _FOOTNOTE.match(stripped):
            texts, rest = self._paragraph(n, end, footnote.end(), is_first_apart=True)
            yield from texts
            yield from self._body(rest, end)
        elif (directive := _DIRECTIVE.match(stripped)) and directive[1] in _BODIES:
            body = n + 1
            while body < end and self._indent(body) > indent and _FIELD.match(self._line(body).strip()):
                body += 1
            if directive[1] in _TITLES and stripped[directive.end():]:
                texts, body = self._paragraph(n, end, directive.end(), is_first_apart=True) if body == n + 1 else (
                    [_Text((self._span(n, directive.end()),), "line")], body)
                yield from texts
            yield from self._body(body, end)

    def _paragraph(self, n: int, end: int, marker: int, is_first_apart: bool = False) -> tuple[list[_Text], int]:
        """The text of the lines from n on that go on as its first one begins, and the line behind it.

        marker: what is skipped of the first line. Lines after a marker are as deep as the text behind it, or deeper.
        """
        indent = self._indent(n)
        first = self._span(n, marker)
        rest = n + 1
        if marker:
            inner = self._indent(rest)
            if rest < end and inner > indent and not (_BULLET.match(self._line(rest).strip())):
                rest = self._paragraph_end(rest, end)
        else:
            rest = self._paragraph_end(n, end)
        spans = [first, *(self._span(k) for k in range(n + 1, rest))]
        spans = [span for span in spans if span[0] < span[1]]
        if not spans:
            return [], rest
        is_literal = self._text[spans[-1][0]:spans[-1][1]].endswith("::")
        if is_literal:
            spans[-1] = spans[-1][0], spans[-1][1] - 2
            rest = min(self._literal_end(rest, indent), end)
        return [_Text(tuple(spans), "paragraph")] if spans[-1][0] < spans[-1][1] else [], rest

    def _literal_end(self, n: int, indent: int) -> int:
        """The line behind a literal block, deeper than the text before it or with a quoting character on each line."""
        start = n
        while start < len(self._lines) and self._indent(start) < 0:
            start += 1
        if self._indent(start) > indent:
            return self._deeper(start, indent)
        quote = self._line(start).strip()[:1]
        if start > n and quote and not quote.isalnum() and quote in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~":
            while self._line(start).strip()[:1] == quote:
                start += 1
            return start
        return n
