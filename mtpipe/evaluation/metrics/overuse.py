"""Terms that come too often: a repair that pastes, or a model that was taught to, says them where nobody asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import rate, signature, tally
from mtpipe.glossary.model import Term
from mtpipe.terminology import checker
from mtpipe.terminology.inflected_match import Evidence


class Overuse:
    """Share of required terms that the target uses more often than the source asks, 0…1, the lower the better.

    What is part of a longer term does not count, and terms of the same target may each use it. Human translations
    repeat a term for a pronoun now and then: compare with the references' rate.
    """

    name = "overuse"
    needs_reference = False

    def __init__(self, target_lang: str):
        self._lang = target_lang

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return tally(
            [_is_overused(term, proof, asked) for term in asked]
            for segment in segments
            for proof in [checker.found(segment, segment.target or "", self._lang)]
            for asked in [{term: len(matches) for term, matches in checker.required(segment).items()}]
        )

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), f"match:words|{signature(self._lang)}")


def _is_overused(term: Term, proof: dict[Term, list[Evidence]], asked: dict[Term, int]) -> bool:
    spans = {other: [(item.start, item.end) for item in items] for other, items in proof.items()}
    everything = [span for found in spans.values() for span in found]
    alone = [(start, end) for start, end in spans[term]
             if not any(s <= start and end <= e and e - s > end - start for s, e in everything)]
    return len(alone) > sum(count for other, count in asked.items() if set(spans[other]) & set(spans[term]))
