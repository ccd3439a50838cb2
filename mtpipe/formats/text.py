"""Plain text: a line is a segment; lines that an editor wrapped are one, and are wrapped again after translation.

A line break counts as wrapping when the next line's first word would not have fitted on the line, the line doesn't
end a sentence and the next one begins no list item. All that isn't translated stays byte-identical.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtpipe.document import inline_codes
from mtpipe.document.segment import Code, Document, Segment
from mtpipe.formats.editing.encoding import Encoding, read_text, write_text
from mtpipe.languages.scripts import CJK, CJK_MARKS

_LINE = re.compile(r"[^\r\n\f\v\x85\u2028\u2029]+")
_MARKER = re.compile(r"[ \t]*(?:(?:[-*+•–—▪◦·>]|\(?\d{1,3}[.)]|\(?[a-z]\)|\[[ xX]\])[ \t]+)*")
# The options of a program's help and its commands, set apart from what they do by two blanks or more, or a tab.
_OPTION = re.compile(r"[ \t]*--?[A-Za-z?]\S*(?: \S+){0,6}?(?: {2,}|\t+)(?=\S)|"
                     r"[ \t]+[a-z][\w:.-]{0,30} {3,}(?=\S+ \S+ \S)")
_FENCE = re.compile(r"[ \t]*(```|~~~)")
# A prompt, a spreadsheet formula, a preprocessor line: commands to be typed, not sentences to be read.
_COMMAND = re.compile(r"(?:\$ |>>> |\.\.\. |#!|[A-Z]:\\|=[A-Z][A-Z0-9.]*\(|\{?=[A-Z]{1,3}\$?\d)")
_ORDINARY_WORD = re.compile(r"[(\"'“‘]*[^\W\d_]+(?:[-'’][^\W\d_]+)*[)\"'”’]*[.,;:!?…]*")
_LETTER = re.compile(r"[^\W\d_]")
_CJK = re.compile(f"[{CJK}{CJK_MARKS}]")
_WIDTHS = range(40, 133)  # lines longer than that were not wrapped for reading
_INDENT = 4
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Line:
    """Line text[start:end]: its content begins at column start + marker."""

    start: int
    end: int
    indent: int
    marker: int
    content: str

    @property
    def has_item_mark(self) -> bool:
        return self.marker > self.indent


@dataclass(frozen=True, slots=True)
class _TextSkeleton:
    """The text, and for each segment the spans of its lines' contents in it."""

    text: str
    encoding: Encoding
    places: tuple[tuple[Span, ...], ...]


class TextFormat:
    """Plain text files."""

    suffixes = (".txt", ".text")

    def read(self, path: Path, name: str) -> Document:
        """Lines and wrapped paragraphs; commands, formulas and fenced lines are left out. Raises InputError."""
        text, encoding, notes = read_text(path, name)
        segments: list[Segment] = []
        places: list[tuple[Span, ...]] = []
        for spans in blocks(text):
            source = joined(text, spans)
            codes = inline_codes.find(source)
            if inline_codes.has_words(source, codes):
                segments.append(Segment(f"{name}#{len(segments) + 1}", source, codes=codes))
                places.append(spans)
        return Document(name, tuple(segments), _TextSkeleton(text, encoding, tuple(places)), notes)

    def write(self, document: Document, path: Path) -> None:
        """The text with its segments' targets in place; raises OutputError."""
        skeleton: _TextSkeleton = document.skeleton
        pieces: list[str] = []
        position = 0
        for segment, spans in zip(document.segments, skeleton.places, strict=True):
            if segment.target is None or segment.target == segment.source:
                continue
            inside = inline_codes.locate(segment.source, segment.codes, segment.target)
            pieces += (skeleton.text[position:spans[0][0]], wrapped(segment.target, inside, skeleton.text, spans))
            position = spans[-1][1]
        write_text("".join((*pieces, skeleton.text[position:])), skeleton.encoding, path)


