"""Scores of translations against references and terms: the figures of a test set."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from mtpipe import plugins
from mtpipe.errors import InputError
from mtpipe.segment import Score, Segment

METRICS = ("bleu", "chrf", "tsr_wmt25", "tsr_strict")


def evaluate(
    segments: Sequence[Segment], source_lang: str, target_lang: str, metrics: Sequence[str] = METRICS
) -> list[Score]:
    """The metrics' scores, in order, of the segments' targets; term metrics need the matches of `terms.Matcher`.

    Metrics that compare with a reference are computed over the segments that have one. A metric that has nothing to
    count (no reference, no term) is left out. A segment without a target counts as an empty translation. Raises
    InputError when no segment has a target.
    """
    if not any(segment.target for segment in segments):
        raise InputError("nothing to evaluate: no segment has a draft or a postedit — translate first")
    referenced = [segment for segment in segments if segment.reference is not None]
    scores = []
    for name in metrics:
        metric = plugins.create("metric", name, {}, source_lang=source_lang, target_lang=target_lang)
        chosen = referenced if metric.needs_reference else segments
        if chosen:
            scores.append(metric.score(chosen))
    return [score for score in scores if not isnan(score.value)]
