"""The project's own term success rate, by evidence; those of the shared tasks are in wmt23.py and wmt25.py."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import rate, signature, tally
from mtpipe.terminology import checker


class StrictTermSuccess:
    """Share of required terms in the targets, 0…1: whole words, compounds included, as often as in the source.

    A term's share is min(1, times in the target / times in the source), by the evidence of `checker.found`; segments
    must have their matches. value is nan when no term is required.
    """

    name = "tsr_strict"
    needs_reference = False

    def __init__(self, target_lang: str):
        self._lang = target_lang

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return tally(
            [min(1.0, len(proof[term]) / len(matches)) for term, matches in checker.required(segment).items()]
            for segment in segments
            for proof in [checker.found(segment, segment.target or "", self._lang)]
        )

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), f"match:words|{signature(self._lang)}")
