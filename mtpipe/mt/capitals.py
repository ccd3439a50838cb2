"""Texts in capitals (RELEASE NOTES): a model that has seen few reads them in shreds, so it is shown small letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from mtpipe.document import inline_codes
from mtpipe.document.segment import Code, Segment


def lowered(segment: Segment, size: Callable[[str], int]) -> Segment:
    """The segment in small letters but for the first one, where all its letters are capitals and the model needs fewer
    pieces for it so; else itself. size: the number of a text's pieces; acronyms (HTML) have fewest as they are."""
    source, codes = segment.source, segment.codes
    letters = [char for char in inline_codes.blotted(source, codes)[0] if char.isalpha()]
    if len(letters) < 2 or not all(map(str.isupper, letters)):
        return segment
    small = _outside(source, codes, lambda text: "".join(map(_small, text)))
    first = next(i for i, char in enumerate(source) if char != small[i])
    small = source[: first + 1] + small[first + 1 :]
    return replace(segment, source=small) if size(small) < size(source) else segment


def raised(segment: Segment, text: str) -> str:
    """A translation of the segment in capitals, but for the codes."""
    return _outside(text, inline_codes.locate(segment.source, segment.codes, text), str.upper)


def _outside(text: str, codes: Sequence[Code], change: Callable[[str], str]) -> str:
    pieces, position = [], 0
    for code in codes:
        pieces += [change(text[position : code.start]), text[code.start : code.end]]
        position = code.end
    return "".join((*pieces, change(text[position:])))


def _small(char: str) -> str:
    return small if len(small := char.lower()) == 1 else char  # places in the text stay
