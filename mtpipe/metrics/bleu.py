"""BLEU by sacrebleu with the 13a tokenizer, the field's default (Post 2018)."""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics.bleu import BLEU

from mtpipe.segment import Score, Segment


class Bleu:
    """Corpus BLEU, 0…100; tokenize: another of sacrebleu's tokenizers (zh, ja-mecab, flores200 …)."""

    needs_reference = True

    def __init__(self, tokenize: str = "13a"):
        self._metric = BLEU(tokenize=tokenize)

    def score(self, segments: Sequence[Segment]) -> Score:
        hypotheses = [segment.target or "" for segment in segments]
        result = self._metric.corpus_score(hypotheses, [[segment.reference or "" for segment in segments]])
        return Score("BLEU", result.score, str(self._metric.get_signature()))
