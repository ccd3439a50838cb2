"""The copying alarm: how many words of the required terms stand in the targets just as the glossary writes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mtpipe import __version__
from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import rate, tally
from mtpipe.languages.lemmatization import tokens
from mtpipe.terminology import checker


class Verbatim:
    """Share of the words of required terms' preferred targets that the segment's target holds unchanged but for case.

    0…1; to be compared with the references' own rate: far above it, terms are pasted where they should be inflected.
    Value is nan when no term is required.
    """

    name = "verbatim"
    needs_reference = False

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return tally(
            [
                word in held
                for term in checker.required(segment)
                for word in (token.casefold() for token, _, _ in tokens(term.target) if token[0].isalnum())
            ]
            for segment in segments
            for held in [{token.casefold() for token, _, _ in tokens(self._text(segment))}]
        )

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), f"case:lc|mtpipe:{__version__}", "words")

    def _text(self, segment: Segment) -> str:
        return segment.target or ""


class ReferenceVerbatim(Verbatim):
    """The references' own rate, which that of a translation is to be compared with."""

    name = "verbatim_reference"
    needs_reference = True

    def _text(self, segment: Segment) -> str:
        return segment.reference or ""
