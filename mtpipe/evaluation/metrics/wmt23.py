"""Term success as the WMT 2023 terminology task counted it, in the four ways of its table of results."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz

from mtpipe.document.segment import Score, Segment
from mtpipe.errors import ConfigError
from mtpipe.evaluation.metrics import count_shares, rate, signature
from mtpipe.languages import lemmatization

MODES = ("regex", "fuzzy90", "lemma_regex", "lemma_fuzzy90")
DEFAULT = "lemma_regex"
_CLOSE = 90


class Wmt23TermSuccess:
    """Share of the segments' own term items that the targets have, 0…1, over all items, repeated ones included.

    mode: "regex" looks for the dictionary target as a substring, "fuzzy90" for as many words in a row that are 90 %
    like it (Levenshtein's ratio); with "lemma_" in lemmas of both, not in the words. The organisers name the four, and
    `lemma_regex` as the one to go by, but publish neither code nor lemmatiser: lemmas here are simplemma's, case is not
    told apart, words are what spaces part. Whether an item's source is in the segment does not matter, as their
    denominators show. value is nan without items.
    """

    needs_reference = False

    def __init__(self, target_lang: str, mode: str = DEFAULT):
        if mode not in MODES:
            raise ConfigError(f"tsr_wmt23 has no mode {mode!r}; available: {', '.join(MODES)}")
        self._lang, self._mode = target_lang, mode
        self.name = "tsr_wmt23" if mode == DEFAULT else f"tsr_wmt23_{mode}"

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return count_shares(
            [any(self._holds(text, self._normalized(form)) for form in term.targets) for term in segment.terms]
            for segment in segments
            for text in [self._normalized(segment.target or "")]
        )

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), f"match:{self._mode}|{signature(self._lang)}")

    def _normalized(self, text: str) -> str:
        return " ".join(lemmatization.sequence(text, self._lang)) if self._mode.startswith("lemma") else text.lower()

    def _holds(self, text: str, form: str) -> bool:
        return _is_close(text, form) if self._mode.endswith("fuzzy90") else form in text


def _is_close(text: str, form: str) -> bool:
    """Whether as many words in a row as form has are nearly form."""
    words, count = text.split(), len(form.split())
    windows = (" ".join(words[start : start + count]) for start in range(max(1, len(words) - count + 1)))
    return any(fuzz.ratio(window, form, score_cutoff=_CLOSE) for window in windows)
