"""What translates what: word links of a parallel corpus, and the phrases of both sides that hold each other's links."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from mtpipe.alignment.lexicon import Lexicon, is_plausible
from mtpipe.languages.tokenization import is_character
from mtpipe.terminology.extraction.corpus import Side

LINK = 0.3  # weight from which a link counts; characters share a word's link among them
UNSPACED_LINK = 0.15
REACH = 2  # unlinked characters beside a linked one that may belong to its word
CHUNK = 5_000  # pairs aligned at a time
SEED = 1

Span = tuple[int, int]
_Words = dict[int, list[int]]
Links = dict[str, Counter[str]]  # source lemmas → target lemmas → in how many pairs


def linked(source: Side, target: Side, lexicon: Lexicon | None = None) -> Links:
    """For each phrase of the source how often each phrase of the target is linked to it and to nothing else.

    lexicon: of the same languages; learnt from the texts themselves when there is none.
    """
    order = [i for i in range(len(source.texts)) if is_plausible(source.lemmas[i], target.lemmas[i])]
    random.Random(SEED).shuffle(order)  # a batch is aligned by what is alike in it: it must hold a bit of everything
    if lexicon is None:
        lexicon = Lexicon(source.lang, target.lang)
        lexicon.learn((source.texts[i], target.texts[i]) for i in order)
    links: Links = defaultdict(Counter)
    for first in range(0, len(order), CHUNK):
        chunk = order[first : first + CHUNK]
        matrices = lexicon.align([(source.texts[i], target.texts[i]) for i in chunk])
        for i, matrix in zip(chunk, matrices, strict=True):
            for key, others in _phrases(matrix, source, target, i):
                links[key].update(others)
    return links


def _phrases(matrix: np.ndarray, source: Side, target: Side, index: int) -> Iterator[tuple[str, set[str]]]:
    """(source gram, target grams that may be its translation) of one pair; matrix [target words × source words]."""
    theirs = {(start, end): key for start, end, key in target.grams(index)}
    ours = list(source.grams(index)) if theirs else []
    columns_of, rows_of = _linked_words(matrix, source.lemmas[index], target.lemmas[index])
    for start, end, key in ours:
        if not all(rows_of[i] or is_character(source.lemmas[index][i]) for i in (start, end - 1)):
            continue
        rows = [row for column in range(start, end) for row in rows_of[column]]
        if rows and all(start <= column < end for row in range(min(rows), max(rows) + 1) for column in columns_of[row]):
            around = _stretched(min(rows), max(rows) + 1, columns_of, target.lemmas[index])
            yield key, {theirs[span] for span in around if span in theirs}


def _linked_words(matrix: np.ndarray, ours: Sequence[str], theirs: Sequence[str]) -> tuple[_Words, _Words]:
    """For each target word its source words, and the other way round."""
    characters = np.array([[is_character(a) or is_character(b) for a in ours] for b in theirs], dtype=bool)
    columns_of, rows_of = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    for row, column in np.argwhere(matrix >= np.where(characters, UNSPACED_LINK, LINK)).tolist():
        columns_of[row].append(column)
        rows_of[column].append(row)
    return columns_of, rows_of


def _stretched(start: int, end: int, columns_of: _Words, words: Sequence[str]) -> Iterator[Span]:
    """The span, and with the unlinked characters beside it: one link may stand for a word of several."""
    first, last = start, end
    while first > max(start - REACH, 0) and not columns_of[first - 1] and is_character(words[first - 1]):
        first -= 1
    while last < min(end + REACH, len(words)) and not columns_of[last] and is_character(words[last]):
        last += 1
    return ((i, j) for i in range(first, start + 1) for j in range(end, last + 1))
