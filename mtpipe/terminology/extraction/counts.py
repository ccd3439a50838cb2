"""Where the phrases and their translations occur: one pass over the corpus for all that the choice of terms asks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from mtpipe.terminology.extraction.corpus import Gram, Side
from mtpipe.terminology.extraction.phrases import Links

RIVALS = 6  # translations of one source that are counted
PART = 200  # pairs of one document: what is longer is about several subjects
EXAMPLE = 12  # words of the ideal example


@dataclass(slots=True)
class Phrase:
    """One phrase of either side; keys of within and together are lemmas, as in Side.grams."""

    pairs: int = 0
    places: int = 0
    parts: set[int] = field(default_factory=set)
    within: Counter[str] = field(default_factory=Counter)  # places inside each longer phrase
    spellings: Counter[str] = field(default_factory=Counter)
    together: Counter[str] = field(default_factory=Counter)  # pairs with each translation on the other side
    examples: dict[str, tuple[int, int]] = field(default_factory=dict)  # translation → (how far from ideal, pair)


@dataclass(frozen=True, slots=True)
class Counts:
    """The phrases of both sides, the pairs that are nothing but two of them, and the sizes of the corpus' parts."""

    ours: dict[str, Phrase]
    theirs: dict[str, Phrase]
    labels: Counter[tuple[str, str]]
    sizes: np.ndarray


def count(source: Side, target: Side, documents: Sequence[str], links: Links, min_count: int) -> Counts:
    """Counts the linked phrases, and those that whole pairs consist of, over the pairs (documents: of each its own)."""
    labels = Counter((here, there) for i in range(len(documents))
                     if (here := source.label(i)) and (there := target.label(i)))
    rivals = _rivals(links, labels, min_count)
    all_rivals = frozenset(chain.from_iterable(rivals.values()))
    parts = _parts(documents)
    ours, theirs = defaultdict[str, Phrase](Phrase), defaultdict[str, Phrase](Phrase)
    for i, part in enumerate(parts):
        theirs_here = set(_see(target, i, part, [gram for gram in target.grams(i) if gram[2] in all_rivals], theirs))
        example = (abs(len(source.lemmas[i]) - EXAMPLE), i)
        for key in _see(source, i, part, [gram for gram in source.grams(i) if gram[2] in rivals], ours):
            phrase = ours[key]
            for other in filter(theirs_here.__contains__, rivals[key]):  # in their order, which a set has not
                phrase.together[other] += 1
                phrase.examples[other] = min(phrase.examples.get(other, example), example)
    return Counts(ours, theirs, labels, np.bincount(parts))


def _rivals(links: Links, labels: Counter[tuple[str, str]], min_count: int) -> dict[str, tuple[str, ...]]:
    """For each source phrase the translations to count: the ones most linked to it, and what labels say."""
    votes = {key: Counter({other: n for other, n in row.items() if n >= max(2, min_count // 2)})
             for key, row in links.items()}
    for (ours, theirs), number in labels.items():
        votes.setdefault(ours, Counter())[theirs] += number
    return {key: tuple(sorted(row, key=lambda other: (-row[other], other))[:RIVALS])
            for key, row in votes.items() if row}  # fmt: skip


def _parts(documents: Sequence[str]) -> list[int]:
    """The number of each pair's part: its document, or PART pairs of it."""
    size = Counter[str]()
    numbers: dict[tuple[str, int], int] = {}
    parts = []
    for document in documents:
        parts.append(numbers.setdefault((document, size[document] // PART), len(numbers)))
        size[document] += 1
    return parts


def _see(side: Side, index: int, part: int, grams: Sequence[Gram], phrases: dict[str, Phrase]) -> list[str]:
    """Counts the grams of one text; returns their lemmas, each once."""
    for start, end, key in grams:
        phrase = phrases[key]
        phrase.places += 1
        phrase.spellings[side.spelling(index, start, end)] += 1
        phrase.within.update({other for first, last, other in grams if first <= start and end <= last and other != key})
    keys = list(dict.fromkeys(key for _, _, key in grams))
    for key in keys:
        phrases[key].pairs += 1
        phrases[key].parts.add(part)
    return keys
