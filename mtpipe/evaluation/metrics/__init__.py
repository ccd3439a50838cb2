"""Metrics of translations: one family a file, all behind `Metric`, each score with the signature that made it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from math import isnan
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from mtpipe import __version__
from mtpipe.document.segment import Score, Segment


class Metric(Protocol):
    """Scores the targets of segments; a segment without a target counts as an empty one, never as absent.

    name: of its scores. needs_reference: only segments with a reference can be scored. Values are percentages for text
    (0…100) and rates for terms (0…1), as their papers give them; nan with a note where there is nothing to score.
    """

    name: str
    needs_reference: bool

    def score(self, segments: Sequence[Segment]) -> Score: ...


class Rate(Metric, Protocol):
    """A metric that is a quotient of sums over segments, so that it can be resampled by segment."""

    def counts(self, segments: Sequence[Segment]) -> NDArray[Any]:
        """[segments × 2]: what each adds to the numerator and to the denominator."""
        ...


class Graded(Metric, Protocol):
    """A metric whose corpus score is no mean of segment scores, yet which scores each segment by itself too.

    The sums of its statistics give the corpus score, so that it can be resampled as well.
    """

    def statistics(self, segments: Sequence[Segment]) -> NDArray[Any]:
        """[segments × k]: what each adds to the k sums."""
        ...

    def figure(self, sums: NDArray[Any]) -> float:
        """The value for sums of statistics."""
        ...

    def grades(self, segments: Sequence[Segment]) -> NDArray[Any]:
        """[segments]: the score of each."""
        ...


def by_segment(metric: Metric, segments: Sequence[Segment]) -> NDArray[Any]:
    """[segments]: the metric's figure for each segment by itself, nan where it has nothing to count there."""
    if hasattr(metric, "grades"):
        return cast(Graded, metric).grades(segments)
    if not hasattr(metric, "counts"):
        return np.full(len(segments), np.nan)
    numerators, denominators = metric.counts(segments).T
    return np.divide(numerators, denominators, out=np.full(len(segments), np.nan), where=denominators > 0)


def count_shares(shares: Iterable[Sequence[float]]) -> NDArray[Any]:
    """[segments × 2]: the sum and the number of each segment's shares."""
    return np.array([(sum(of_segment), len(of_segment)) for of_segment in shares], dtype=float).reshape(-1, 2)


def quotient(counts: NDArray[Any]) -> float:
    """The value of a Rate: the sum of numerators over that of denominators; nan where there is nothing to count."""
    numerator, denominator = counts.sum(axis=0)
    return float(numerator / denominator) if denominator else float("nan")


def rate(name: str, counts: NDArray[Any], method: str, unit: str = "items", none: str = "no term is required") -> Score:
    """The score of a Rate; method: how it counts, unit: what the denominator counts, none: the note where that is 0."""
    value = quotient(counts)
    return Score(name, value, f"{unit}:{counts[:, 1].sum():.0f}|{method}", none if isnan(value) else "")


def signature(*langs: str) -> str:
    """The part of a term metric's signature that says by whose lemmas it matches."""
    return f"langs:{'-'.join(langs)}|lemmas:simplemma-{version('simplemma')}|mtpipe:{__version__}"
