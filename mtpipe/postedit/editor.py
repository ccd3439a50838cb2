"""Repair methods: each proposes candidates for segments with errors; only the guard decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document.segment import Segment
from mtpipe.llm import LLM
from mtpipe.mt import Decoder

UNCERTAIN = "uncertain"  # the reason of a text that is no more than a suggestion for people


@dataclass(frozen=True, slots=True)
class Unusable:
    """What came instead of a candidate: the text as it came ("" for none) and a reason code, as the guard's."""

    text: str
    reason: str
    confidence: float | None = None


class ScoredCandidate(str):
    """A candidate's text with the confidence (0…1) that its method has in it."""

    confidence: float | None = None

    @classmethod
    def of(cls, text: str, confidence: float) -> ScoredCandidate:
        candidate = cls(text)
        candidate.confidence = confidence
        return candidate


Candidate = str | Unusable


class Editor(Protocol):
    """Proposes replacements of segment.target, best first; an empty list when it has nothing to offer.

    An editor may have more: rounds, how often in a row it is asked about what is still wrong, its refused edits among
    segment.edits (else 1); wants(segments), which of some without errors it would edit as well (else none); digest, of
    what changes its proposals beside its options and the job's other tools.
    """

    def propose(self, segments: Sequence[Segment]) -> Sequence[Sequence[Candidate]]: ...


def is_own(segment: Segment) -> bool:
    """Whether the draft is the job's model's: others' come without its score, and what it says is no edit of them."""
    return segment.score is not None


@dataclass(frozen=True, slots=True)
class Tools:
    """What editors work with: the languages; a decoder, a lexicon and an LLM where there is one."""

    source_lang: str
    target_lang: str
    decoder: Decoder | None = None
    lexicon: Lexicon | None = None
    llm: LLM | None = None

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[NDArray[Any]]:
        """Link weights [target words × source words] of each pair: from the lexicon, the model's attention, or both."""
        by = [aligner.align(pairs) for aligner in (self.lexicon, self.decoder) if aligner is not None]
        return [np.mean(matrices, axis=0) for matrices in zip(*by)]

    def is_empty(self, word: str) -> bool:
        """Whether a target word says nothing by itself: a mark, or a function word as far as the lexicon knows."""
        function_words = self.lexicon.fluency.function_words if self.lexicon is not None else frozenset()
        return not word[0].isalnum() or word.casefold() in function_words
