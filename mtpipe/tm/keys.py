"""Texts as a translation memory compares them: keys, forms without the notation of codes, and grams for the search."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise

from mtpipe.document import inline_codes as inline
from mtpipe.document.segment import Code, Segment
from mtpipe.languages.scripts import CJK

_MASKS = {"open": "\ue000", "close": "\ue001", "alone": "\ue002"}
_STEM = 6  # letters of a word that count: inflected forms share them
_RUN = re.compile(r"[^\W_]+")
_OTHERS = re.compile(r"[\W_]+")
_UNSPACED = re.compile(f"[{CJK}]")  # a letter is a word


def normal(text: str) -> str:
    """In NFC with single spaces: what is alike in it is the same text."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def masked(text: str, codes: Sequence[Code]) -> str:
    """The normal text with each code as one character that says its kind only."""
    pieces: list[str] = []
    position = 0
    for code in codes:
        pieces += (text[position : code.start], _MASKS[code.kind])
        position = code.end
    return normal("".join((*pieces, text[position:])))


def number(text: str) -> int:
    """A text as 64 bits, the same in every run."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)


def key(masked_text: str) -> int:
    """The number of a masked text's letters and digits; 0 where it has none.

    Texts that are the same under some notation of codes and spaces have the same key.
    """
    rest = _OTHERS.sub("", masked_text)
    return number(rest) if rest else 0


def grams(masked_text: str) -> list[str]:
    """What the index finds a text by: the beginnings of its words, pairs of letters that stand unspaced."""
    grams: dict[str, None] = {}
    for run in _RUN.findall(masked_text.casefold()):
        if _UNSPACED.search(run) and len(run) > 1:
            grams |= dict.fromkeys(map("".join, pairwise(run)))
        else:
            grams[run[:_STEM]] = None
    return list(grams)


def adapted(segment: Segment, source: str, target: str) -> str | None:
    """A unit's target for a segment of the same words, with the segment's codes; None where they don't correspond.

    Codes correspond by their order and kind; one code of the unit can't become two different ones.
    """
    text: str | None = target.strip()
    if normal(source) != normal(segment.source):
        text = _recoded(segment, source, target.strip())
    if not text or inline.broken(segment.source, segment.codes, text):
        return None
    start, end = len(segment.source) - len(segment.source.lstrip()), len(segment.source.rstrip())
    return f"{segment.source[:start]}{text}{segment.source[end:]}"


def _recoded(segment: Segment, source: str, target: str) -> str | None:
    own = inline.find(source)
    if masked(source, own) != masked(segment.source, segment.codes) or inline.broken(source, own, target):
        return None
    literals = inline.literals(segment.source, segment.codes)
    pairs = set(zip(inline.literals(source, own), literals, strict=True))
    table = dict(pairs)
    if len(table) < len(pairs):
        return None
    pieces: list[str] = []
    position = 0
    for code in inline.locate(source, own, target):
        pieces += (target[position : code.start], table[target[code.start : code.end]])
        position = code.end
    return "".join((*pieces, target[position:]))
