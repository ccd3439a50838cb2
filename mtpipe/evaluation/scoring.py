"""Scores of translations against references and terms: the figures of a test set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import isnan, nan
from typing import Any

from mtpipe import plugins
from mtpipe.document.segment import Score, Segment
from mtpipe.errors import InputError
from mtpipe.evaluation.metrics import Metric
from mtpipe.glossary.model import Glossary
from mtpipe.terminology.matcher import Matcher

METRICS = ("bleu", "chrf", "tsr_wmt25", "tsr_strict", "all_terms", "verbatim", "overuse", "consistency",
           "hallucinations")  # fmt: skip


def evaluate(
    segments: Sequence[Segment], source_lang: str, target_lang: str, metrics: Sequence[str] = METRICS,
    options: Mapping[str, Mapping[str, Any]] = {}, **offered: Any,
) -> list[Score]:
    """A score for each metric, in order, of the segments' targets; term metrics need the matches of `Matcher`.

    Metrics that compare with a reference are computed over the segments that have one, and note it where others have
    none; a metric that has nothing to count has the value nan, and its note says why. A segment without a target counts
    as an empty translation. options: of the metrics, as {"metric.comet": {"model": …}}. offered: what they may ask for
    beside the languages. Raises InputError when no segment has a target, ConfigError for an unknown metric or option.
    """
    if not any(segment.target for segment in segments):
        raise InputError("nothing to evaluate: no segment has a draft or a postedit — translate first")
    return [score(metric, segments) for metric in create(metrics, source_lang, target_lang, options, **offered)]


def create(
    metrics: Sequence[str], source_lang: str, target_lang: str, options: Mapping[str, Mapping[str, Any]] = {},
    **offered: Any,
) -> list[Metric]:
    """The metrics of these names; raises ConfigError for an unknown name or option, or what a metric lacks."""
    return [plugins.create("metric", name, options.get(f"metric.{name}", {}), source_lang=source_lang,
                           target_lang=target_lang, **offered) for name in metrics]  # fmt: skip


def applicable(metric: Metric, segments: Sequence[Segment]) -> Sequence[Segment]:
    """The segments that the metric can be computed over."""
    return [s for s in segments if s.reference is not None] if metric.needs_reference else segments


def score(metric: Metric, segments: Sequence[Segment]) -> Score:
    """The metric's score over the segments that it can be computed over; a gap with its reason where these are none."""
    countable = applicable(metric, segments)
    if not countable:
        return Score(metric.name, nan, "", "no segment has a reference")
    result = metric.score(countable)
    if len(countable) < len(segments):
        return replace(result, note=f"segments with a reference: {len(countable)} of {len(segments)}"
                                    f"{result.note and f'; {result.note}'}")  # fmt: skip
    return result


def score_subsets(
    systems: Mapping[str, Sequence[Segment]], glossary: Glossary, subsets: Mapping[str, frozenset[str]],
    metrics: Sequence[str] = METRICS,
) -> Iterator[dict[str, Any]]:
    """A row {"set", "system", "segments", "scores"} for each system on all segments, then on each subset of documents.

    systems: translations by name, of the same source segments. subsets: documents by name, as in the ids before "#".
    "human" is added, the references themselves: what the terms' figures can be at most. Raises InputError for a
    subset of which no document is there.
    """
    matched = Matcher(glossary).find(next(iter(systems.values())))
    matches = {segment.id: segment.matches for segment in matched}
    human = [replace(segment, draft=segment.reference) for segment in matched]
    for name, documents in {"all": None, **subsets}.items():
        for system, segments in {**systems, "human": human}.items():
            countable = [
                replace(segment, matches=matches[segment.id]) for segment in segments
                if documents is None or segment.id.rpartition("#")[0] in documents
            ]
            if not countable:
                raise InputError(f"subset {name!r}: none of its {len(documents or ())} documents is among the compared")
            scores = evaluate(countable, glossary.source_lang, glossary.target_lang, metrics)
            yield {"set": name, "system": system, "segments": len(countable),
                   "scores": {s.name: None if isnan(s.value) else s.value for s in scores},
                   "signatures": {s.name: s.signature for s in scores}}
