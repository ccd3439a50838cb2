"""The share of segments that are wholly right in their terms: one miss spoils a segment for its reader."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import rate, signature, tally
from mtpipe.terminology import checker


class AllTerms:
    """Share of the segments with required terms whose targets hold each of them as often as the source does, 0…1.

    By the same evidence as tsr_strict.
    """

    name = "all_terms"
    needs_reference = False

    def __init__(self, target_lang: str):
        self._lang = target_lang

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return tally(
            [all(len(proof[term]) >= len(matches) for term, matches in required.items())] if required else []
            for segment in segments
            for required, proof in [
                (checker.required(segment), checker.found(segment, segment.target or "", self._lang))
            ]
        )

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), f"match:words|{signature(self._lang)}", "segments")
