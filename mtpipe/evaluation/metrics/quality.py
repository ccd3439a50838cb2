"""The light quality estimate of `mtpipe.mt.quality_estimation` as a metric: no reference, no large model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from mtpipe import __version__
from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import rate, tally
from mtpipe.io import digest
from mtpipe.models import registry
from mtpipe.mt.quality_estimation import quality
from mtpipe.terminology import checker


class Quality:
    """Mean estimate of the segments, 0…1, by a lexicon and by the model's score of drafts that bring one.

    lexicon: a folder, by default that of the bundled model of the languages. For systems of which some bring scores and
    some don't, the figures can't be compared: use_scores = false leaves them out.
    """

    name = "quality"
    needs_reference = False

    def __init__(self, source_lang: str, target_lang: str, lexicon: str | Path = "", use_scores: bool = True):
        folder = Path(lexicon) if lexicon else _bundled(source_lang, target_lang)
        self._lexicon = _read(folder) if folder else None
        self._use_scores = use_scores
        said = "yes" if use_scores else "no"
        self._said = f"lexicon:{digest.of_folder(folder) or 'none'}|scores:{said}|mtpipe:{__version__}"

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return tally([] if found is None else [found] for found in map(self._estimate, segments))

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), self._said, "segments",
                    "no lexicon for these languages (make one: mtpipe corpus lexicon) and no drafts with scores")

    def _estimate(self, segment: Segment) -> float | None:
        score = segment.score if self._use_scores and segment.postedit is None else None
        source, target = (checker.without_codes(segment, text)[0].replace("\ufffc", " ")
                          for text in (segment.source, segment.target or ""))  # fmt: skip
        return quality(source, target, self._lexicon, score)


@lru_cache(maxsize=2)  # what it reads on first use is much
def _read(folder: Path) -> Lexicon:
    return Lexicon.load(folder)


def _bundled(source_lang: str, target_lang: str) -> Path | None:
    if not registry.covers(source_lang, target_lang):
        return None
    return registry.find(source_lang, target_lang, None).lexicon
