"""Subtitles, SubRip, WebVTT and SubStation Alpha: a cue's text is a segment (each speaker's of a dialogue); timing,
settings, notes and styles stay byte for byte. A translation is broken into lines anew."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from unicodedata import east_asian_width

from mtpipe.document import inline_codes as inline
from mtpipe.document.segment import Code, Document
from mtpipe.errors import InputError
from mtpipe.formats.editing import inplace
from mtpipe.formats.editing.encoding import NEWLINE, read_text
from mtpipe.formats.editing.inplace import Piece, Span, Value
from mtpipe.formats.messages import icu
from mtpipe.languages.scripts import CJK, CJK_MARKS

WIDTH = 42  # characters a line, as broadcasters have it
LINES = 2
_TIME = r"(?:\d{1,4}:)?\d{1,2}:\d{1,2}[,.]\d{1,3}"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?$")
_NUMBER = re.compile(r"\s*\d+\s*$")
_TAG = re.compile(r"<(?P<close>/)?(?P<name>[A-Za-z]*)[^<>\n]*>|\{\\[^{}\n]*\}")
_BREAK = re.compile(r"[ \t]*(?:\r\n|\r|\n)[ \t]*")
_ASS_BREAK = re.compile(r"[ \t]*\\[Nn][ \t]*")
_ASS_LINE = re.compile(r"^(?P<kind>Format|Dialogue):[ \t]*(?P<rest>[^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_ASS_FIELDS = 9  # before the text, where the file does not say
_DRAWING = re.compile(r"\{[^{}]*\\p[1-9]")
_SPEAKER = re.compile(r"\s*(?:(?:<[^<>\n]*>|\{\\[^{}\n]*\})\s*)*(?:[-–—‐]+|>>+)\s*")
_CJK = f"[{CJK}{CJK_MARKS}]"
_BREAKABLE = re.compile(rf"\s+|(?<={_CJK})(?<![「『（])(?={_CJK})(?![、。，．！？：；」』）ーっゃゅょッャュョ])")
_AMPERSAND = re.compile(r"&(?!#?\w{1,31};)")


class SrtFormat:
    """SubRip; lines become as long as the file's own longest, at least 42 characters, or width; at most two a cue."""

    suffixes = (".srt",)

    def __init__(self, width: int = 0, lines: int = LINES):
        self._width, self._lines = width, lines

    def read(self, path: Path, name: str) -> Document:
        """Every cue's text; raises InputError with file:line for a timing that is none."""
        return _read(path, name, partial(_srt_cues, name=name), self._lines)

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place; raises OutputError."""
        _write(document, path, self._width, is_markup=False)


class VttFormat:
    """WebVTT; lines become as long as the file's own longest, at least 42 characters, or width; at most two a cue."""

    suffixes = (".vtt",)

    def __init__(self, width: int = 0, lines: int = LINES):
        self._width, self._lines = width, lines

    def read(self, path: Path, name: str) -> Document:
        """Every cue's text; raises InputError for a file that doesn't begin with WEBVTT and for a bad timing."""
        return _read(path, name, partial(_vtt_cues, name=name), self._lines)

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place; raises OutputError."""
        _write(document, path, self._width, is_markup=True)


class AssFormat:
    """ASS and SSA: the texts of dialogues; override tags are kept, drawings and comments stay."""

    suffixes = (".ass", ".ssa")

    def __init__(self, width: int = 0, lines: int = LINES):
        self._width, self._lines = width, lines

    def read(self, path: Path, name: str) -> Document:
        """Every dialogue's text; raises InputError for a file without the section of events."""
        text, encoding, notes = read_text(path, name)
        if text.strip() and not re.search(r"^\s*\[Events\]", text, re.MULTILINE | re.IGNORECASE):
            raise InputError(f"{name}: has no section [Events]; is it a SubStation Alpha file?")
        values = (_value(text, turn, max(self._lines, text.count("\\N", *span) + 1), _ASS_BREAK)
                  for span in _dialogues(text) for turn in [[span]])  # fmt: skip
        return inplace.document(name, text, encoding, values, notes)

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place; raises OutputError."""
        _write(document, path, self._width, is_markup=False, newline="\\N")


def _dialogues(text: str) -> Iterator[Span]:
    """Where the texts of the dialogues stand: behind as many commas as their format has fields before the text."""
    fields = _ASS_FIELDS
    for match in _ASS_LINE.finditer(text):
        if match["kind"].lower() == "format":
            fields = match["rest"].count(",") if match["rest"].rstrip().lower().endswith("text") else fields
        elif not _DRAWING.search(match["rest"]):
            start = match.start("rest")
            for _ in range(fields):
                start = text.find(",", start, match.end()) + 1 or match.end()
            yield start, match.end()


def _read(path: Path, name: str, cues: Callable[[str], Iterable[list[Span]]], lines: int) -> Document:
    text, encoding, notes = read_text(path, name)
    turns = ((turn, len(turn) if len(speeches) > 1 else max(lines, len(turn)))
             for cue in cues(text) for speeches in [list(_speakers(text, cue))] for turn in speeches)
    values = (_value(text, turn, most) for turn, most in turns)
    return inplace.document(name, text, encoding, values, notes)


def _write(document: Document, path: Path, width: int, is_markup: bool, newline: str = "") -> None:
    text = document.skeleton.text
    match = NEWLINE.search(text)
    newline = newline or (match[0] if match else "\n")
    longest = max((len(_TAG.sub("", line)) for value in document.skeleton.values
                   for line in re.split(r"\\N|[\r\n]+", text[value.offsets[0]:value.offsets[-1]])), default=0)

    def wrapped(target: str, value: Value, piece: Piece) -> str:
        codes = inline.locate(piece.source, piece.codes, target)
        lines = _lines(target, codes, width or max(WIDTH, longest), int(value.kind))
        spelled = (_escaped(line, inside) if is_markup else line for line, inside in lines)
        return newline.join(line.rstrip() for line in spelled)

    inplace.write(document, path, wrapped)


def _srt_cues(text: str, name: str) -> Iterator[list[Span]]:
    """The text lines of each cue, in runs without blank ones; what begins the next cue is its number and timing."""
    lines = _numbered(text)
    timings = [n for n, (start, end) in enumerate(lines)
               if "-->" in text[start:end] and _is_timing(text, lines, n, name)]
    if not timings and text.strip():
        raise InputError(f"{name}: has no cue such as 00:00:01,000 --> 00:00:02,000; is it a SubRip file?")
    for n, following in zip(timings, [*timings[1:], None]):
        last = len(lines) if following is None else following
        if following is not None and _NUMBER.match(text[slice(*lines[following - 1])]) and following - 1 > n:
            last -= 1
        yield from _runs(text, lines[n + 1:last])


def _vtt_cues(text: str, name: str) -> Iterator[list[Span]]:
    """The text lines of each cue; blocks are set apart by blank lines."""
    lines = _numbered(text)
    if text.strip() and not re.match(r"WEBVTT(?:[ \t]|$)", text[slice(*lines[0])]):
        raise InputError(f"{name}:1: a WebVTT file begins with WEBVTT; add that line if it is one")
    is_cue = False
    block: list[Span] = []
    for n, (start, end) in enumerate(lines):
        line = text[start:end]
        if not line.strip() or "-->" in line:
            yield from [block] if block else []
            is_cue, block = bool(line.strip()) and _is_timing(text, lines, n, name), []
        elif is_cue:
            block.append((start, end))
    yield from [block] if block else []


def _is_timing(text: str, lines: Sequence[Span], n: int, name: str) -> bool:
    line = text[slice(*lines[n])]
    if not _TIMING.match(line):
        raise InputError(f"{name}:{n + 1}: {line.strip()[:60]!r} is not a timing such as 00:00:01.000 --> "
                         "00:00:02.000; "
                         "correct it")
    return True


def _numbered(text: str) -> list[Span]:
    starts = [0, *(match.end() for match in NEWLINE.finditer(text))]
    ends = [*(match.start() for match in NEWLINE.finditer(text)), len(text)]
    return list(zip(starts, ends))


def _runs(text: str, lines: Sequence[Span]) -> Iterator[list[Span]]:
    run: list[Span] = []
    for start, end in (*lines, (0, 0)):
        if text[start:end].strip():
            run.append((start, end))
        elif run:
            yield run
            run = []


def _speakers(text: str, cue: Sequence[Span]) -> Iterator[list[Span]]:
    """A cue's lines, those of each speaker of a dialogue apart and without the dash before them."""
    turns: list[list[Span]] = []
    for start, end in cue:
        dash = _SPEAKER.match(text, start, end)
        if dash or not turns:
            turns.append([])
        turns[-1].append((dash.end() if dash else start, end))
    yield from turns


