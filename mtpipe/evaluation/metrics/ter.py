"""TER by sacrebleu: edits, a moved phrase being one, for each word of the reference (Snover et al. 2006)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sacrebleu.metrics.ter import TER

from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import quotient


class Ter:
    """Corpus TER in percent of the references' words, 0 and up, the lower the better; options as in sacrebleu."""

    name = "TER"
    needs_reference = True

    def __init__(
        self, normalized: bool = False, no_punct: bool = False, asian_support: bool = False,
        case_sensitive: bool = False,
    ):
        self._metric = TER(normalized, no_punct, asian_support, case_sensitive)

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        found = [self._metric.sentence_score(s.target or "", [s.reference or ""]) for s in segments]
        return np.array([(100 * score.num_edits, score.ref_length) for score in found], dtype=float).reshape(-1, 2)

    def score(self, segments: Sequence[Segment]) -> Score:
        counts = self.counts(segments)
        note = "" if counts[:, 1].any() else "no reference has a word"
        # sacrebleu knows the number of references only after it has seen some
        signature = str(self._metric.get_signature()) if segments else ""
        return Score(self.name, quotient(counts), signature, note)
