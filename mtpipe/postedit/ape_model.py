"""Refiner: a small model that was trained to edit drafts rewrites those that miss terms; no server, no prompt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mtpipe import plugins
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError
from mtpipe.models import registry
from mtpipe.mt import decoding
from mtpipe.postedit.ape_input import revision
from mtpipe.postedit.editor import Candidate, Tools, Unusable
from mtpipe.terminology import checker

FOLDER = "refiner"  # beside a translation model that has one


class Refiner:
    """Editor by a post-editing model (`mtpipe finetune --task post-edit`), which sees source, terms and draft at once.

    model: its folder, "" the one beside the bundled model of the pair. size: rewritings of a segment. threads: 0 means
    all cores. Nothing is cut to what the model can read: there is no proposal then. Raises ConfigError where there is
    no model, ModelError for one of another task or pair.
    """

    def __init__(self, tools: Tools, model: str | Path = "", size: int = 8, threads: int = 0):
        if size < 1:
            raise ConfigError(f"repair method 'refiner': size must be 1 or more, not {size}")
        pair = {"source_lang": tools.source_lang, "target_lang": tools.target_lang}
        folder = Path(model) if model else _bundled(**pair)
        options = {"folder": folder, "threads": threads, "task": registry.POST_EDIT}
        self._model = plugins.create("mt", "ct2", options, **pair)
        self._size, self._lang = size, tools.target_lang
        self.digest: str = self._model.digest

    def propose(self, segments: Sequence[Segment]) -> list[list[Candidate]]:
        """The rewritings with the fewest errors first, the model's order among equals; or why there is none."""
        about = self._model.model
        lines = [revision(segment, about.annotation, about.code) for segment in segments]
        options = self._model.hypotheses(lines, [self._size] * len(lines))
        return [self._texts(segment, hypotheses) for segment, hypotheses in zip(segments, options, strict=True)]

    def _texts(self, segment: Segment, hypotheses: Sequence[decoding.Hypothesis]) -> list[Candidate]:
        complete = [hypothesis for hypothesis in hypotheses if hypothesis.text]
        if not complete:
            return [Unusable("", "too-long")]
        texts = dict.fromkeys(draft.text for draft in decoding.unmasked(segment, complete, self._model.model.code))
        clean = [text for text in texts if text and not self._has_symbols(segment, text)]
        if not clean:
            return [Unusable(complete[0].text or "", "code-lost")]
        return [*sorted(clean, key=lambda text: len(checker.check(segment, self._lang, text)))]

    def _has_symbols(self, segment: Segment, text: str) -> bool:
        """Whether the model wrote a symbol of its own that the source has not."""
        return any(symbol.strip() in text and symbol.strip() not in segment.source
                   for symbol in self._model.model.annotation)  # fmt: skip


def _bundled(source_lang: str, target_lang: str) -> Path:
    how = "train one: mtpipe triplets PAIRS, mtpipe finetune --task post-edit; and name it: [editor.refiner] model"
    if not registry.covers(source_lang, target_lang):
        raise ConfigError(f"repair method 'refiner': no model comes with mtpipe for {source_lang}-{target_lang}; {how}")
    folder = registry.find(source_lang, target_lang).folder / FOLDER
    if not folder.is_dir():
        raise ConfigError(f"repair method 'refiner': no refiner comes with mtpipe for {source_lang}-{target_lang}; "
                          f"{how}")
    return folder
