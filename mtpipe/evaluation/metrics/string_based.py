"""String-based metrics by sacrebleu (Post 2018): BLEU, chrF and TER."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import quotient


class _SacreBleu:
    """A metric of sacrebleu by its sufficient statistics, as its own tests of significance use them.

    Statistics are kept by (target, reference): many systems share segments, and each is looked at more than once.
    """

    name: str
    needs_reference = True

    def __init__(self, metric: Any):
        self._metric = metric
        self._known: dict[tuple[str, str], Sequence[float]] = {}

    def score(self, segments: Sequence[Segment]) -> Score:
        value = self.figure(self.statistics(segments).sum(axis=0))
        return Score(self.name, value, str(self._metric.get_signature()))

    def statistics(self, segments: Sequence[Segment]) -> np.ndarray:
        pairs = [(segment.target or "", segment.reference or "") for segment in segments]
        if new := [pair for pair in dict.fromkeys(pairs) if pair not in self._known]:
            hypotheses, references = zip(*new)
            statistics = self._metric._extract_corpus_statistics(hypotheses, [references])
            self._known.update(zip(new, statistics, strict=True))
        return np.array([self._known[pair] for pair in pairs], dtype=float)

    def figure(self, sums: np.ndarray) -> float:
        return self._metric._compute_score_from_stats(sums.tolist()).score


class Bleu(_SacreBleu):
    """Corpus BLEU, 0…100 (Papineni et al. 2002); grades are smoothed sentence BLEU of n-grams that the sentence is
    long enough for.

    tokenize: another of sacrebleu's tokenizers (zh, ja-mecab, flores200 …) than the field's default, 13a.
    """

    name = "BLEU"

    def __init__(self, tokenize: str = "13a"):
        super().__init__(BLEU(tokenize=tokenize))
        self._by_sentence = BLEU(tokenize=tokenize, effective_order=True)

    def grades(self, segments: Sequence[Segment]) -> np.ndarray:
        return np.array([self._by_sentence.sentence_score(s.target or "", [s.reference or ""]).score for s in segments])


class Chrf(_SacreBleu):
    """Corpus chrF, 0…100: character 6-grams, recall counted double (Popović 2015, 2017).

    word_order 0 is chrF2, sacrebleu's default; 2, with word bigrams, is chrF2++.
    """

    def __init__(self, char_order: int = 6, word_order: int = 2):
        super().__init__(CHRF(char_order=char_order, word_order=word_order))
        self.name = "chrF2" + "+" * word_order

    def grades(self, segments: Sequence[Segment]) -> np.ndarray:
        return np.array([self.figure(row) for row in self.statistics(segments)])


class Chrf2(Chrf):
    """Without words, as the shared task of 2023 counts it."""

    def __init__(self, char_order: int = 6):
        super().__init__(char_order, word_order=0)


class Ter:
    """Corpus TER in percent of the references' words, 0 and up, the lower the better (Snover et al. 2006).

    Edits, a moved phrase being one, for each word of the reference; options as in sacrebleu.
    """

    name = "TER"
    needs_reference = True

    def __init__(
        self, normalized: bool = False, no_punct: bool = False, asian_support: bool = False,
        case_sensitive: bool = False,
    ):
        self._metric = TER(normalized, no_punct, asian_support, case_sensitive)

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        scores = [self._metric.sentence_score(s.target or "", [s.reference or ""]) for s in segments]
        return np.array([(100 * score.num_edits, score.ref_length) for score in scores], dtype=float).reshape(-1, 2)

    def score(self, segments: Sequence[Segment]) -> Score:
        counts = self.counts(segments)
        note = "" if counts[:, 1].any() else "no reference has a word"
        # sacrebleu knows the number of references only after it has seen some
        signature = str(self._metric.get_signature()) if segments else ""
        return Score(self.name, quotient(counts), signature, note)
