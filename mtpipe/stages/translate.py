"""First drafts: what has none yet goes to the translator, what came with one keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mtpipe.mt import Draft, Translator
from mtpipe.segment import Segment


def translate(segments: Sequence[Segment], translator: Translator) -> list[Segment]:
    """The segments with drafts; draft stays None where the translator found no translation."""
    missing = [i for i, segment in enumerate(segments) if segment.draft is None]
    done = list(segments)
    for i, draft in zip(missing, translator.translate([segments[i] for i in missing]), strict=True):
        done[i] = _with(segments[i], draft)
    return done


def _with(segment: Segment, draft: Draft) -> Segment:
    return replace(
        segment,
        draft=draft.text if draft.text or not segment.source else None,
        score=draft.score,
        alternatives=draft.alternatives,
        notes=segment.notes + draft.notes,
    )