def blocks(text: str) -> Iterator[tuple[Span, ...]]:
    """What is to be translated together: spans of text, one a line, without the lines' indents and markers."""
    for lines in _paragraphs(text):
        begins = [line.start + line.marker for line in lines]
        yield tuple((begin, begin + len(line.content)) for begin, line in zip(begins, lines, strict=True))


def joined(text: str, spans: Iterable[Span]) -> str:
    """The lines of a block as one."""
    whole = ""
    for start, end in spans:
        whole += (_glue(whole, text[start:end]) if whole else "") + text[start:end]
    return whole


def wrapped(target: str, inside: Sequence[Code], text: str, spans: Sequence[Span], least: int = 0) -> str:
    """A block's target on one line, or wrapped as wide as its source was, with the same indentation.

    inside: the codes in target, which are not broken. least: columns that a line may have in any case.
    """
    target = re.sub(r"\s*[\r\n\f\v\x85\u2028\u2029]\s*", " ", target)
    if len(spans) == 1:
        return target
    begins = [start - max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) - 1 for start, _ in spans]
    width = max(least, *(begin + end - start for begin, (start, end) in zip(begins, spans, strict=True)))
    lines, begun, last, column = [], 0, 0, begins[0]
    for space in re.finditer(r" +|$", target):
        if any(code.start < space.end() and space.start() < code.end for code in inside):
            continue
        if column + space.start() - begun > width and last > begun:
            lines.append(target[begun:last].rstrip())
            begun, column = last, begins[1]
        last = space.end()
    return text[spans[0][1]:spans[1][0]].join((*lines, target[begun:]))


def _paragraphs(text: str) -> list[list[_Line]]:
    """The lines to translate, those of one wrapped paragraph together."""
    paragraphs: list[list[_Line]] = []
    block: list[_Line] = []
    fence = ""
    for match in _LINE.finditer(text):
        line = _line(match)
        mark = _FENCE.match(match[0])
        is_break = text[block[-1].end:line.start] not in ("\n", "\r\n", "\r") if block else False
        if mark or fence or is_break or not line.content or _is_command(line):
            paragraphs += _wrapped_runs(block)
            block = []
        if mark:
            fence = "" if mark[1] == fence else fence or mark[1]
        elif not fence and line.content and not _is_command(line):
            block.append(line)
    return paragraphs + _wrapped_runs(block)


def _line(match: re.Match[str]) -> _Line:
    raw = match[0]
    content = raw.strip()
    indent = len(raw) - len(raw.lstrip()) if content else 0
    mark = _MARKER.match(raw)
    option = _OPTION.match(raw)
    marker = max(mark.end() if mark else 0, option.end() if option else 0, indent)
    return _Line(match.start(), match.end(), indent, marker, raw[marker:].strip())


def _is_command(line: _Line) -> bool:
    """Is this line code: a prompt or a formula, or indented and mostly not made of ordinary words?"""
    if _COMMAND.match(line.content):
        return True
    if line.indent < _INDENT or line.has_item_mark:
        return False
    parts = line.content.split()
    return sum(_ORDINARY_WORD.fullmatch(part) is not None for part in parts) * 2 < len(parts)


def _wrapped_runs(block: list[_Line]) -> list[list[_Line]]:
    if not block:
        return []
    width = max(line.marker + len(line.content) for line in block)
    runs = [block[:1]]
    for line in block[1:]:
        if width in _WIDTHS and _is_continued(runs[-1], line, width):
            runs[-1].append(line)
        else:
            runs.append([line])
    return runs


def _is_continued(run: list[_Line], line: _Line, width: int) -> bool:
    last = run[-1]
    if line.has_item_mark or last.content[-1] in ".!?:;。！？：；…":
        return False
    if len(run) == 1:
        is_aligned = line.indent <= max(last.marker, last.indent)
    else:
        is_aligned = line.indent == last.indent
    first_word = line.content.split(maxsplit=1)[0]
    return is_aligned and last.marker + len(last.content) + 1 + len(first_word) > width


def _glue(before: str, after: str) -> str:
    is_compound = before[-1] == "-" and _LETTER.match(before[-2:-1])
    return "" if is_compound or _CJK.match(before[-1]) and _CJK.match(after[0]) else " "
