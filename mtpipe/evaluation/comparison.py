"""Systems side by side on one test set: every metric with its 95 % interval, and tests against a baseline."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan, nan
from pathlib import Path
from typing import Any

import numpy as np

from mtpipe import __version__
from mtpipe.document import inline_codes
from mtpipe.document.segment import Score, Segment
from mtpipe.errors import ConfigError, InputError
from mtpipe.evaluation import sanity_checks, scoring
from mtpipe.evaluation.metrics import Metric, by_segment, quotient
from mtpipe.evaluation.significance import SEED, Figure, Resampling, interval
from mtpipe.evaluation.testsets.files import SetFiles, as_test_set, read_systems, read_test_set
from mtpipe.glossary.loading import load_glossary
from mtpipe.glossary.model import Glossary
from mtpipe.terminology.matcher import Matcher

SIGNIFICANT = 0.05
QUALITY = ("COMET", "COMETKiwi", "chrF2++", "chrF2", "BLEU")  # which tells most of a translation's quality, best first
HUMAN = "human"

Systems = Mapping[str, Sequence[Segment]]  # translations of the same segments, by the system's name


@dataclass(frozen=True, slots=True)
class Settings:
    """How to compare: metrics by plug-in name with their options, and how often to resample (0: not at all).

    baseline: the system that others are tested against, the first one where it is ""; one that is named is also what
    metrics of change compare with. with_human: the references themselves as a last system. has_tags: false leaves
    inline tags out of targets and references, which would lift what they are compared by.
    """

    source_lang: str
    target_lang: str
    metrics: Sequence[str] = scoring.METRICS
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    baseline: str = ""
    samples: int = 1000
    seed: int = SEED
    with_human: bool = False
    has_tags: bool = True


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
        p_values = [p for p in (self.bootstrap, self.randomisation) if p is not None]
        return max(p_values) if p_values else None


@dataclass(frozen=True, slots=True)
class System:
    """One system's translations of the test set and their measures by metric name.

    grades: of the metric that tells most of their quality, by segment; nan where it has none. remarks: what is odd
    about the translations. path: the file or folder that they are from, None for the references.
    """

    name: str
    segments: tuple[Segment, ...]
    measures: Mapping[str, Measure]
    grades: np.ndarray
    remarks: tuple[str, ...] = ()
    path: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """A row of `mtpipe.report.scores`."""
        measures = self.measures
        return {
            "system": self.name, "remarks": list(self.remarks),
            "scores": {name: _or_none(measure.score.value) for name, measure in measures.items()},
            "intervals": {name: [measure.low, measure.high] for name, measure in measures.items()
                          if not isnan(measure.low)},
            "p_values": {name: {"bootstrap": measure.bootstrap, "randomisation": measure.randomisation}
                         for name, measure in measures.items() if measure.p_value is not None},
            "signatures": {name: measure.score.signature for name, measure in measures.items()},
            "notes": {name: measure.score.note for name, measure in measures.items() if measure.score.note},
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """Systems measured on one test set; baseline: the name of the one that the others are tested against.

    remarks: what is odd about the test set.
    """

    systems: tuple[System, ...]
    settings: Settings
    baseline: str
    remarks: tuple[str, ...] = ()

    @property
    def paths(self) -> dict[str, Path]:
        """The files or folders of the systems' outputs, by system."""
        return {system.name: system.path for system in self.systems if system.path}

    @property
    def grade(self) -> str:
        """The metric of the systems' grades, "" where there are none."""
        return next((name for name in QUALITY if name in self.systems[0].measures), "")

    def to_dict(self) -> dict[str, Any]:
        """What was compared how, and a row for each system."""
        settings = self.settings
        return {
            "mtpipe": __version__, "source_lang": settings.source_lang, "target_lang": settings.target_lang,
            "segments": len(self.systems[0].segments), "baseline": self.baseline, "samples": settings.samples,
            "seed": settings.seed, "signature": self._signature(), "remarks": list(self.remarks),
            "systems": [system.to_dict() for system in self.systems],
        }  # fmt: skip

    def _signature(self) -> str:
        """How intervals and p-values were made."""
        if not self.settings.samples:
            return "not resampled: no intervals, no tests"
        tests = ""
        if len(self.systems) > 1:
            tests = (f"; *: p < {SIGNIFICANT} against {self.baseline} by paired bootstrap and by approximate"
                     " randomisation, by segments")  # fmt: skip
        return f"±: half the 95 % bootstrap interval{tests}|n:{self.settings.samples}|seed:{self.settings.seed}"


