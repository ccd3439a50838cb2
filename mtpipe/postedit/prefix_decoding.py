"""Forced insertion: the model goes on from the draft's beginning with an accepted form in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from mtpipe.alignment.term_slots import TermSlot
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError
from mtpipe.morphology.agreement import Agreement
from mtpipe.postedit.editor import Tools, is_own
from mtpipe.postedit.replacement import AlignedDraft, Replacements
from mtpipe.postedit.view import View
from mtpipe.terminology.inflected_match import evidence


@dataclass(frozen=True, slots=True)
class _Try:
    index: int
    prefix: str
    slot: TermSlot


class Insertion:
    """Editor by constrained continuation; places: tried for each unmet term. Raises ConfigError without a decoder."""

    def __init__(self, tools: Tools, places: int = 2):
        if tools.decoder is None:
            raise ConfigError("repair method 'insertion' needs a model that can continue a text; give --model")
        self._tools, self._decoder, self._places = tools, tools.decoder, places
        self._agreement = Agreement(tools.lexicon)
        self._replacements = Replacements(tools.lexicon, tools.source_lang, tools.target_lang)

    def propose(self, segments: Sequence[Segment]) -> list[list[str]]:
        """Continuations by the model's score, best first, all of a batch decoded together; none of others' drafts, and
        none without a term."""
        candidates = dict.fromkeys(range(len(segments)), list[str]())
        own = [i for i in candidates if segments[i].matches and is_own(segments[i])]
        return list((candidates | dict(zip(own, self._of_own([segments[i] for i in own]), strict=True))).values())

    def _of_own(self, segments: Sequence[Segment]) -> list[list[str]]:
        views = [View.of(segment) for segment in segments]
        matrices = self._tools.align([(view.source, view.target) for view in views])
        tries = list(dict.fromkeys(
            _Try(index, prefix, slot)
            for index, (view, matrix) in enumerate(zip(views, matrices, strict=True))
            for slots in view.options(matrix, self._tools, guess=True)
            for slot in slots[: self._places]
            for prefix in self._prefixes(view, matrix, slot)
        ))
        drafts = self._decoder.complete([segments[t.index] for t in tries], [t.prefix for t in tries])
        pairs = list(dict.fromkeys(
            (t.index, draft.text) for t, draft in zip(tries, drafts, strict=True)
            if draft.text and self._replacements.agrees(draft.text, t.slot.term, t.slot.is_bent)))  # fmt: skip
        scores = self._decoder.score([(views[index].source, text) for index, text in pairs])
        ranked: list[list[tuple[float, str]]] = [[] for _ in segments]
        for (index, text), score in zip(pairs, scores, strict=True):
            ranked[index].append((score, text))
        best = [[text for _, text in sorted(rows, reverse=True)[:3]] for rows in ranked]
        return self._with_codes(views, best)

    def _prefixes(self, view: View, matrix: NDArray[Any], slot: TermSlot) -> list[str]:
        """The draft up to and with the term, its neighbours agreeing by grammar or by the corpus, or as they are."""
        prefixes = []
        texts = [self._agreement.rewrite(view.target, [slot], agree) for agree in (True, False)]
        draft = AlignedDraft(view.source, view.target, (), view.words, matrix, (), ())
        if slot.first < slot.last and (made := self._replacements.at(draft, slot.term, slot.first, slot.last)):
            texts.insert(0, view.target[: made.start] + made.text + view.target[made.end :])
        for text in texts:
            start = view.words[slot.first][0] if slot.first < len(view.words) else len(view.target)
            ends = [item.end for item in evidence(slot.term, text, self._tools.target_lang)]
            if ends:
                prefixes.append(text[: min(ends, key=lambda end: abs(end - start))])
        return list(dict.fromkeys(prefixes))

    def _with_codes(self, views: Sequence[View], options: Sequence[Sequence[str]]) -> list[list[str]]:
        """The plain continuations with the codes put back where the words they mark went."""
        asks = [(i, text) for i, texts in enumerate(options) if views[i].segment.codes for text in texts]
        matrices = iter(self._tools.align([(views[i].source, text) for i, text in asks]))
        return [
            [self._projected(view.segment, text, next(matrices)) if view.segment.codes else text for text in texts]
            for view, texts in zip(views, options, strict=True)
        ]

    @staticmethod
    def _projected(segment: Segment, text: str, matrix) -> str:
        return inline_codes.project(segment.source, segment.codes, text, matrix.tolist())
