"""Documents of one structure in two languages: their blocks, aligned by kind, length and what both sides share.

Translated manuals keep the order of headings, paragraphs and list entries; versions differ by a few of them. Where the
kinds of all blocks agree, the n-th belongs to the n-th; else the best path of one-to-one matches is sought, as Gale and
Church (1993) do by length alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mtpipe.corpora import Located, Pair
from mtpipe.errors import InputError
from mtpipe.languages.tokenization import length

HOLE = "\0"  # in a block's text: a formula, reference or picture without which it is no sentence
_BAND = 60  # blocks off the diagonal that are looked at, beside what the one side has more
_MOST = 10_000_000  # places looked at, ten seconds; longer documents of so unlike lengths are hardly translations
_DOWN, _RIGHT, _MATCH = range(3)  # steps of a path: past a source block, a target block, both
_SLACK = 12  # characters: so much any translation may be longer
_LITERAL = re.compile(r"\w*\d\w*|\w+(?:[_/.@]\w+)+|--?\w[\w-]+")


class Block(NamedTuple):
    """A paragraph, heading or entry; kind: what only a block of the same kind can be the translation of."""

    kind: str
    text: str


def located(
    source: Mapping[str, Path], target: Mapping[str, Path], reader: Callable[[Path], list[Block]],
    on_problem: Callable[[InputError], object],
) -> Iterator[Located]:
    """The pairs of documents that both sides have by the same name; read gives their blocks.

    A document that can't be read is told to on_problem and passed over.
    """
    for name in sorted(source.keys() & target.keys()):
        if source[name] != target[name]:
            try:
                pairs = list(aligned(reader(source[name]), reader(target[name])))
            except InputError as error:
                on_problem(error)
                continue
            yield from ((name, pair) for pair in pairs if pair[0] != pair[1] and HOLE not in "".join(pair))


def aligned(source: Sequence[Block], target: Sequence[Block]) -> Iterator[Pair]:
    """The texts of blocks that belong together, in order; those without a counterpart are left out."""
    if [block.kind for block in source] == [block.kind for block in target]:
        yield from ((ours.text, theirs.text) for ours, theirs in zip(source, target, strict=True))
        return
    if len(source) * 2 * (_BAND + abs(len(source) - len(target))) <= _MOST:
        yield from ((source[i].text, target[j].text) for i, j in _path(source, target))


def _path(source: Sequence[Block], target: Sequence[Block]) -> list[tuple[int, int]]:
    """Indices of matched blocks: the path with the highest sum of likenesses."""
    ours, theirs = [list(map(_features, side)) for side in (source, target)]
    width = _BAND + abs(len(source) - len(target))
    best: dict[int, float] = {}  # by column, of the row before
    rows: list[tuple[int, bytearray]] = []  # of each the first column, and how the best path comes to each place
    for i in range(len(source) + 1):
        middle = i * len(target) // max(1, len(source))
        first, last = max(0, middle - width), min(len(target), middle + width)
        above, best, steps = best, {}, bytearray()
        for j in range(first, last + 1):
            step = _DOWN if above.get(j, -1.0) >= best.get(j - 1, -1.0) else _RIGHT
            best[j] = max(above.get(j, 0.0), best.get(j - 1, 0.0))
            if i and j and source[i - 1].kind == target[j - 1].kind:
                matched = above.get(j - 1, 0.0) + _likeness(ours[i - 1], theirs[j - 1])
                if matched > best[j]:
                    best[j], step = matched, _MATCH
            steps.append(step)
        rows.append((first, steps))
    return _traced(rows, len(target))


def _traced(rows: Sequence[tuple[int, bytearray]], j: int) -> list[tuple[int, int]]:
    path, i = [], len(rows) - 1
    while i and j:
        first, steps = rows[i]
        step = steps[j - first] if j >= first else _DOWN
        i, j = i - (step != _RIGHT), j - (step != _DOWN)
        if step == _MATCH:
            path.append((i, j))
    return path[::-1]


def _features(block: Block) -> tuple[float, frozenset[str]]:
    return length(block.text) + _SLACK, frozenset(_LITERAL.findall(block.text))


def _likeness(one: tuple[float, frozenset[str]], other: tuple[float, frozenset[str]]) -> float:
    """Above 0 for blocks that may be translations: of like length, more with numbers and names in common."""
    shared, either = one[1] & other[1], one[1] | other[1]
    return 0.6 - 1.5 * abs(math.log(one[0] / other[0])) + (len(shared) / len(either) - 0.3 if either else 0.0)