def compare_files(
    entries: Sequence[tuple[str, Path]], files: SetFiles, settings: Settings, glossary: Path | None = None
) -> Comparison:
    """Measures the systems, files or folders with their names or "", on the test set of these files.

    Where none is named, the first system's file is it, a bilingual one. glossary: terms beside the segments' own.
    Raises MtpipeError.
    """
    languages = settings.source_lang, settings.target_lang
    segments = read_test_set(files) if files.is_named else as_test_set(entries[0][1], files)
    terms = load_glossary(glossary, *languages) if glossary else Glossary.of((), *languages)
    matched = Matcher(terms).find(segments)
    outputs = read_systems(entries, matched, files)
    systems = {name: translated for name, (_, translated) in outputs.items()}
    if not files.is_named and not any(segment.target for segment in next(iter(systems.values()))):
        raise InputError(f"{entries[0][1]}: no translations beside its sources; give the test set that they belong to,"
                         " by --test or --source")  # fmt: skip
    if settings.with_human:
        systems |= {HUMAN: _references(matched, systems)}
    if not settings.has_tags:
        systems = {name: [_without_tags(segment) for segment in translated] for name, translated in systems.items()}
    remarks = sanity_checks.check_systems(systems, languages)
    measured = [replace(system, remarks=tuple(remarks[system.name]), path=outputs.get(system.name, (None,))[0])
                for system in compare(systems, settings)]  # fmt: skip
    set_remarks = sanity_checks.check_test_set(matched, languages)
    return Comparison(tuple(measured), settings, _baseline(systems, settings), tuple(set_remarks))


def compare(systems: Systems, settings: Settings) -> list[System]:
    """The systems measured, in order; their segments are the same but for the targets and have their matches.

    Raises InputError for a system that translated nothing, ConfigError for an unknown baseline, metric or option.
    """
    for name, segments in systems.items():
        if not any(segment.target for segment in segments):
            raise InputError(f"nothing to evaluate: {name} has no translation at all; is it the right file?")
    baseline = _baseline(systems, settings)
    texts = {segment.id: segment.target or "" for segment in systems[baseline]} if settings.baseline else None
    metrics = scoring.create(settings.metrics, settings.source_lang, settings.target_lang, settings.options,
                             baseline=texts)  # fmt: skip
    measures = {metric.name: _measure(metric, systems, baseline, settings) for metric in metrics}
    grading = next((metric for name in QUALITY for metric in metrics if metric.name == name), None)
    return [System(name, tuple(segments), {metric: of_system[name] for metric, of_system in measures.items()},
                   _grades(grading, segments)) for name, segments in systems.items()]  # fmt: skip


def _baseline(systems: Systems, settings: Settings) -> str:
    """The name of the system that others are tested against; raises ConfigError for one that is not there."""
    if settings.baseline and settings.baseline not in systems:
        raise ConfigError(f"no system {settings.baseline!r} to be the baseline; there are: {', '.join(systems)}")
    return settings.baseline or next(iter(systems))


def _measure(metric: Metric, systems: Systems, baseline: str, settings: Settings) -> dict[str, Measure]:
    scores = {name: scoring.score(metric, segments) for name, segments in systems.items()}
    statistics_and_figure = _statistics(metric)
    counted = scoring.applicable(metric, systems[baseline])
    if not settings.samples or statistics_and_figure is None or not counted or isnan(scores[baseline].value):
        return {name: Measure(score) for name, score in scores.items()}
    statistics_of, figure = statistics_and_figure
    resampling = Resampling(len(counted), settings.samples, settings.seed)
    statistics = {name: statistics_of(scoring.applicable(metric, segments)) for name, segments in systems.items()}
    draws = {name: resampling.draws(of_system, figure) for name, of_system in statistics.items()}
    return {
        name: Measure(score, *interval(draws[name])) if name == baseline else Measure(
            score, *interval(draws[name]),
            resampling.bootstrap(score.value, draws[name], scores[baseline].value, draws[baseline]),
            resampling.randomisation(statistics[name], statistics[baseline], figure),
        )
        for name, score in scores.items()
    }  # fmt: skip


def _grades(metric: Metric | None, segments: Sequence[Segment]) -> np.ndarray:
    grades = np.full(len(segments), np.nan)
    if metric is not None and (countable := scoring.applicable(metric, segments)):
        is_graded = [segment.reference is not None or not metric.needs_reference for segment in segments]
        grades[is_graded] = by_segment(metric, countable)
    return grades


def _statistics(metric: Any) -> tuple[Callable[[Sequence[Segment]], np.ndarray], Figure] | None:
    """(statistics by segment, the figure of their sums) of metrics that have them."""
    if hasattr(metric, "statistics"):
        return metric.statistics, metric.figure
    if hasattr(metric, "counts"):
        return metric.counts, lambda sums: quotient(sums[None])
    return None


def _references(segments: Sequence[Segment], systems: Collection[str]) -> list[Segment]:
    """The references as one more system's translations."""
    if HUMAN in systems:
        raise ConfigError(f"--human adds a system {HUMAN!r}, and there is one of that name; give yours another")
    if all(segment.reference is None for segment in segments):
        raise InputError("no segment has a reference, which would be the human translation; leave out --human")
    return [replace(segment, draft=segment.reference) for segment in segments]


def _without_tags(segment: Segment) -> Segment:
    def plain(text: str | None) -> str | None:
        return None if text is None else inline_codes.plain_text(text)

    return replace(segment, draft=plain(segment.target), postedit=None, reference=plain(segment.reference))


def _or_none(value: float) -> float | None:
    return None if isnan(value) else value
