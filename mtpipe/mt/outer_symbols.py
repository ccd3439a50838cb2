"""Symbols around a sentence (🔎 Index, ⚠ Warning ⚠): a model takes them for words, so it is not shown them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from mtpipe.document.invariants import is_picture, is_symbol
from mtpipe.document.segment import Code, Segment, TermMatch

_Place = TypeVar("_Place", Code, TermMatch)


def cut(segment: Segment) -> tuple[str, Segment, str]:
    """(what stands before, the segment without it, what stands behind): symbols, with white space and tags of theirs.

    Nothing is cut of a segment that would keep nothing, nor what a term of the glossary holds.
    """
    text, codes = segment.source, segment.codes
    start, end = _leading(text, codes), len(text) - _trailing(text, codes)
    start = min([start, *(match.start for match in segment.matches)])
    end = max([end, *(match.end for match in segment.matches)])
    if start >= end or start == 0 and end == len(text):
        return "", segment, ""
    inner = replace(
        segment, source=text[start:end],
        codes=tuple(_moved(code, start) for code in codes if start <= code.start and code.end <= end),
        matches=tuple(_moved(match, start) for match in segment.matches),
    )  # fmt: skip
    return text[:start], inner, text[end:]


def _leading(text: str, codes: Sequence[Code]) -> int:
    """The length of the symbols at the beginning: 0 where there are none."""
    return _length(text, {code.start: (code.end - code.start, code.kind) for code in codes}, ("open", "close"))


def _trailing(text: str, codes: Sequence[Code]) -> int:
    size = len(text)
    return _length(text[::-1], {size - code.end: (code.end - code.start, code.kind) for code in codes},
                   ("close", "open"))  # fmt: skip


def _length(text: str, codes: dict[int, tuple[int, str]], kinds: tuple[str, str]) -> int:
    """Of the longest run of symbols, white space and whole pairs of tags; kinds: of what comes first of a pair."""
    position = length = depth = 0
    has_symbol = False
    while position < len(text):
        size, kind = codes.get(position, (1, ""))
        if kind:
            depth += {kinds[0]: 1, kinds[1]: -1}.get(kind, len(text))  # one that stands alone ends the run
            if not 0 <= depth < len(text):
                break
        elif is_symbol(text[position]):
            has_symbol = True
        elif not (text[position].isspace() or is_picture(text[position])):
            break
        position += size
        if has_symbol and depth == 0:
            length = position
    return length


def _moved(place: _Place, by: int) -> _Place:
    return replace(place, start=place.start - by, end=place.end - by)
