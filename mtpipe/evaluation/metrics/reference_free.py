"""Metrics without references or large models: signs of hallucination, and the light quality estimate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from mtpipe import __version__
from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import count_shares, rate
from mtpipe.io import digest
from mtpipe.models import registry
from mtpipe.mt.hallucination import flags
from mtpipe.mt.quality_estimation import quality
from mtpipe.terminology import checker


class Hallucinations:
    """Share of segments with a sign of having left their source, 0…1, the lower the better; the note counts each kind.

    Signs are those of `mtpipe.mt.hallucination` (Raunak et al. 2021; Guerreiro et al. 2023). Human translations have
    some too (about one in a hundred): compare with the references' rate.
    """

    name = "hallucinations"
    needs_reference = False

    def __init__(self, source_lang: str, target_lang: str):
        self._langs = (source_lang, target_lang)

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return count_shares([bool(flags(segment, *self._langs))] for segment in segments)

    def score(self, segments: Sequence[Segment]) -> Score:
        kinds = Counter(kind for segment in segments for kind in flags(segment, *self._langs))
        method = f"langs:{'-'.join(self._langs)}|mtpipe:{__version__}"
        score = rate(self.name, self.counts(segments), method, "segments", "no segments")
        return replace(score, note=score.note or ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))


class Quality:
    """Mean estimate of the segments, 0…1, by a lexicon and by the model's score of drafts that bring one.

    lexicon: a folder, by default that of the bundled model of the languages. For systems of which some bring scores and
    some don't, the figures can't be compared: use_scores = false leaves them out.
    """

    name = "quality"
    needs_reference = False

    def __init__(self, source_lang: str, target_lang: str, lexicon: str | Path = "", use_scores: bool = True):
        folder = Path(lexicon) if lexicon else _bundled_lexicon(source_lang, target_lang)
        self._lexicon = _load(folder) if folder else None
        self._use_scores = use_scores
        scores = "yes" if use_scores else "no"
        self._method = f"lexicon:{digest.of_folder(folder) or 'none'}|scores:{scores}|mtpipe:{__version__}"

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return count_shares([] if value is None else [value] for value in map(self._estimate, segments))

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), self._method, "segments",
                    "no lexicon for these languages (make one: mtpipe corpus lexicon) and no drafts with scores")

    def _estimate(self, segment: Segment) -> float | None:
        score = segment.score if self._use_scores and segment.postedit is None else None
        source, target = (checker.without_codes(segment, text)[0].replace("\ufffc", " ")
                          for text in (segment.source, segment.target or ""))  # fmt: skip
        return quality(source, target, self._lexicon, score)


@lru_cache(maxsize=2)  # what it reads on first use is much
def _load(folder: Path) -> Lexicon:
    return Lexicon.load(folder)


def _bundled_lexicon(source_lang: str, target_lang: str) -> Path | None:
    if not registry.covers(source_lang, target_lang):
        return None
    return registry.find(source_lang, target_lang, None).lexicon
