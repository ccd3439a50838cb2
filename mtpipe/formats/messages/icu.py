"""What in a message of a program is running text: its lines and the branches of ICU plurals, without outer tags."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from mtpipe.document import inline_codes as inline
from mtpipe.document.segment import Code
from mtpipe.formats.editing.inplace import Piece

_COMPLEX = re.compile(r"\{\s*\w{1,60}\s*,\s*(plural|selectordinal|select)\s*,\s*(?:offset:\d+\s*)?")
_SELECTOR = re.compile(r"\s*(?:=\d+|[\w-]+)\s*\{")
_BRACE = re.compile(r"[{}]|'(?=[{}])[^']*'")
_LINE = re.compile(r"\s*[\r\n]\s*")
# Tags as in HTML, by number as in React's <0>link</0>; what else i18next and vue-i18n put into messages: $t(key) @:key
_TAG = re.compile(r"<(?P<close>/)?(?P<name>[A-Za-z0-9][\w:.-]{0,40})(?:\s[^<>=]{1,60}=[^<>]{0,2000})?\s{0,9}/?>|"
                  r"\$t\([^()\n]{1,200}\)|@(?:\.\w{1,20})?:(?:\([\w.-]{1,80}\)|[\w.-]{1,80}\w)")
_DEEPEST = 20


def pieces(text: str, tags: Sequence[Code] | None = None) -> tuple[Piece, ...]:
    """The pieces of a message in the order of their ends; a branch comes before the text around its plural.

    tags are codes that its format found, else those of HTML: between them, placeholders are looked for.
    """
    codes = html_tags(text) if tags is None else tags
    return tuple(sorted(_pieces(text, codes, 0, 0, len(text), False), key=_by_end))


def html_tags(text: str) -> tuple[Code, ...]:
    """The tags in a message, and references to other messages."""
    matches = _TAG.finditer(text) if "<" in text or "$t(" in text or "@" in text else ()
    return paired([(*match.span(), match["name"] or "", _kind(match)) for match in matches])


def codes_between(text: str, tags: Iterable[Code], start: int = 0, end: int | None = None) -> list[Code]:
    """tags within text[start:end] and the placeholders between them; an ICU plural is one, with the tags in it."""
    end = len(text) if end is None else end
    codes: list[Code] = []
    position = start
    for tag in (*_with_plurals(text, tags, start, end), Code(end, end)):
        if position <= tag.start and tag.end <= end:
            codes += (Code(code.start + position, code.end + position, code.kind)
                      for code in inline.find(text[position:tag.start]))
            codes.append(tag)
            position = tag.end
    return codes[:-1]


def has_plural(text: str) -> bool:
    """Is there a plural or a choice of ICU MessageFormat in the text?"""
    return bool(_plurals(text, 0, len(text)))


def paired(tags: Sequence[tuple[int, int, str, str]]) -> tuple[Code, ...]:
    """Codes of tags given as (start, end, name, kind as it looks); a half without its other half stands alone."""
    kinds = ["alone"] * len(tags)
    stack: list[int] = []
    is_open: Counter[str] = Counter()
    for i, (_, _, name, kind) in enumerate(tags):
        if kind == "open":
            stack.append(i)
            is_open[name] += 1
        elif kind == "close" and is_open[name]:
            while tags[opener := stack.pop()][2] != name:
                is_open[tags[opener][2]] -= 1
            is_open[name] -= 1
            kinds[opener], kinds[i] = "open", "close"
    return tuple(Code(start, end, kind) for (start, end, _, _), kind in zip(tags, kinds, strict=True))


def trimmed(text: str, codes: Sequence[Code], removable: Iterable[Code] = ()) -> tuple[int, int, list[Code]]:
    """(start, end, codes) of text without blanks, removable codes and tags around all of it at its ends."""
    start, end, low, high = 0, len(text), 0, len(codes)
    droppable = {code for code in removable if code.kind == "alone"}
    closed_by = inline.pairs(codes)
    while True:
        while start < end and text[start].isspace():
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
        if low < high and codes[low].start == start and codes[low] in droppable:
            start, low = codes[low].end, low + 1
        elif low < high and codes[high - 1].end == end and codes[high - 1] in droppable:
            end, high = codes[high - 1].start, high - 1
        elif closed_by.get(low) == high - 1 and (codes[low].start, codes[high - 1].end) == (start, end):
            start, end, low, high = codes[low].end, codes[high - 1].start, low + 1, high - 1
        else:
            return start, end, list(codes[low:high])


def _kind(match: re.Match[str]) -> str:
    if match["close"]:
        return "close"
    return "alone" if match["name"] is None or match[0].endswith("/>") else "open"


def _pieces(text: str, tags: Sequence[Code], depth: int, start: int, end: int, is_plural: bool) -> Iterator[Piece]:
    """Those of text[start:end], which is depth branches deep; in a plural's branch # stands for the number."""
    codes = codes_between(text, tags, start, end)
    for code in codes:
        if match := _COMPLEX.match(text, code.start, code.end):
            for first, last in _branches(text, match.end(), code.end - 1) if depth < _DEEPEST else ():
                yield from _pieces(text, tags, depth + 1, first, last, match[1] != "select" or is_plural)
    if is_plural:
        codes = codes_between(text, [*_numbers(text, codes, start, end)], start, end)
    starts = [code.start for code in codes]
    if not all(_is_inside(match.start(), codes, starts) for match in _COMPLEX.finditer(text, start, end)):
        return  # unbalanced braces: nothing to be touched
    is_icu = depth > 0 or any(_COMPLEX.match(text, code.start, code.end) for code in codes)
    for first, last in _lines(text, codes, starts, start, end):
        share = codes[bisect_left(starts, first):bisect_left(starts, last)]
        inside = [Code(code.start - first, code.end - first, code.kind) for code in share]
        low, high, inside = trimmed(text[first:last], _closed(inside))
        source = text[first + low:first + high]
        inside = [Code(c.start - low, c.end - low, c.kind) for c in inside]
        if inline.has_words(source, inside):
            yield Piece(first + low, first + high, source, tuple(inside), is_icu)


