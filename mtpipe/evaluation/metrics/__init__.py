"""Figures for translations: one metric a file, all behind `Metric`, each score with the signature that made it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from math import isnan
from typing import Any, Protocol

import numpy as np

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

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        """[segments × 2]: what each adds to the numerator and to the denominator."""
        ...


class Graded(Metric, Protocol):
    """A metric that scores the whole by other statistics than a mean, yet has a figure for each segment by itself.

    What statistics add up to gives the figure of the whole, so that it can be resampled too.
    """

    def statistics(self, segments: Sequence[Segment]) -> np.ndarray:
        """[segments × k]: what each adds to the k sums."""
        ...

    def figure(self, sums: np.ndarray) -> float:
        """The value for sums of statistics."""
        ...

    def grades(self, segments: Sequence[Segment]) -> np.ndarray:
        """[segments]: the score of each."""
        ...


def by_segment(metric: Metric, segments: Sequence[Segment]) -> np.ndarray:
    """[segments]: the metric's figure for each segment by itself, nan where it has nothing to count there."""
    if hasattr(metric, "grades"):
        return metric.grades(segments)
    if not hasattr(metric, "counts"):
        return np.full(len(segments), np.nan)
    met, asked = metric.counts(segments).T
    return np.divide(met, asked, out=np.full(len(segments), np.nan), where=asked > 0)


def sufficient(
    metric: Any, segments: Sequence[Segment], known: dict[tuple[str, str], Sequence[float]]
) -> np.ndarray:
    """[segments × k]: the statistics of a metric of sacrebleu, as its own tests of significance use them.

    known holds those of (target, reference): many systems share segments, and each is asked for more than once.
    """
    pairs = [(segment.target or "", segment.reference or "") for segment in segments]
    if new := [pair for pair in dict.fromkeys(pairs) if pair not in known]:
        hypotheses, references = zip(*new)
        known.update(zip(new, metric._extract_corpus_statistics(hypotheses, [references]), strict=True))
    return np.array([known[pair] for pair in pairs], dtype=float)


def tally(shares: Iterable[Sequence[float]]) -> np.ndarray:
    """[segments × 2]: the sum and the number of each segment's shares."""
    return np.array([(sum(found), len(found)) for found in shares], dtype=float).reshape(-1, 2)


def quotient(counts: np.ndarray) -> float:
    """The value of a Rate: the sum of numerators over that of denominators; nan where there is nothing to count."""
    met, asked = counts.sum(axis=0)
    return float(met / asked) if asked else float("nan")


def rate(name: str, counts: np.ndarray, said: str, unit: str = "items", none: str = "no term is required") -> Score:
    """The score of a Rate; said: how it counts, unit: what the denominator counts, none: the note where that is 0."""
    value = quotient(counts)
    return Score(name, value, f"{unit}:{counts[:, 1].sum():.0f}|{said}", none if isnan(value) else "")


def signature(*langs: str) -> str:
    """The part of a term metric's signature that says by whose lemmas it matches."""
    return f"langs:{'-'.join(langs)}|lemmas:simplemma-{version('simplemma')}|mtpipe:{__version__}"
