"""How likely words are in a row: trigrams of the target language, backed off to word endings.

Endings carry number, gender and case, so "el" before a noun never seen still beats "la" when its ending says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from heapq import nlargest
from math import log
from pathlib import Path
from typing import Protocol

from mtpipe.alignment import ngram_table
from mtpipe.alignment.ngram_table import NgramTable
from mtpipe.languages.tokenization import is_character

EDGE = "\x02"  # before the first and after the last word
STRENGTH = 3.0  # pseudo-counts of the coarser estimate
MIN_COUNT = 2
FREQUENT, FREE = 120, 40  # words; of few different ones no more than half and a tenth


class _NgramCounts(Protocol):
    def __getitem__(self, ngram: str, /) -> int: ...


@dataclass(frozen=True, slots=True)
class _Sum:
    """What was known before and what was learnt since."""

    base: NgramTable
    learnt: Counter[str]

    def __getitem__(self, ngram: str) -> int:
        return self.base[ngram] + self.learnt[ngram]


class Fluency:
    """Counts of n-grams of case-folded words ("a b c") and of words beside endings ("a ~ing", "~ung b").

    counts: known before, as a dictionary or a table on the disk.
    """

    def __init__(self, counts: Mapping[str, int] | NgramTable | None = None,
                 function_words: Iterable[str] | None = None):  # fmt: skip
        self._base = counts if isinstance(counts, NgramTable) else None
        self._learnt: Counter[str] = Counter() if isinstance(counts, NgramTable) else Counter(counts)
        self._counts: _NgramCounts = self._learnt if self._base is None else self._base
        self._bigram = lru_cache(maxsize=30_000)(self._estimate)  # an agreement tries many neighbours of few words
        if function_words is not None:
            self.function_words = frozenset(function_words)

    def __bool__(self) -> bool:
        return bool(self._base or self._learnt)

    def learn(self, sentences: Iterable[Sequence[str]]) -> None:
        counts = self._learnt
        if self._base is not None:
            self._counts = _Sum(self._base, counts)
        self._bigram.cache_clear()
        for sentence in sentences:
            tokens = [EDGE, *(word.casefold() for word in sentence), EDGE]
            classes = [endings(word) for word in tokens]
            counts.update(tokens)
            counts[""] += len(tokens)
            for coarse in classes:
                counts.update(coarse)
            for v, w, cv, cw in zip(tokens, tokens[1:], classes, classes[1:]):
                counts[f"{v} {w}"] += 1
                counts.update(f"{v} {c}" for c in cw)
                counts.update(f"{c} {w}" for c in cv)
            counts.update(map(" ".join, zip(tokens, tokens[1:], tokens[2:])))

    def write(self, path: Path, least: int = MIN_COUNT) -> None:
        """Writes what is frequent enough to keep as a table; of single words, what was seen MIN_COUNT times."""
        rows = ((gram, count) for gram, count in self._learnt.items()
                if self._counts[gram] >= (least if " " in gram else MIN_COUNT))  # fmt: skip
        ngram_table.write(path, rows, self._base)

    def score(self, words: Sequence[str]) -> float:
        """Log-probability of the words in this order, the first two as given context."""
        tokens = [word.casefold() for word in words]
        return sum(log(self._trigram(*tokens[i - 2 : i + 1])) for i in range(2, len(tokens)))

    def count(self, *words: str) -> int:
        """How often the words were seen in a row; with none, how many words were seen."""
        return self._counts[" ".join(word.casefold() for word in words)]

    @cached_property
    def function_words(self) -> frozenset[str]:
        """Articles, prepositions, pronouns: frequent words that are short, or stand beside many others on both sides
        (a frequent noun of the domain has few words before it)."""
        words = [gram for gram in self._learnt if gram.isalpha()]
        frequent = nlargest(min(FREQUENT, len(words) // 2), words, key=self._learnt.__getitem__)
        left, right = Counter[str](), Counter[str]()
        for first, _, second in (gram.partition(" ") for gram in self._learnt):
            if second and " " not in second and "~" not in first + second:
                left[second] += 1
                right[first] += 1
        free = nlargest(min(FREE, len(words) // 10), frequent, key=lambda word: min(left[word], right[word]))
        return frozenset(free) | {word for word in frequent if len(word) <= 3 and not is_character(word)}

    def _trigram(self, u: str, v: str, w: str) -> float:
        n = self._counts
        return (n[f"{u} {v} {w}"] + STRENGTH * self._bigram(v, w)) / (n[f"{u} {v}"] + STRENGTH)

    def _estimate(self, v: str, w: str) -> float:
        """From one letter of ending to three to the whole word, each estimate the back-off of the next."""
        n = self._counts
        best = (n[w] + 0.1) / (n[""] + 1)
        for cv, cw in zip(endings(v), endings(w)):
            member = (n[w] + 0.1) / (n[cw] + 10)
            by_left = (n[f"{v} {cw}"] * member + STRENGTH * best) / (n[v] + STRENGTH)
            by_right = (n[f"{cv} {w}"] + STRENGTH * best) / (n[cv] + STRENGTH)
            best = (by_left + by_right) / 2
        return (n[f"{v} {w}"] + STRENGTH * best) / (n[v] + STRENGTH)


@lru_cache(maxsize=30_000)
def endings(word: str) -> tuple[str, str, str]:
    """Classes of a word from coarse to fine: "~" and its last one, two and three letters; numbers are one class."""
    if any(char.isdigit() for char in word):
        return "~0", "~0", "~0"
    return f"~{word[-1:]}", f"~{word[-2:]}", f"~{word[-3:]}"
