"""Aligned substitution: the words that translate a term's source give way to an accepted form of it.

Works on any draft from any engine: it needs word links (a lexicon, a model's attention, or both) and continues
nothing. Forms bend as the replaced words did; the lexicon's fluency makes the neighbours agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mtpipe import codes, terms
from mtpipe.editors import Tools
from mtpipe.editors.agreement import Agreement
from mtpipe.editors.slots import Slot, disjoint, places
from mtpipe.errors import ConfigError
from mtpipe.segment import Segment, TermMatch
from mtpipe.words import spans


class Substitution:
    """Editor by alignment; raises ConfigError without a lexicon and a decoder."""

    def __init__(self, tools: Tools):
        if tools.lexicon is None and tools.decoder is None:
            raise ConfigError("editor 'substitution' needs word links: a model that gives attention, or a lexicon "
                              "(--lexicon FOLDER, made by 'mtpipe corpus lexicon PAIRS --out FOLDER')")
        self._tools = tools
        self._agreement = Agreement(tools.lexicon)

    def propose(self, segments: Sequence[Segment]) -> list[list[str]]:
        """The best rewriting first: every unmet term in every place, then other places and fewer of them."""
        views = [_View.of(segment) for segment in segments]
        matrices = self._tools.align([(view.source, view.target) for view in views])
        return [self._candidates(view, matrix) for view, matrix in zip(views, matrices)]

    def _candidates(self, view: _View, matrix: np.ndarray) -> list[str]:
        options = self._options(view, matrix)
        if not options:
            return [view.raw(view.target, matrix)] if view.segment.codes else []
        best = [found[0] for found in options]
        choices = [best]
        choices += [[*best[:i], other, *best[i + 1 :]] for i, found in enumerate(options) for other in found[1:]]
        if len(best) > 1:
            choices += [[slot] for slot in best]
        texts = [self._agreement.rewrite(view.target, _in_order(slots), agree)
                 for agree in (True, False) for slots in choices]
        return [view.raw(text, matrix) for text in dict.fromkeys(texts)]

    def _options(self, view: _View, matrix: np.ndarray) -> list[list[Slot]]:
        """For each occurrence of each unmet term its likeliest slots, best first."""
        lang = self._tools.target_lang
        proof = terms.found(view.segment, view.target, lang)
        fixed = {i for items in proof.values() for item in items for i in view.target_range(item.start, item.end)}
        empty = {i for i, (start, end) in enumerate(view.words) if self._is_empty(view.target[start:end])}
        options = []
        for term, matches in terms.required(view.segment).items():
            wanted = terms.demand(view.segment, term)
            if banned := view.banned(matches, lang):
                options += [[Slot(wanted, first, last, 1.0)] for first, last in banned]
            elif not proof[term]:
                for match in matches:
                    found = places(wanted, matrix, view.source_range(match), fixed, empty)
                    is_bent = view.is_bent(match)
                    options += [[replace(slot, is_bent=is_bent) for slot in found]] if found else []
        return options

    def _is_empty(self, word: str) -> bool:
        lexicon = self._tools.lexicon
        return not word[0].isalnum() or (lexicon is not None and word.casefold() in lexicon.fluency.function_words)


@dataclass(frozen=True, slots=True)
class _View:
    """A segment as plain texts without tags, and the words of its target."""

    segment: Segment
    source: str
    source_offsets: Sequence[int]
    target: str
    words: list[tuple[int, int]]

    @classmethod
    def of(cls, segment: Segment) -> _View:
        source, offsets = codes.plain(segment.source, segment.codes)
        raw = segment.target or ""
        target, _ = codes.plain(raw, codes.locate(segment.source, segment.codes, raw))
        return cls(segment, source, offsets, target, spans(target))

    def source_range(self, match: TermMatch) -> list[int]:
        return [i for i, (start, end) in enumerate(spans(self.source))
                if self.source_offsets[start] < match.end and match.start < self.source_offsets[end - 1] + 1]

    def is_bent(self, match: TermMatch) -> bool:
        surface = self.segment.source[match.start : match.end].casefold()
        return surface not in (source.casefold() for source in match.term.sources)

    def target_range(self, start: int, end: int) -> list[int]:
        return [i for i, (first, last) in enumerate(self.words) if first < end and start < last]

    def banned(self, matches: Sequence[TermMatch], lang: str) -> list[tuple[int, int]]:
        """Word ranges of forbidden forms for the same source words."""
        here = {(match.start, match.end) for match in matches}
        found = set()
        for match in self.segment.matches:
            if match.term.status == "forbidden" and (match.start, match.end) in here:
                for item in terms.evidence(match.term, self.target, lang):
                    inside = self.target_range(item.start, item.end)
                    found.add((inside[0], inside[-1] + 1))
        return sorted(found)

    def raw(self, text: str, matrix: np.ndarray) -> str:
        """The text with the segment's codes back in it, where the words they mark went."""
        if not self.segment.codes:
            return text
        return codes.project(self.segment.source, self.segment.codes, text, _stretched(matrix, len(spans(text))))


def _in_order(slots: Sequence[Slot]) -> list[Slot]:
    """The slots left to right, without those that overlap a weightier one."""
    return sorted(disjoint(sorted(slots, key=lambda slot: -slot.weight)), key=lambda slot: slot.first)


def _stretched(matrix: np.ndarray, rows: int) -> np.ndarray:
    """The links for another number of target words: good enough to place a tag after a small edit."""
    if rows == matrix.shape[0] or not matrix.shape[0]:
        return matrix if matrix.shape[0] else np.zeros((rows, matrix.shape[1]))
    return matrix[np.minimum((np.arange(rows) * matrix.shape[0] / rows).astype(int), matrix.shape[0] - 1)]
