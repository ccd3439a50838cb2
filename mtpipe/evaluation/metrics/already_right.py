"""What a glossary costs where it has nothing to mend: segments that had all their terms without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import rate, signature, tally
from mtpipe.evaluation.metrics.chrf import Chrf
from mtpipe.terminology import checker

_NONE = "no baseline meets all terms of a segment; it is a translation without the glossary, or drafts with postedits"


class _AlreadyRight:
    """baseline: targets by segment id, of the same system without the glossary; without one, the drafts of a set in
    which segments have a postedit: what the repair had before it."""

    def __init__(self, target_lang: str, baseline: Mapping[str, str] | None = None):
        self._lang = target_lang
        self._baseline = baseline
        self._said = f"baseline:{'drafts' if baseline is None else 'given'}|match:words|{signature(target_lang)}"

    def _befores(self, segments: Sequence[Segment]) -> list[str | None]:
        """Each segment's baseline, None where there is none or it misses a term."""
        if self._baseline is not None:
            return [self._if_right(segment, self._baseline.get(segment.id)) for segment in segments]
        is_repaired = any(segment.postedit is not None for segment in segments)
        return [self._if_right(segment, segment.draft if is_repaired else None) for segment in segments]

    def _if_right(self, segment: Segment, text: str | None) -> str | None:
        required = checker.required(segment)
        if text is None or not required:
            return None
        proof = checker.found(segment, text, self._lang)
        return text if all(len(proof[term]) >= len(matches) for term, matches in required.items()) else None


class RightChanged(_AlreadyRight):
    """Share of the segments whose baseline had every term that were changed all the same, 0…1."""

    name = "right_changed"
    needs_reference = False

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        befores = zip(segments, self._befores(segments), strict=True)
        return tally([] if old is None else [old != (segment.target or "")] for segment, old in befores)

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), self._said, "segments", _NONE)


class RightChrf(_AlreadyRight):
    """chrF2++ of the targets less that of the baseline, over the segments whose baseline had every term."""

    name = "right_chrF2++"
    needs_reference = True

    def score(self, segments: Sequence[Segment]) -> Score:
        befores = zip(segments, self._befores(segments), strict=True)
        pairs = [(segment, old) for segment, old in befores if old is not None]
        said = f"segments:{len(pairs)}|{self._said}"
        if not pairs:
            return Score(self.name, float("nan"), said, _NONE)
        chrf = Chrf()
        after = chrf.score([segment for segment, _ in pairs])
        before = chrf.score([replace(segment, draft=old, postedit=None) for segment, old in pairs])
        return Score(self.name, after.value - before.value, f"{said}|{after.signature}")
