"""Paragraphs of Office documents as segments see them, and as runs again: formats and all that is no text are codes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mtpipe.document import inline_codes as inline
from mtpipe.document.segment import Code
from mtpipe.formats.editing import xml
from mtpipe.formats.editing.inplace import Edit, replaced
from mtpipe.formats.editing.xml import Element
from mtpipe.formats.html.tags import core
from mtpipe.formats.messages import icu
from mtpipe.formats.ooxml import items
from mtpipe.formats.ooxml.items import RunItem

_LITERAL = re.compile(r"</?[gx](\d{1,9})/?>")
_BLANK = re.compile(" *")
_LINES = ("sheet", "plain")  # dialects in which a line end in a text is one
_RUN = re.compile(r"<(?P<prefix>\w+:)?r>")


@dataclass(frozen=True, slots=True)
class OfficeMark:
    """What a code's literal stands for: part[start:end] between before and after; run: a format, its opening tags."""

    start: int = 0
    end: int = 0
    before: str = ""
    after: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text that is translated together at part[start:end], and what closes and opens again a run that it begins in.

    run: the format of text outside all codes; around: the blanks at its ends; marks: by literal. dialect: word,
    drawing, sheet or plain (a workbook's text without formats).
    """

    start: int
    end: int
    source: str
    codes: tuple[Code, ...]
    run: str
    around: tuple[str, str]
    ends: tuple[str, str]
    marks: Mapping[str, OfficeMark]
    dialect: str = "word"


def read(part: str) -> Iterator[Paragraph]:
    """Those of a part in the order of their ends; those in a text box come before the one that it stands in."""
    for element, _ in xml.elements(part, frozenset(("p",))):
        if element.name == "p" and element.namespace in items.NAMESPACES and element.children:
            inside = [paragraph for inner in _paragraphs(element) for paragraph in within(part, inner)]
            yield from sorted(inside, key=_by_end)


def edits(part: str, pieces: Sequence[Paragraph], targets: Sequence[str | None]) -> list[Edit]:
    """What to replace in part where there is a new text for a piece; in order, not overlapping."""
    replacements: list[Edit] = []
    for piece, target in zip(pieces, targets, strict=True):
        if target is None or target == piece.source:
            continue
        inside: list[Edit] = []
        while replacements and replacements[-1][0] >= piece.start:
            inside.insert(0, replacements.pop())
        replacements.append((piece.start, piece.end, _rendered(part, piece, _intact(piece, target), inside)))
    return replacements


def _paragraphs(element: Element) -> Iterator[Element]:
    """The paragraph and those in its text boxes."""
    todo = [element]
    while todo:
        current = todo.pop()
        if current.name == "p" and current.namespace in items.NAMESPACES:
            yield current
        todo += current.children


def within(part: str, paragraph: Element) -> Iterator[Paragraph]:
    """The texts between what cuts a paragraph (a Word or drawing's p, a workbook's si or is)."""
    row = items.items(part, paragraph)
    is_plain = paragraph.namespace in items.SHEET and paragraph.child("t") is not None
    dialect = ("plain" if is_plain else "sheet") if paragraph.namespace in items.SHEET else \
        "drawing" if paragraph.namespace in items.DRAWING else "word"
    start = 0
    for end in [*(i for i, item in enumerate(row) if item.kind == "cut"), len(row)]:
        if piece := _paragraph(row[start:end], dialect):
            yield piece
        start = end + 1


def _paragraph(row: list[RunItem], dialect: str) -> Paragraph | None:
    """The row without what is around its text; None where there are no words."""
    row = _trimmed(row)
    if not any(item.text for item in row if item.kind == "text"):
        return None
    runs = _main_runs(row)
    numbers = _LITERAL.findall("".join(item.text for item in row if item.kind == "text"))
    number = max(map(int, numbers), default=0)
    marks: dict[str, OfficeMark] = {}
    names: dict[int, int] = {}
    parts: list[tuple[str, str]] = []  # (text, "") and (literal, kind of code)
    for kind, mark, index in _steps(row, runs):
        if kind == "text":
            begins, *others = row[index].text.split("\n") if dialect in _LINES else [row[index].text]
            parts.append((begins, ""))
            for line in others:
                number += 1
                parts += [(f"<x{number}/>", "alone"), (line, "")]
                marks[f"<x{number}/>"] = OfficeMark(before=_as_run("\n", row[index].run, dialect))
            continue
        if kind != "close":
            number += 1
            names[index] = number
        literal = {"open": "<g{}>", "close": "</g{}>", "alone": "<x{}/>"}[kind].format(names[index])
        parts.append((literal, kind))
        marks[literal] = mark
    whole, codes = _joined(parts)
    start, end = len(whole) - len(whole.lstrip()), len(whole.rstrip())
    source = whole[start:end]
    codes = icu.codes_between(source, [Code(code.start - start, code.end - start, code.kind) for code in codes])
    if not inline.has_words(source, codes):
        return None
    first, last = row[0], row[-1]
    ends = _closing(first.run) if first.before else "", last.run if last.after else ""
    around = whole[:start], whole[end:]
    return Paragraph(first.start, last.end, source, tuple(codes), runs[-1], around, ends, marks, dialect)


def _joined(parts: Sequence[tuple[str, str]]) -> tuple[str, list[Code]]:
    """Texts and codes as one text, and its codes; the blanks within a pair's ends go outside."""
    text = pending = ""
    codes: list[Code] = []
    for n, (part, kind) in enumerate(parts):
        if kind == "open" and (blank := _BLANK.match(parts[n + 1][0])) and not parts[n + 1][1]:
            text += blank[0]
        if kind == "close":
            stripped = text.rstrip(" ")
            if not codes or codes[-1].end <= len(stripped):
                text, pending = stripped, text[len(stripped):]
        if kind:
            codes.append(Code(len(text), len(text) + len(part), kind))
        elif n and parts[n - 1][1] == "open":
            part = part.lstrip(" ")
        text += part + pending
        pending = ""
    return text, codes


def _trimmed(row: list[RunItem]) -> list[RunItem]:
    """The row without blanks, pictures, notes and the like at its ends, and without pairs around all of it."""
    partner = items.partners(row)
    filled = [0]  # items that are text before each index
    for item in row:
        filled.append(filled[-1] + (item.kind == "text" and bool(item.text.strip()) or item.is_shown))
    low, high = core(filled, partner)
    while low and row[low - 1].kind == "gone" and row[low - 1].is_mark:
        low -= 1  # deleted text beside the new text would stay in the old language
    while high < len(row) and row[high].kind == "gone" and row[high].is_mark:
        high += 1
    return row[low:high]


def _main_runs(row: Sequence[RunItem]) -> dict[int, str]:
    """Index of each open item (−1 for the piece) → the run whose format most letters directly in it have."""
    letters: dict[int, Counter[str]] = {-1: Counter()}
    first: dict[str, str] = {}
    inside = [-1]
    parent = {}
    for i, item in enumerate(row):
        if item.kind == "open":
            parent[i] = inside[-1]
            inside.append(i)
            letters[i] = Counter()
        elif item.kind == "close":
            inside.pop()
        elif item.kind == "text":
            letters[inside[-1]][item.key] += len(item.text.strip())
            first.setdefault(item.key, item.run)
    runs: dict[int, str] = {}
    for i, counts in letters.items():
        key = counts.most_common(1)[0][0] if counts else None
        runs[i] = first[key] if key is not None else runs.get(parent.get(i, -1), next(iter(first.values())))
    return runs


def _steps(row: Sequence[RunItem], runs: Mapping[int, str]) -> Iterator[tuple[str, OfficeMark, int]]:
    """(text, open, close or alone, its mark, index) of what a segment sees; pairs share the index of their open."""
    partner = items.partners(row)
    keys = {item.run: item.key for item in row if item.kind == "text"}
    inside = [-1]
    group = -1  # where the run of text in another format began that is open
    for i, item in enumerate(row):
        own = keys.get(runs[inside[-1]], "")
        if group >= 0 and not _goes_on(row, i, row[group].key):
            yield "close", OfficeMark(), group
            group = -1
        if item.kind == "text":
            if group < 0 and item.key != own and item.text.strip():
                group = i
                yield "open", OfficeMark(run=item.run), i
            yield "text", OfficeMark(), i
        elif item.kind == "alone":
            yield "alone", OfficeMark(item.start, item.end, item.before, item.after), i
        elif item.kind == "open":
            inside.append(i)
            if not item.is_mark:
                yield "open", OfficeMark(item.start, item.end, item.before, item.after, runs[i]), i
        elif item.kind == "close":
            inside.pop()
            if not item.is_mark:
                yield "close", OfficeMark(item.start, item.end, item.before, item.after), partner[i]
    if group >= 0:
        yield "close", OfficeMark(), group


def _goes_on(row: Sequence[RunItem], i: int, key: str) -> bool:
    """Does text of that format follow at i, or behind what has none?"""
    for k in range(i, len(row)):
        item = row[k]
        if item.kind == "text" and item.text.strip():
            return item.key == key
        if item.kind not in ("text", "alone", "gone"):
            return False
    return False


def _intact(piece: Paragraph, target: str) -> str:
    """The target with the source's codes, each once and well nested: put back by guess where it isn't so."""
    if not inline.broken(piece.source, piece.codes, target):
        return target
    text = inline.plain_target(piece, target)
    return inline.project(piece.source, piece.codes, text, ())


def _rendered(part: str, piece: Paragraph, target: str, inside: Sequence[Edit]) -> str:
    """The target as runs; inside are edits of what its codes stand for."""
    pieces = [piece.ends[0]]
    runs = [piece.run]
    text = piece.around[0]
    position = 0
    for start, end in (*inline.occurrences(target, piece.marks), (len(target), len(target))):
        text += target[position:start]
        literal, position = target[start:end], end
        if end == start:
            text += piece.around[1]
        pieces.append(_as_run(text, runs[-1], piece.dialect))
        text = ""
        mark = piece.marks.get(literal, OfficeMark())
        within = [(s - mark.start, e - mark.start, new) for s, e, new in inside if mark.start <= s and e <= mark.end]
        pieces += (mark.before, replaced(part[mark.start:mark.end], within), mark.after)
        if literal.startswith("</"):
            runs.pop()
        elif literal and not literal.endswith("/>"):
            runs.append(mark.run)
    whole = "".join((*pieces, piece.ends[1]))
    return _unwrapped(whole, _prefix(piece.run)) if piece.dialect == "plain" else whole


def _as_run(text: str, run: str, dialect: str) -> str:
    if not text:
        return ""
    prefix = _prefix(run)
    opening = f"<{prefix}t>" if dialect == "drawing" else f'<{prefix}t xml:space="preserve">'
    closing = f"</{prefix}t>"
    content = xml.escaped(text if text == "\n" else re.sub(r"[\t\r\n]+", " ", text))
    if dialect == "word":
        content = content.replace("\u2011", f"{closing}<{prefix}noBreakHyphen/>{opening}")
    return f"{run}{opening}{content}{closing}</{prefix}r>"


def _unwrapped(runs: str, prefix: str) -> str:
    """Runs that all have no format as the one text they are."""
    text = "".join(re.findall(rf"<{prefix}t[^>]*>([^<]*)</{prefix}t>", runs))
    return f'<{prefix}t xml:space="preserve">{text}</{prefix}t>'


def _closing(run: str) -> str:
    return f"</{_prefix(run)}r>"


def _prefix(run: str) -> str:
    match = _RUN.match(run)
    return match["prefix"] or "" if match else "w:"


def _by_end(piece: Paragraph) -> tuple[int, int]:
    return piece.end, -piece.start
