"""How sure a figure is, and a difference between two systems: bootstrap and approximate randomisation by segments.

Same draws, formulas and p-values as `sacrebleu.significance` (Koehn 2004; Riezler and Maxwell 2005), for any figure of
sums over segments and at a fraction of its time: resampled sums are one product of matrices.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Figure = Callable[[np.ndarray], float]  # [k] sums → value; nan where there is nothing to count

SEED = 12345  # sacrebleu's
_BLOCK = 1 << 24  # numbers at a time
_HAIR = 1e-9  # by which sums of fractions may come out apart


class Resampling:
    """Draws for one test set of so many segments; every system and metric sees the same ones."""

    def __init__(self, segments: int, samples: int = 1000, seed: int = SEED):
        self.samples = samples
        self._times = _times(segments, samples, seed)
        # [samples × segments]: which side a segment's outputs are taken from
        self._sides = np.random.default_rng(seed).integers(2, size=(samples, segments), dtype=bool).astype(np.float32)

    def draws(self, statistics: np.ndarray, figure: Figure) -> np.ndarray:
        """[samples]: the figure of each bootstrap sample of [segments × k] statistics."""
        return _figures(self._times, statistics, figure)

    def bootstrap(self, value: float, draws: np.ndarray, other: float, others: np.ndarray) -> float:
        """p of the difference between two systems' values, given the draws of both: paired bootstrap, two-sided."""
        differences = np.abs(draws - others)
        return _p_value(differences - differences.mean(), abs(value - other))

    def randomisation(self, own: np.ndarray, other: np.ndarray, figure: Figure) -> float:
        """p of the difference between two systems' figures when their outputs are swapped at random, two-sided."""
        swapped = _figures(self._sides, other - own, figure, own.sum(axis=0))
        complement = _figures(1 - self._sides, other - own, figure, own.sum(axis=0))
        return _p_value(np.abs(swapped - complement), abs(figure(other.sum(axis=0)) - figure(own.sum(axis=0))))


def interval(draws: np.ndarray) -> tuple[float, float]:
    """The middle 95 % of bootstrap draws; nan where there is nothing to count."""
    counted = np.sort(draws[~np.isnan(draws)])
    if not len(counted):
        return float("nan"), float("nan")
    cut = len(counted) // 40
    return float(counted[cut]), float(counted[len(counted) - cut - 1])


def _times(segments: int, samples: int, seed: int) -> np.ndarray:
    """[samples × segments]: how often each segment is in each bootstrap sample."""
    draws = np.random.default_rng(seed).choice(segments, size=(samples, segments), replace=True)
    return np.stack([np.bincount(row, minlength=segments) for row in draws]).astype(np.float32)


def _figures(weights: np.ndarray, statistics: np.ndarray, figure: Figure, base: np.ndarray | float = 0) -> np.ndarray:
    """[samples]: the figure of each row of weights' sum of statistics, on top of base."""
    rows = max(1, _BLOCK // weights.shape[1])
    sums = [weights[i : i + rows].astype(float) @ statistics for i in range(0, len(weights), rows)]
    return np.array([figure(row + base) for row in np.concatenate(sums)])


def _p_value(differences: np.ndarray, difference: float) -> float:
    """The share of samples beyond the difference, itself counted among them (Noreen 1989); 1 for no difference."""
    if abs(difference) < _HAIR:
        return 1.0  # where sacrebleu gives the least p: two equal systems would pass for different ones
    counted = differences[~np.isnan(differences)]
    return float((np.sum(counted > difference + _HAIR) + 1) / (len(counted) + 1))
