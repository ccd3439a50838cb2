"""Systems side by side on one test set: every metric with its 95 % interval, and tests against a baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan, nan
from typing import Any

import numpy as np

from mtpipe.document.segment import Score, Segment
from mtpipe.errors import ConfigError, InputError
from mtpipe.evaluation import scoring
from mtpipe.evaluation.metrics import Metric, by_segment, quotient
from mtpipe.evaluation.significance import SEED, Figure, Resampling, interval

SIGNIFICANT = 0.05
QUALITY = ("COMET", "COMETKiwi", "chrF2++", "chrF2", "BLEU")  # which tells most of a translation's quality, best first


@dataclass(frozen=True, slots=True)
class Measure:
    """A system's score by one metric; low and high bound its 95 % interval, nan where it can't be resampled.

    bootstrap, randomisation: p of the difference from the baseline; None for the baseline and what can't be tested.
    """

    score: Score
    low: float = nan
    high: float = nan
    bootstrap: float | None = None
    randomisation: float | None = None

    @property
    def p_value(self) -> float | None:
        """The larger of the two: a difference counts where both tests find it."""
        found = [p for p in (self.bootstrap, self.randomisation) if p is not None]
        return max(found) if found else None


@dataclass(frozen=True, slots=True)
class System:
    """One system's translations of the test set and their measures by metric name.

    grades: of the metric that tells most of their quality, by segment; nan where it has none.
    """

    name: str
    segments: tuple[Segment, ...]
    measures: Mapping[str, Measure]
    grades: np.ndarray


@dataclass(frozen=True, slots=True)
class Settings:
    """How to compare: metrics by plug-in name with their options, and how often to resample (0: not at all).

    baseline: the system that others are tested against, the first one where it is ""; one that is named is also what
    metrics of change compare with.
    """

    source_lang: str
    target_lang: str
    metrics: Sequence[str] = scoring.METRICS
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    baseline: str = ""
    samples: int = 1000
    seed: int = SEED


def compare(systems: Mapping[str, Sequence[Segment]], settings: Settings) -> list[System]:
    """The systems measured, in order; their segments are the same but for the targets and have their matches.

    Raises InputError for a system that translated nothing, ConfigError for an unknown baseline, metric or option.
    """
    for name, segments in systems.items():
        if not any(segment.target for segment in segments):
            raise InputError(f"nothing to evaluate: {name} has no translation at all; is it the right file?")
    baseline = baseline_of(systems, settings)
    texts = {segment.id: segment.target or "" for segment in systems[baseline]} if settings.baseline else None
    metrics = scoring.create(settings.metrics, settings.source_lang, settings.target_lang, settings.options,
                             baseline=texts)  # fmt: skip
    measured = {metric.name: _measured(metric, systems, baseline, settings) for metric in metrics}
    grading = next((metric for name in QUALITY for metric in metrics if metric.name == name), None)
    return [System(name, tuple(segments), {metric: found[name] for metric, found in measured.items()},
                   _grades(grading, segments)) for name, segments in systems.items()]  # fmt: skip


def baseline_of(systems: Mapping[str, object], settings: Settings) -> str:
    """The name of the system that others are tested against; raises ConfigError for one that is not there."""
    if settings.baseline and settings.baseline not in systems:
        raise ConfigError(f"no system {settings.baseline!r} to be the baseline; there are: {', '.join(systems)}")
    return settings.baseline or next(iter(systems))


def signature(settings: Settings, baseline: str) -> str:
    """How intervals and p-values were made, in a line; baseline: "" where there is nothing to test."""
    if not settings.samples:
        return "not resampled: no intervals, no tests"
    tests = (f"; *: p < {SIGNIFICANT} against {baseline} by paired bootstrap and by approximate randomisation, by"
             " segments" if baseline else "")  # fmt: skip
    return f"±: half the 95 % bootstrap interval{tests}|n:{settings.samples}|seed:{settings.seed}"


def _measured(
    metric: Metric, systems: Mapping[str, Sequence[Segment]], baseline: str, settings: Settings
) -> dict[str, Measure]:
    scores = {name: scoring.score(metric, segments) for name, segments in systems.items()}
    summed = _summed(metric)
    counted = scoring.suited(metric, systems[baseline])
    if not settings.samples or summed is None or not counted or isnan(scores[baseline].value):
        return {name: Measure(score) for name, score in scores.items()}
    statistics_of, figure = summed
    resampling = Resampling(len(counted), settings.samples, settings.seed)
    statistics = {name: statistics_of(scoring.suited(metric, segments)) for name, segments in systems.items()}
    draws = {name: resampling.draws(given, figure) for name, given in statistics.items()}
    return {
        name: Measure(score, *interval(draws[name])) if name == baseline else Measure(
            score, *interval(draws[name]),
            resampling.bootstrap(score.value, draws[name], scores[baseline].value, draws[baseline]),
            resampling.randomisation(statistics[name], statistics[baseline], figure),
        )
        for name, score in scores.items()
    }  # fmt: skip


def _grades(metric: Metric | None, segments: Sequence[Segment]) -> np.ndarray:
    found = np.full(len(segments), np.nan)
    if metric is not None and (chosen := scoring.suited(metric, segments)):
        is_graded = [segment.reference is not None or not metric.needs_reference for segment in segments]
        found[is_graded] = by_segment(metric, chosen)
    return found


def _summed(metric: Any) -> tuple[Callable[[Sequence[Segment]], np.ndarray], Figure] | None:
    """(statistics by segment, the figure of their sums) of metrics that have them."""
    if hasattr(metric, "statistics"):
        return metric.statistics, metric.figure
    if hasattr(metric, "counts"):
        return metric.counts, _quotient
    return None


def _quotient(sums: np.ndarray) -> float:
    return quotient(sums[None])
