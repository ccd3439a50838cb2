"""AsciiDoc: titles, paragraphs, lists, tables and admonitions, edited in place; wrapped as they were.

Code, passed-through and literal blocks, attributes, macros of blocks and comments stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mtpipe.document import inline_codes
from mtpipe.document.segment import Code, Document, Segment
from mtpipe.formats.editing import prose
from mtpipe.formats.editing.encoding import read_text
from mtpipe.formats.editing.inplace import Edit, Span
from mtpipe.formats.editing.prose import ProsePart
from mtpipe.formats.messages import icu

_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_VERBATIM = re.compile(r"(-{4,}|\.{4,}|\+{4,}|/{4,}|`{3,}|~{3,})(?:\w*)[ \t]*")  # blocks whose content is no text
_OPEN = re.compile(r"(?:={4,}|\*{4,}|_{4,}|--)[ \t]*")  # blocks of text
_TABLE = re.compile(r"([|!])={3,}[ \t]*")
_DATA_TABLE = re.compile(r"[,:]={3,}[ \t]*")
_TITLE = re.compile(r"(={1,6}|#{1,6})[ \t]+(?=\S)")
_ATTRIBUTE = re.compile(r":!?[\w][\w-]*!?:(?:[ \t]|$)")
_BLOCK_LINE = re.compile(r"\[(?:\S.*)?\][ \t]*$|(?:[a-z]\w*)::\S*\[.*\][ \t]*$|"
                         r"'{3,}[ \t]*$|<{3,}[ \t]*$|\+[ \t]*$")
_VERBATIM_STYLE = re.compile(r"\[(?:source|listing|literal|stem|latexmath|asciimath|pass|plantuml|mermaid|comment)\b|"
                             r"\[,\s*\w")
_DATA_STYLE = re.compile(r"format\s*=\s*[\"']?(?:csv|dsv|tsv)|separator\s*=")
_BLOCK_TITLE = re.compile(r"\.(?=[^\s.])")
_ITEM = re.compile(r"[ \t]*(?:(?:\*{1,6}|-|\.{1,6}|\d{1,4}\.|[a-zA-Z]\.|[ivx]{1,5}\)|<(?:\d{1,3}|\.)>)[ \t]+)"
                   r"(?:\[[ xX*]\][ \t]+)?(?=\S)")
_TERM = re.compile(r"[ \t]*(?P<term>[^\s:](?:[^:\n]|:(?!:))*?)(?P<mark>:{2,4}|;;)(?:[ \t]+|$)")
_ADMONITION = re.compile(r"(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION):[ \t]+")
_BREAK = re.compile(r"[ \t]+\+[ \t]*$")
_CELL = re.compile(r"(?:(?<=\s)|^)(?:\d+(?:\.\d+)?[+*]|\.\d+\+)?(?:[<^>.]{1,3})?(?P<style>[adehlmsv])?\|")
_BEFORE, _AFTER = r"(?<![\w\\*_`#^~])", r"(?![\w*_`#])"
_INLINE = re.compile(
    r"(?P<escape>\\[*_`#^~+\[{<&:\\])|"
    r"(?P<passed>\+{3}.+?\+{3}|\+{2}.+?\+{2}|pass:[a-z,]*\[[^\]]*\]|(?<![\w+])\+(?=\S)[^+\n]+(?<=\S)\+(?![\w+]))|"
    r"(?P<quote>[\"']`(?=\S))(?P<quoted>.{1,400}?)(?<=\S)`[\"']|"
    r"(?P<code>``.+?``|(?<![\w`])`(?=\S)(?:[^`\n]|`(?=\w))+?(?<=\S)`(?![\w`]))|"
    r"(?P<aim>(?:link:|xref:|mailto:)\S*?\[|(?:https?|ftp|irc)://[^\s\[\]<>]+\[|footnote:[\w-]*\[|<<[^<>,\n]+,[ \t]*)"
    r"(?P<shown>(?:[^\]\[<>\n]|\[[^\]\n]*\])+?)(?P<end>\]|>>)|"
    r"(?P<macro><<[^<>\n]+>>|"
    r"(?:image|icon|kbd|btn|menu|stem|latexmath|asciimath|anchor|indexterm2?|footnote|xref|link):[^\s\[:]*\[[^\]]*\]|"
    r"\[\[[^\]\n]+\]\]|\(\(\([^()\n]+\)\)\)|\{[\w][\w:.-]*\}|<\d{1,3}>)|"
    r"(?P<both>(?:\[[^\]\n]+\])?(?P<mark>\*\*|__|##))(?P<double>(?=\S)(?:(?!(?P=mark)).)+?(?<=\S))(?P=mark)|"
    rf"{_BEFORE}(?P<one>(?:\[[^\]\n]+\])?(?P<sign>[*_#]))"
    rf"(?P<single>(?=\S)(?:(?!(?P=sign)).)+?(?<=\S))(?P=sign){_AFTER}|"
    r"(?P<raised>[\^~])(?P<script>[^\s^~]+)(?P=raised)")
_PAIRS = ("quoted", "shown", "double", "single", "script")
_START = re.compile(rf"{_ITEM.pattern}|{_TITLE.pattern}|{_BLOCK_TITLE.pattern}|"
                    rf"{_ATTRIBUTE.pattern}|{_ADMONITION.pattern}|//|[|!]|\[|\s|[=*_+.~^-]{2,}\s*$")
_FORBIDDEN = re.compile(r"(?:[*.-]{1,6}[ \t]|\d{1,4}\.[ \t]|={1,6}[ \t]|//|[|:.\[]|\+\s)")


class AsciiDocFormat:
    """AsciiDoc: titles, paragraphs, lists, cells of tables, admonitions, footnotes; code and literal blocks stay."""

    suffixes = (".adoc", ".asciidoc", ".asc")

    def read(self, path: Path, name: str) -> Document:
        """Every text with its formats, macros and attributes as codes; raises InputError."""
        text, encoding, notes = read_text(path, name)
        return prose.document(name, text, encoding, _AsciiDocReader(text).paragraphs(), _codes, notes)

    def write(self, document: Document, path: Path) -> None:
        """The text with its segments' targets in place, escaped where they would be markup; raises OutputError."""
        prose.write(document, path, _spelled, _underlines(document), _FORBIDDEN)


