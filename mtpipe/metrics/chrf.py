"""chrF2++ by sacrebleu: character 6-grams and word bigrams, recall counted double (Popović 2017)."""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics.chrf import CHRF

from mtpipe.segment import Score, Segment


class Chrf:
    """Corpus chrF, 0…100; word_order 0 is chrF2, 2 is chrF2++."""

    needs_reference = True

    def __init__(self, char_order: int = 6, word_order: int = 2):
        self._metric = CHRF(char_order=char_order, word_order=word_order)

    def score(self, segments: Sequence[Segment]) -> Score:
        hypotheses = [segment.target or "" for segment in segments]
        result = self._metric.corpus_score(hypotheses, [[segment.reference or "" for segment in segments]])
        return Score("chrF2" + "+" * self._metric.word_order, result.score, str(self._metric.get_signature()))