def _with_plurals(text: str, tags: Iterable[Code], start: int, end: int) -> list[Code]:
    """tags within text[start:end], but a code for each plural in place of those in it; no pair is torn."""
    inside = [tag for tag in tags if start <= tag.start and tag.end <= end]
    if not inside:
        return inside
    partner = inline.pairs(inside)
    partner |= {closer: opener for opener, closer in partner.items()}
    for first, last in _plurals(text, start, end):
        within = {i for i, tag in enumerate(inside) if first <= tag.start and tag.end <= last}
        if within and all(partner.get(i, i) in within for i in within):
            inside = sorted([*(tag for i, tag in enumerate(inside) if i not in within), Code(first, last)], key=_start)
            partner = inline.pairs(inside)
            partner |= {closer: opener for opener, closer in partner.items()}
    return inside


def _plurals(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans of the plurals and choices that stand in no other."""
    spans: list[tuple[int, int]] = []
    for match in _COMPLEX.finditer(text, start, end):
        if not spans or match.start() >= spans[-1][1]:
            closing = _closing(text, match.end(), end)
            if closing and _branches(text, match.end(), closing - 1):
                spans.append((match.start(), closing))
    return spans


def _closing(text: str, position: int, end: int) -> int:
    """Behind the brace that closes the one before position; 0 where there is none."""
    depth = 1
    while depth and (brace := _BRACE.search(text, position, end)):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        position = brace.end()
    return 0 if depth else position


def _start(code: Code) -> int:
    return code.start


def _numbers(text: str, codes: Sequence[Code], start: int, end: int) -> Iterator[Code]:
    """The codes, and each # between them as one."""
    position = start
    for code in (*codes, Code(end, end)):
        yield from (Code(at, at + 1) for at in range(position, code.start) if text[at] == "#")
        if code.start < end:
            yield code
        position = code.end


def _branches(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The contents of the {…} in `one {…} other {…}`; [] where it isn't that."""
    spans = []
    while match := _SELECTOR.match(text, start, end):
        position = _closing(text, match.end(), end)
        if not position:
            return []
        spans.append((match.end(), position - 1))
        start = position
    return [] if text[start:end].strip() else spans


def _lines(text: str, codes: Sequence[Code], starts: Sequence[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans of the lines; a line end within a code is none."""
    position = start
    for match in _LINE.finditer(text, start, end):
        if not _is_inside(match.end() - 1, codes, starts):
            yield position, match.start()
            position = match.end()
    yield position, end


def _is_inside(position: int, codes: Sequence[Code], starts: Sequence[int]) -> bool:
    index = bisect_right(starts, position) - 1
    return index >= 0 and position < codes[index].end


def _closed(codes: Sequence[Code]) -> list[Code]:
    """The codes of a line, those whose other half is on another one alone."""
    couples = inline.pairs(codes)
    halves = {*couples, *couples.values()}
    return [code if i in halves else Code(code.start, code.end) for i, code in enumerate(codes)]


def _by_end(piece: Piece) -> tuple[int, int]:
    return piece.end, -piece.start