def _codes(source: str) -> list[Code]:
    tags: list[tuple[int, int, str, str]] = []
    _mark(source, 0, len(source), tags)
    return icu.codes_between(source, [Code(start, end, kind) for start, end, _, kind in sorted(tags)])


def _mark(source: str, start: int, end: int, tags: list[tuple[int, int, str, str]]) -> None:
    """The markup of source[start:end], and what is in pairs of it."""
    position = start
    while match := _INLINE.search(source, position, end):
        pair = next((name for name in _PAIRS if match[name]), None)
        if pair:
            tags += ((match.start(), match.start(pair), "", "open"), (match.end(pair), match.end(), "", "close"))
            _mark(source, *match.span(pair), tags)
        else:
            tags.append((*match.span(), "", "alone"))
        position = match.end()


def _spelled(segment: Segment, place: ProsePart, target: str) -> tuple[str, Sequence[Code]]:
    codes: Sequence[Code] = inline_codes.locate(segment.source, segment.codes, target)
    target, codes = prose.respelled(target, codes, _escaped)
    if place.kind == "cell":
        target, codes = prose.respelled(target, codes, lambda text: re.sub(r"(?<!\\)\|", r"\\|", text))
    begins_with_code = bool(codes) and codes[0].start == 0
    if place.kind != "rest" and not begins_with_code and _START.match(target) and not _START.match(segment.source):
        target, codes = f"{{empty}}{target}", [Code(code.start + 7, code.end + 7, code.kind) for code in codes]
    return target, codes


def _escaped(text: str) -> str:
    """Text in which nothing is markup."""
    pieces: list[str] = []
    position = 0
    for match in _INLINE.finditer(text):
        pieces += (text[position:match.start()], "" if match["escape"] else "\\", match[0])
        position = match.end()
    return "".join((*pieces, text[position:]))


def _underlines(document: Document) -> Iterator[Edit]:
    """Underlines of titles as long as the titles."""
    skeleton: prose.ProseSkeleton = document.skeleton
    for segment, place in zip(document.segments, skeleton.places, strict=True):
        if place.kind.startswith("title ") and segment.target and segment.target != segment.source:
            start, end = map(int, place.kind.split()[1:])
            yield start, end, skeleton.text[start] * len(segment.target.strip())


