"""Aligned substitution: the words that translate a term's source give way to an accepted form of it.

Works on any draft from any engine: it needs word links (a lexicon, a model's attention, or both) and continues
nothing. Forms bend as the replaced words did; the lexicon's fluency makes the neighbours agree.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mtpipe.alignment.term_slots import Slot, disjoint
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError
from mtpipe.morphology.agreement import Agreement
from mtpipe.postedit.editor import Tools
from mtpipe.postedit.view import View


class Substitution:
    """Editor by alignment; raises ConfigError without a lexicon and a decoder.

    guess: a term that no word of the draft is linked to goes where its neighbours went.
    """

    def __init__(self, tools: Tools, guess: bool = False):
        self._guess = guess
        if tools.lexicon is None and tools.decoder is None:
            raise ConfigError("editor 'substitution' needs word links: a model that gives attention, or a lexicon "
                              "(--lexicon FOLDER, made by 'mtpipe corpus lexicon PAIRS --out FOLDER')")
        self._tools = tools
        self._agreement = Agreement(tools.lexicon)

    def propose(self, segments: Sequence[Segment]) -> list[list[str]]:
        """The best rewriting first: every unmet term in every place, then other places and fewer of them."""
        views = [View.of(segment) for segment in segments]
        matrices = self._tools.align([(view.source, view.target) for view in views])
        return [self._candidates(view, matrix) for view, matrix in zip(views, matrices)]

    def _candidates(self, view: View, matrix: np.ndarray) -> list[str]:
        options = view.options(matrix, self._tools, self._guess)
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


class Placement(Substitution):
    """The last resort: substitution that guesses a place rather than leave a term out."""

    def __init__(self, tools: Tools):
        super().__init__(tools, guess=True)


def _in_order(slots: Sequence[Slot]) -> list[Slot]:
    """The slots left to right, without those that overlap a weightier one."""
    return sorted(disjoint(sorted(slots, key=lambda slot: -slot.weight)), key=lambda slot: slot.first)
