"""BLEU by sacrebleu with the 13a tokenizer, the field's default (Papineni et al. 2002, Post 2018)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sacrebleu.metrics.bleu import BLEU

from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import sufficient


class Bleu:
    """Corpus BLEU, 0…100; grades are smoothed sentence BLEU of n-grams that the sentence is long enough for.

    tokenize: another of sacrebleu's tokenizers (zh, ja-mecab, flores200 …).
    """

    name = "BLEU"
    needs_reference = True

    def __init__(self, tokenize: str = "13a"):
        self._metric = BLEU(tokenize=tokenize)
        self._known: dict[tuple[str, str], Sequence[float]] = {}
        self._by_sentence = BLEU(tokenize=tokenize, effective_order=True)

    def score(self, segments: Sequence[Segment]) -> Score:
        value = self.figure(self.statistics(segments).sum(axis=0))
        return Score(self.name, value, str(self._metric.get_signature()))

    def grades(self, segments: Sequence[Segment]) -> np.ndarray:
        return np.array([self._by_sentence.sentence_score(s.target or "", [s.reference or ""]).score for s in segments])

    def statistics(self, segments: Sequence[Segment]) -> np.ndarray:
        return sufficient(self._metric, segments, self._known)

    def figure(self, sums: np.ndarray) -> float:
        return self._metric._compute_score_from_stats(sums.tolist()).score
