"""chrF by sacrebleu: character 6-grams, with word bigrams in chrF2++, recall counted double (Popović 2015, 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sacrebleu.metrics.chrf import CHRF

from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import sufficient


class Chrf:
    """Corpus chrF, 0…100; word_order 0 is chrF2, sacrebleu's default, 2 is chrF2++."""

    needs_reference = True

    def __init__(self, char_order: int = 6, word_order: int = 2):
        self._metric = CHRF(char_order=char_order, word_order=word_order)
        self._known: dict[tuple[str, str], Sequence[float]] = {}
        self.name = "chrF2" + "+" * word_order

    def score(self, segments: Sequence[Segment]) -> Score:
        value = self.figure(self.statistics(segments).sum(axis=0))
        return Score(self.name, value, str(self._metric.get_signature()))

    def grades(self, segments: Sequence[Segment]) -> np.ndarray:
        return np.array([self.figure(row) for row in self.statistics(segments)])

    def statistics(self, segments: Sequence[Segment]) -> np.ndarray:
        return sufficient(self._metric, segments, self._known)

    def figure(self, sums: np.ndarray) -> float:
        return self._metric._compute_score_from_stats(sums.tolist()).score


class Chrf2(Chrf):
    """Without words, as the shared task of 2023 counts it."""

    def __init__(self, char_order: int = 6):
        super().__init__(char_order, word_order=0)
