"""Aligned substitution: the words that translate a term's source give way to an accepted form of it.

Works on any draft from any engine: it needs word links (a lexicon, a model's attention, or both) and continues
nothing. Only what is certain is written; what is not is a suggestion, and left to an LLM or to people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from mtpipe.alignment.term_slots import TermSlot, disjoint
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError
from mtpipe.morphology.agreement import Agreement
from mtpipe.postedit.confidence import CERTAIN, confidence, supported
from mtpipe.postedit.editor import UNCERTAIN, Candidate, ScoredCandidate, Tools, Unusable
from mtpipe.postedit.replacement import AlignedDraft, Replacement, Replacements
from mtpipe.postedit.view import View, word_spans
from mtpipe.terminology import checker

_Rated = tuple[float, Replacement]
_Change = tuple[str, str, str]  # source and target of a term, the lemma that gives way to it
_LIKELY = 0.5  # confidence from which a replacement speaks for others like it


class Substitution:
    """Editor by alignment and grammar; raises ConfigError without a lexicon and a decoder.

    least: the confidence (0…1) under which a replacement is only suggested.
    """

    def __init__(self, tools: Tools, least: float = CERTAIN):
        if tools.lexicon is None and tools.decoder is None:
            raise ConfigError("repair method 'substitution' needs word links: a model that gives attention, or a "
                              "lexicon (--lexicon FOLDER, made by 'mtpipe corpus lexicon PAIRS --out FOLDER')")
        self._tools, self._least = tools, least
        self._replacements = Replacements(tools.lexicon, tools.source_lang, tools.target_lang)

    def propose(self, segments: Sequence[Segment]) -> list[list[Candidate]]:
        """All certain replacements together first, then each alone; the best uncertain ones as a suggestion."""
        candidates = dict.fromkeys(range(len(segments)), list[Candidate]())
        linked = [i for i in candidates if _needs_links(segments[i])]
        views = [View.of(segments[i]) for i in linked]
        matrices = self._tools.align([(view.source, view.target) for view in views])
        options = _supported([self._options(view, matrix) for view, matrix in zip(views, matrices)])
        made = [self._candidates(*item) for item in zip(views, matrices, options, strict=True)]
        return list((candidates | dict(zip(linked, made, strict=True))).values())

    def _candidates(self, view: View, matrix: np.ndarray, options: Sequence[Sequence[_Rated]]) -> list[Candidate]:
        own = _compatible(options)
        best = _consistent(_everywhere(own, options), own)
        if not best:
            return [view.raw(view.target, matrix)] if view.segment.codes else []
        certain = [rated for rated in best if rated[0] >= self._least]
        choices = [certain] if certain else []
        choices += [[rated] for rated in certain] if len(certain) > 1 else []
        choices += [_compatible([[other], *([r] for r in certain if r[1].term != other[1].term)])
                    for alternatives in options for other in alternatives[1:3] if other[0] >= self._least]  # fmt: skip
        candidates: list[Candidate] = [*dict.fromkeys(self._text(view, matrix, choice) for choice in choices)]
        if len(certain) < len(best):
            suggested = self._text(view, matrix, best)
            candidates.append(Unusable(suggested, UNCERTAIN, min(rate for rate, _ in best)))
        return candidates

    def _options(self, view: View, matrix: np.ndarray) -> list[list[_Rated]]:
        """For each occurrence of each unmet term its replacements, the surest first."""
        lang, segment = self._tools.target_lang, view.segment
        proof = checker.term_evidence(segment, view.target, lang)
        fixed = {i for items in proof.values() for item in items for i in view.target_range(item.start, item.end)}
        fixed |= view.literal()
        empty = {i for i, (start, end) in enumerate(view.words) if self._tools.is_empty(view.target[start:end])}
        draft = AlignedDraft(view.source, view.target, word_spans(view.source), view.words, matrix, fixed, empty)
        options = []
        for term, matches in checker.required(segment).items():
            demand = checker.demand(segment, term)
            if banned := view.banned(matches, lang):
                replacements = [self._replacements.at(draft, demand, first, last) for first, last in banned]
                options += [[(1.0, replacement)] for replacement in replacements if replacement]
            elif not proof[term]:
                for match in matches:
                    surface = checker.surface(segment, match)
                    rated = [(confidence(replacement.features), replacement) for replacement in
                             self._replacements.find(draft, demand, view.source_range(match), surface)]  # fmt: skip
                    options += [sorted(rated, key=lambda item: -item[0])] if rated else []
        return options

    def _text(self, view: View, matrix: np.ndarray, rated_replacements: Iterable[_Rated]) -> ScoredCandidate:
        text, least = view.target, 1.0
        for rate, replacement in sorted(rated_replacements, key=lambda item: -item[1].start):
            text, least = text[: replacement.start] + replacement.text + text[replacement.end :], min(least, rate)
        return ScoredCandidate.of(view.raw(text, matrix), round(least, 3))


class Placement(Substitution):
    """The last resort, for `--repair complete`: the surest replacement however uncertain, else a guessed place."""

    def __init__(self, tools: Tools):
        super().__init__(tools, least=0.0)
        self._agreement = Agreement(tools.lexicon)

    def _candidates(self, view: View, matrix: np.ndarray, options: Sequence[Sequence[_Rated]]) -> list[Candidate]:
        candidates = super()._candidates(view, matrix, options)
        places = view.options(matrix, self._tools, guess=True)
        if not places:
            return candidates
        best = [slots[0] for slots in places]
        choices = [best]
        choices += [[*best[:i], other, *best[i + 1 :]]
                    for i, slots in enumerate(places) for other in slots[1:]]  # fmt: skip
        if len(best) > 1:
            choices += [[slot] for slot in best]
        texts = [self._agreement.rewrite(view.target, _in_order(slots), agree)
                 for agree in (True, False) for slots in choices]  # fmt: skip
        guessed = [ScoredCandidate.of(view.raw(text, matrix), 0.0) for text in texts]
        return [*dict.fromkeys([*candidates, *guessed])]


def _needs_links(segment: Segment) -> bool:
    """Whether there is a term or a lost code to find a place for."""
    return bool(segment.matches or inline_codes.broken(segment.source, segment.codes, segment.target or ""))


def _supported(options: Sequence[Sequence[Sequence[_Rated]]]) -> list[list[list[_Rated]]]:
    """The replacements of several texts, surer where the same word gives way to the same term in other places: who
    translates a word so does it again."""
    best = {(n, alternatives[0][1].start): alternatives[0]
            for n, of_text in enumerate(options) for alternatives in of_text if alternatives}  # fmt: skip
    counts = Counter(_change(rated) for rated in best.values() if rated[0] >= _LIKELY)
    return [[sorted((_with_support(rated, counts, alternatives[0]) for rated in alternatives), key=lambda one: -one[0])
             for alternatives in of_text] for of_text in options]  # fmt: skip


def _with_support(rated: _Rated, counts: Counter[_Change], best: _Rated) -> _Rated:
    is_counted = best[0] >= _LIKELY and _change(best) == _change(rated)
    right_form = 1 - rated[1].feature("form")  # of which others say nothing
    return right_form * supported(rated[0] / max(right_form, 1e-9), counts[_change(rated)] - is_counted), rated[1]


def _change(rated: _Rated) -> _Change:
    return rated[1].term.source.casefold(), rated[1].term.target, rated[1].old


def _compatible(options: Sequence[Sequence[_Rated]]) -> list[_Rated]:
    """The surest replacement of each occurrence that touches no word of a surer one."""
    surest: list[_Rated] = []
    used: set[int] = set()
    for alternatives in sorted(filter(None, options), key=lambda rated: -rated[0][0]):
        free = next((rated for rated in alternatives if not used & set(rated[1].words)), None)
        if free:
            surest.append(free)
            used |= set(free[1].words)
    return surest


def _everywhere(best: Sequence[_Rated], options: Sequence[Sequence[_Rated]]) -> list[_Rated]:
    """With the replacements of further words that are the same as those that give way to the same term."""
    everywhere = list(best)
    used = {word for _, one in best for word in one.words}
    pairs = {(one.term, one.old) for _, one in best}
    for rated in (rated for alternatives in options for rated in alternatives):
        is_same = (rated[1].term, rated[1].old) in pairs and not rated[1].is_foreign
        if is_same and not used & set(rated[1].words):
            everywhere.append(rated)
            used |= set(rated[1].words)
    return everywhere


def _consistent(best: Sequence[_Rated], own: Sequence[_Rated]) -> list[_Rated]:
    """Each with the confidence of the surest one that replaces the same word by the same term; those that seem to
    translate something else keep their own, if the source has the term less often (own: one for each occurrence)."""
    rates = [max(other_rate for other_rate, other in best if (other.term, other.old) == (one.term, one.old))
             if not one.is_foreign or (rate, one) in own else rate for rate, one in best]  # fmt: skip
    return [(rate, one) for rate, (_, one) in zip(rates, best, strict=True)]


def _in_order(slots: Sequence[TermSlot]) -> list[TermSlot]:
    """The slots left to right, without those that overlap a weightier one."""
    return sorted(disjoint(sorted(slots, key=lambda slot: -slot.weight)), key=lambda slot: slot.first)