class _AsciiDocReader:
    """The lines of a text, one after another."""

    def __init__(self, text: str):
        self._text = text
        self._lines = [match.span(1) for match in _LINE.finditer(text)]

    def paragraphs(self) -> Iterator[ProsePart]:
        n, count = 0, len(self._lines)
        style = ""
        while n < count:
            line = self._line(n)
            if not line.strip() or line.startswith("//") and not line.startswith("////"):
                n += 1
            elif verbatim := _VERBATIM.fullmatch(line):
                n = self._behind(n, verbatim[1])
                style = ""
            elif _DATA_TABLE.fullmatch(line) or _TABLE.fullmatch(line) and _DATA_STYLE.search(style):
                n = self._behind(n, line.rstrip())
                style = ""
            elif _TABLE.fullmatch(line):
                end = self._behind(n, line.rstrip())
                yield from self._cells(n + 1, end - 1)
                n, style = end, ""
            elif _BLOCK_LINE.match(line):
                style = line if line.startswith("[") else style
                n += 1
            elif _OPEN.fullmatch(line) and not self._underlined(n - 1):
                n, style = n + 1 if not _VERBATIM_STYLE.match(style) else self._behind(n, line.rstrip()), ""
            elif _ATTRIBUTE.match(line):
                while self._line(n).rstrip().endswith("\\"):
                    n += 1
                n += 1
            elif title := _TITLE.match(line):
                yield ProsePart((self._span(n, title.end()),), "title")
                n = self._behind_header(n) if n == 0 or not self._has_text_before(n) else n + 1
            elif title := _BLOCK_TITLE.match(line):
                yield ProsePart((self._span(n, title.end()),), "title")
                n += 1
            elif self._underlined(n):
                yield ProsePart((self._span(n),), "title {} {}".format(*self._span(n + 1)))
                n += 2
            else:
                end = self._paragraph_end(n)
                is_literal = line[0] in " \t" and not (_ITEM.match(line) or _TERM.match(line))
                if not is_literal and not _VERBATIM_STYLE.match(style):
                    yield from self._text_of(n, end)
                n, style = end, ""

    def _line(self, n: int) -> str:
        return self._text[slice(*self._lines[n])] if 0 <= n < len(self._lines) else ""

    def _span(self, n: int, skipped: int = 0) -> Span:
        """The line without so many characters, and blanks."""
        start, end = self._lines[n]
        line = self._text[start + skipped:end]
        begin = start + skipped + len(line) - len(line.lstrip())
        return begin, max(begin, start + skipped + len(line.rstrip()))

    def _behind(self, n: int, mark: str) -> int:
        """The line behind the block that begins at n and ends with such a line."""
        end = n + 1
        while end < len(self._lines) and self._line(end).rstrip() != mark:
            end += 1
        return end + 1

    def _has_text_before(self, n: int) -> bool:
        return any(self._line(k).strip() and not re.match(r"//|:", self._line(k)) for k in range(n))

    def _behind_header(self, n: int) -> int:
        """The line behind the authors and the revision that follow the document's title."""
        is_document = self._line(n).startswith(("= ", "# "))
        n += 1
        while is_document and self._line(n).strip():
            n += 1
        return n

    def _underlined(self, n: int) -> bool:
        """Is the line a title with a line of signs as long as it below?"""
        line, below = self._line(n).rstrip(), self._line(n + 1).rstrip()
        is_line = re.fullmatch(r"(={2,}|-{2,}|~{2,}|\^{2,}|\+{2,})", below) is not None
        is_alone = not self._line(n - 1).strip() or self._line(n - 1).startswith(("[", "//", "."))
        return is_line and is_alone and re.search(r"\w", line) is not None and abs(len(line) - len(below)) <= 1

    def _paragraph_end(self, n: int) -> int:
        """The line behind those from n on that belong to it."""
        n += 1
        while n < len(self._lines):
            line = self._line(n)
            if not line.strip() or _ITEM.match(line) or _BLOCK_LINE.match(line) or line.startswith("//") or \
                    _VERBATIM.fullmatch(line) or _OPEN.fullmatch(line) or _TABLE.fullmatch(line) or _TERM.match(line):
                break
            n += 1
        return n

    def _text_of(self, n: int, end: int) -> Iterator[ProsePart]:
        """The texts of a paragraph, an item or a definition, cut at its line breaks."""
        line = self._line(n)
        marker, kind = 0, ""
        if item := _ITEM.match(line):
            marker, kind = item.end(), "rest"
        elif term := _TERM.match(line):
            start = self._lines[n][0]
            yield ProsePart(((start + term.start("term"), start + term.end("term")),))
            marker, kind = term.end(), "rest"
        elif admonition := _ADMONITION.match(line):
            marker, kind = admonition.end(), "rest"
        spans: list[Span] = []
        for k in range(n, end):
            start, stop = self._span(k, marker if k == n else 0)
            broken = _BREAK.search(self._text[start:stop])
            if start < stop:
                spans.append((start, start + broken.start() if broken else stop))
            if broken and spans:
                yield ProsePart(tuple(spans), kind)
                spans, kind = [], "rest"
        if spans:
            yield ProsePart(tuple(spans), kind)

    def _cells(self, n: int, end: int) -> Iterator[ProsePart]:
        """The lines of the cells; lines without a mark go on with the cell before."""
        spans: list[Span] = []
        is_literal = False
        for k in range(n, end):
            start = self._lines[k][0]
            line = self._line(k)
            cells = [match for match in _CELL.finditer(line) if line[match.end() - 2:match.end() - 1] != "\\"]
            bounds = [(0, cells[0].start() if cells else len(line)), *(
                (cell.end(), after.start() if after else len(line)) for cell, after in zip(cells, [*cells[1:], None]))]
            for number, (first, last) in enumerate(bounds):
                if number or not line.strip():
                    yield from [ProsePart(tuple(spans), "cell")] if spans and not is_literal else []
                    spans = []
                is_literal = cells[number - 1]["style"] in ("l", "m") if number else is_literal
                piece = line[first:last]
                item = _ITEM.match(piece)
                if item and spans:
                    yield from [ProsePart(tuple(spans), "cell")] if not is_literal else []
                    spans = []
                begin = first + (item.end() if item else len(piece) - len(piece.lstrip()))
                stop = first + len(piece.rstrip())
                if begin < stop:
                    spans.append((start + begin, start + stop))
        if spans and not is_literal:
            yield ProsePart(tuple(spans), "cell")