def _value(text: str, lines: Sequence[Span], most: int, breaks: re.Pattern[str] = _BREAK) -> Value:
    start, end = lines[0][0], lines[-1][1]
    joined, offsets = inplace.unescaped(text, start, end, breaks, lambda match: " ")
    tags = icu.paired([(*match.span(), match["name"] or "", _kind(match)) for match in _TAG.finditer(joined)])
    low, high, inside = icu.trimmed(joined, icu.codes_between(joined, tags), tags)
    codes = tuple(Code(code.start - low, code.end - low, code.kind) for code in inside)
    source = joined[low:high]
    pieces = (Piece(low, high, source, codes),) if inline.has_words(source, codes) else ()
    return Value(joined, offsets, pieces, kind=str(most))


def _kind(match: re.Match[str]) -> str:
    if match["close"]:
        return "close"
    return "open" if match["name"] else "alone"


def _lines(target: str, codes: Sequence[Code], limit: int, most: int) -> Iterator[tuple[str, list[Code]]]:
    """The target's lines with their codes: as few as fit into limit, at most `most`, and about equally long."""
    units = list(_units(target, codes))
    count = min(most, len(_filled(units, limit)))
    low, high = max(width for *_, width in units), sum(width for *_, width in units)
    while low < high:  # the narrowest lines that are no more than count
        middle = (low + high) // 2
        low, high = (low, middle) if len(_filled(units, middle)) <= count else (middle + 1, high)
    for start, end in _filled(units, low):
        inside = [Code(c.start - start, c.end - start, c.kind) for c in codes if start <= c.start and c.end <= end]
        yield target[start:end], inside


