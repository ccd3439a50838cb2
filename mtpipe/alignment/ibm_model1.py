"""Word alignment by expectation maximisation over a batch of pairs, helped by counts from a lexicon.

IBM model 1 with a diagonal prior (Dyer et al. 2013), both directions, combined as the product of their posteriors
(Liang et al. 2006). Vectorised: all cells (target word × source word) of all pairs lie in flat arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

DIAGONAL = 4.0  # how steeply a link far from the diagonal loses, per unit of relative distance
NULL = 0.08  # share of words that translate nothing
IDENTICAL = 20.0  # how much likelier a word is to be translated by itself: numbers, names, loan words
CONCENTRATION = 0.01  # of the Dirichlet prior: small, so that rare words don't collect garbage
UNSEEN = 1e-7
ELSEWHERE = 10_000  # words that the batch is a part of: in one sentence alone no word is as frequent as it looks

Ids = np.ndarray


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a batch: for each the index of its (source, target) word pair, its target row, its source column."""

    pair: np.ndarray
    row: np.ndarray
    column: np.ndarray
    weight: np.ndarray
    rows: np.ndarray  # target word id of each row
    columns: np.ndarray  # source word id of each column
    shapes: list[tuple[int, int]]  # (target words, source words) of each sentence pair


@dataclass(frozen=True, slots=True)
class Known:
    """Counts that come from a lexicon: for each word pair of the batch, and each word's total."""

    pairs: np.ndarray
    sources: np.ndarray
    targets: np.ndarray


def align(
    sources: Sequence[Ids], targets: Sequence[Ids], known: Callable[[np.ndarray, np.ndarray], Known] | None = None,
    iterations: int = 5,
) -> tuple[Cells, np.ndarray, np.ndarray]:
    """Cells, their posteriors (0…1) and the word pairs [n × 2] (source id, target id) they index.

    Ids number the words of both languages in one vocabulary. known gets the (source ids, target ids) of the distinct
    word pairs.
    """
    cells, pairs = _cells(sources, targets)
    source_of, target_of = pairs[:, 0], pairs[:, 1]
    priors = known(source_of, target_of) if known else None
    by_source = (priors.pairs, priors.sources) if priors else None
    by_target = (priors.pairs, priors.targets) if priors else None
    forward = _posteriors(cells, cells.row, source_of, cells.rows, by_source, iterations)
    backward = _posteriors(cells, cells.column, target_of, cells.columns, by_target, iterations)
    return cells, forward * backward, pairs


def matrices(cells: Cells, posteriors: np.ndarray) -> list[np.ndarray]:
    """The flat posteriors as one matrix [target words × source words] for each sentence pair."""
    ends = np.cumsum([rows * columns for rows, columns in cells.shapes])
    parts = np.split(posteriors, ends[:-1]) if len(ends) else []
    return [part.reshape(shape) for part, shape in zip(parts, cells.shapes)]


def _cells(sources: Sequence[Ids], targets: Sequence[Ids]) -> tuple[Cells, np.ndarray]:
    keys, rows, columns, weights, shapes = [], [], [], [], []
    row = column = 0
    for source, target in zip(sources, targets):
        n, m = len(source), len(target)
        shapes.append((m, n))
        keys.append(((source.astype(np.int64) << 32)[None, :] + target[:, None]).ravel())
        rows.append(np.repeat(np.arange(row, row + m, dtype=np.int32), n))
        columns.append(np.tile(np.arange(column, column + n, dtype=np.int32), m))
        distance = np.abs((np.arange(m)[:, None] + 0.5) / max(m, 1) - (np.arange(n)[None, :] + 0.5) / max(n, 1))
        prior = np.exp(-DIAGONAL * distance) * np.where(source[None, :] == target[:, None], IDENTICAL, 1.0)
        weights.append((prior / prior.sum(axis=1, keepdims=True)).ravel().astype(np.float32) if n else np.zeros(0))
        row, column = row + m, column + n
    flat, pair = np.unique(_join(keys, np.int64), return_inverse=True)
    pairs = np.stack([flat >> 32, flat & 0xFFFFFFFF], axis=1)
    return (
        Cells(pair.astype(np.int32), _join(rows, np.int32), _join(columns, np.int32), _join(weights, np.float32),
              _join(list(targets), np.int64), _join(list(sources), np.int64), shapes),
        pairs,
    )


def _join(parts: Sequence[np.ndarray], dtype: type) -> np.ndarray:
    return np.concatenate(parts).astype(dtype, copy=False) if parts else np.zeros(0, dtype)


def _posteriors(
    cells: Cells, group: np.ndarray, given_by: np.ndarray, words: np.ndarray,
    known: tuple[np.ndarray, np.ndarray] | None, iterations: int,
) -> np.ndarray:
    """p(this cell is the link of its group's word), with one direction's translation table fitted by EM.

    group: the word each cell's link explains; given_by: for each word pair the id it is conditioned on.
    """
    pair_count = len(given_by)
    conditions = int(given_by.max()) + 1 if pair_count else 0
    base = known[0] if known else np.zeros(pair_count)
    totals = np.zeros(conditions)
    if known:
        totals[given_by] = known[1]
        outside = totals - np.bincount(given_by, base, minlength=conditions)
    table = (base + 0.1) / (totals[given_by] + 0.1 * 50) if known else np.full(pair_count, 1.0)
    empty = np.bincount(words) / (len(words) + ELSEWHERE) if len(words) else np.zeros(1)
    posterior = np.zeros(len(group))
    for _ in range(iterations):
        posterior = table[cells.pair] * cells.weight * (1 - NULL)
        norm = np.bincount(group, posterior, minlength=len(words)) + NULL * empty[words] + UNSEEN
        posterior /= norm[group]
        counts = np.bincount(cells.pair, posterior, minlength=pair_count) + base
        sums = np.bincount(given_by, counts, minlength=conditions)
        if known:
            sums = sums + np.maximum(outside, 0)
        table = np.exp(_digamma(counts + CONCENTRATION) - _digamma(sums[given_by] + CONCENTRATION * 1000))
    return posterior


def _digamma(x: np.ndarray) -> np.ndarray:
    """ψ(x) for x > 0: recurrence up to 6, then the asymptotic series."""
    shift = np.zeros_like(x)
    x = x.copy()
    for _ in range(6):
        low = x < 6
        shift[low] -= 1 / x[low]
        x[low] += 1
    inverse = 1 / (x * x)
    return shift + np.log(x) - 0.5 / x - inverse * (1 / 12 - inverse * (1 / 120 - inverse / 252))
