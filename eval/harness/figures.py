"""Rows of figures: what every table of experiments is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isnan
from typing import Any

from mtpipe import plugins
from mtpipe.document.segment import Segment

Row = dict[str, Any]
Langs = tuple[str, str]

NO_COMET = "no checkpoint"


def score(name: str, segments: Sequence[Segment], langs: Langs, **options: Any) -> float:
    """A metric's value; nan where it has nothing to count."""
    metric = plugins.create("metric", name, options, source_lang=langs[0], target_lang=langs[1])
    return metric.score(segments).value


def with_targets(segments: Sequence[Segment], targets: Sequence[str | None]) -> list[Segment]:
    """The segments with these texts as drafts."""
    return [replace(segment, draft=target, postedit=None)
            for segment, target in zip(segments, targets, strict=True)]  # fmt: skip


def row(
    place: Mapping[str, Any], system: str, by: str, figures: Mapping[str, float], cost: Mapping[str, float] = {},
    note: str = "",
) -> Row:
    """{…place, "system", "by", "figures", "cost", "note"}; figures that are nan are left out.

    by: "organisers" (their figures), "mtpipe" (a team's outputs, our figures), "ours" (our system, our figures) or
    "reference". note: why there are no figures.
    """
    counted = {name: value for name, value in figures.items() if not isnan(value)}
    return {**place, "system": system, "by": by, "figures": counted, "cost": dict(cost), "note": note}
