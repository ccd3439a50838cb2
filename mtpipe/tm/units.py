"""Units on their way into a translation memory: by sentence where their sentences correspond, with their neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from mtpipe.document import inline_codes, sentence_splitting
from mtpipe.document.segment import Segment
from mtpipe.tm.keys import key, masked

_INSIDE = re.compile(r"[.!?…:][^\w\s]*\s+\S|[。！？]\S")  # a sentence may end within the text


@dataclass(frozen=True, slots=True)
class TranslationUnit:
    """A pair to remember; previous and following are its neighbours' sources, "" where there are none.

    changed: when, as YYYYMMDDThhmmssZ. Without neighbours of their own, units are each other's.
    """

    source: str
    target: str
    previous: str = ""
    following: str = ""
    changed: str = ""


class Placed(NamedTuple):
    """A unit with its masked source, its key and those of its neighbours (0 for none)."""

    unit: TranslationUnit
    text: str
    key: int
    previous: int
    following: int


def surrounded(units: Iterable[TranslationUnit], source_lang: str, target_lang: str) -> Iterator[Placed]:
    """The units with the keys of the sources around them, sentences of a unit being each other's neighbours."""
    waiting: Placed | None = None
    before = 0
    for unit in _sentences(units, source_lang, target_lang):
        text = masked(unit.source, inline_codes.find(unit.source))
        placed = Placed(unit, text, key(text), _context(unit.previous) or before, _context(unit.following))
        if waiting is not None:
            yield waiting._replace(following=waiting.following or placed.key)
        waiting, before = placed, placed.key
    if waiting is not None:
        yield waiting


def _sentences(units: Iterable[TranslationUnit], source_lang: str, target_lang: str) -> Iterator[TranslationUnit]:
    for unit in units:
        if not _INSIDE.search(unit.source):
            yield unit
            continue
        whole = Segment("", unit.source, draft=unit.target, codes=inline_codes.find(unit.source))
        parts = [
            replace(unit, source=part.source, target=part.draft or "", previous="", following="")
            for part in sentence_splitting.split(whole, source_lang, target_lang)
        ]
        parts[0] = replace(parts[0], previous=unit.previous)
        parts[-1] = replace(parts[-1], following=unit.following)
        yield from parts


def _context(source: str) -> int:
    return key(masked(source, inline_codes.find(source))) if source else 0
