"""How many translations show signs of having left their source (Raunak et al. 2021; Guerreiro et al. 2023)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mtpipe import __version__
from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import rate, tally
from mtpipe.mt.hallucination import flags


class Hallucinations:
    """Share of segments with a sign of `mtpipe.mt.hallucination`, 0…1, the lower the better; the note counts each kind.

    Human translations have some too (about one in a hundred): compare with the references' rate.
    """

    name = "hallucinations"
    needs_reference = False

    def __init__(self, source_lang: str, target_lang: str):
        self._langs = (source_lang, target_lang)

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return tally([bool(flags(segment, *self._langs))] for segment in segments)

    def score(self, segments: Sequence[Segment]) -> Score:
        found = Counter(kind for segment in segments for kind in flags(segment, *self._langs))
        said = f"langs:{'-'.join(self._langs)}|mtpipe:{__version__}"
        score = rate(self.name, self.counts(segments), said, "segments", "no segments")
        return replace(score, note=score.note or ", ".join(f"{kind} {count}" for kind, count in found.most_common()))