def _units(target: str, codes: Sequence[Code]) -> Iterator[tuple[int, int, int]]:
    """(start, end, columns) of what stays on one line, with the blank behind it; tags take no columns."""
    starts = [code.start for code in codes]
    start = 0
    for end in (*(match.end() for match in _BREAKABLE.finditer(target)), len(target)):
        code = bisect_left(starts, end) - 1  # the last that begins before
        if end > start and (code < 0 or codes[code].end <= end):
            visible = _TAG.sub("", target[start:end])
            yield start, end, sum(2 if east_asian_width(character) in "WF" else 1 for character in visible)
            start = end


def _filled(units: Sequence[tuple[int, int, int]], limit: int) -> list[Span]:
    """Spans of lines filled with units up to limit columns, at least one unit each."""
    lines: list[Span] = []
    used = 0
    for n, (start, end, columns) in enumerate(units):
        hanging = n < len(units) - 1  # the blank behind it takes no place at a line's end
        if lines and used + columns <= limit + hanging:
            lines[-1], used = (lines[-1][0], end), used + columns
        else:
            lines.append((start, end))
            used = columns
    return lines


def _escaped(line: str, codes: Sequence[Code]) -> str:
    pieces: list[str] = []
    position = 0
    for code in (*codes, Code(len(line), len(line))):
        text = _AMPERSAND.sub("&amp;", line[position:code.start])
        pieces += (text.replace("<", "&lt;").replace("-->", "--&gt;"), line[code.start:code.end])
        position = code.end
    return "".join(pieces)
