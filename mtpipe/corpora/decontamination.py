"""Texts kept for evaluation, and whether a training text says the same: equal or nearly equal words.

The rule: two texts are alike when their words are the same without case, punctuation and codes, or, from six words
on, when at least half of the word trigrams of the one with more of them are in both. A text of several sentences is
compared as a whole and sentence by sentence (from four words on). Chinese and Japanese words are characters.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator

from mtpipe.document import inline_codes
from mtpipe.languages.scripts import CJK

SHARE = .5
_NEAR_WORDS, _SENTENCE_WORDS, _SHINGLE = 6, 4, 3
_WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
_END = re.compile(r"(?<=[.!?:])\s+|(?<=[。！？])")


def words(text: str) -> list[str]:
    """The words that are compared: lower case, without punctuation and without codes."""
    return _WORD.findall(_bare(text))


class HeldOut:
    """An index of held-out texts, of one language."""

    def __init__(self) -> None:
        self._same: set[str] = set()
        self._holders: dict[int, array[int]] = {}  # shingle → the texts that have it
        self._sizes = array("L")

    def add(self, text: str) -> None:
        """Holds a text and its sentences out; single words say nothing and are not held out."""
        for unit in _units(text):
            key = " ".join(unit)
            if len(unit) < 2 or key in self._same:
                continue
            self._same.add(key)
            if len(unit) >= _NEAR_WORDS:
                shingles = _shingles(unit)
                for shingle in shingles:
                    self._holders.setdefault(shingle, array("L")).append(len(self._sizes))
                self._sizes.append(len(shingles))

    def has_like(self, text: str) -> bool:
        """Is the text, or one of its sentences, the same or nearly the same as a held-out one?"""
        return any(" ".join(unit) in self._same or self._is_near(unit) for unit in _units(text))

    def _is_near(self, unit: list[str]) -> bool:
        if len(unit) < _NEAR_WORDS or not self._holders:
            return False
        shingles = _shingles(unit)
        shared = Counter[int]()
        for shingle in shingles:
            shared.update(self._holders.get(shingle, ()))
        return any(count >= SHARE * max(len(shingles), self._sizes[other]) for other, count in shared.items())


def _bare(text: str) -> str:
    codes = inline_codes.find(text)
    return (inline_codes.mask(text, codes, " ") if codes else text).casefold()


def _units(text: str) -> Iterator[list[str]]:
    bare = _bare(text)
    yield _WORD.findall(bare)
    sentences = [sentence for sentence in _END.split(bare) if sentence]
    if len(sentences) > 1:
        yield from (words for words in map(_WORD.findall, sentences) if len(words) >= _SENTENCE_WORDS)


def _shingles(unit: list[str]) -> set[int]:
    return {hash(tuple(unit[i:i + _SHINGLE])) for i in range(len(unit) - _SHINGLE + 1)}
