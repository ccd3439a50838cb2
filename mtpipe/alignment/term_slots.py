"""Where in a target a source term went: ranges of words, from word links."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from mtpipe.glossary.model import Term

LENGTH_COST = 0.05  # of a word that is linked to nothing in or out of the term
WEAK = 0.15  # link weight under which a place is a guess
LOOSE = 0.35  # a word with fewer links than this may stand for anything
PLACES = 3  # tried for one occurrence
LONGER = 4  # words that a translation may have more than its source term


@dataclass(frozen=True, slots=True)
class TermSlot:
    """words [first, last) of the target that stand for one occurrence of a term, with the weight of the links.

    is_bent: the source has the term in another form than the glossary (a plural, say).
    """

    term: Term
    first: int
    last: int
    weight: float
    is_bent: bool = False


def places(
    term: Term, matrix: np.ndarray, inside: Sequence[int], fixed: Collection[int], empty: Collection[int]
) -> list[TermSlot]:
    """The likeliest slots, best first: ranges linked to the source words inside and not elsewhere.

    matrix: [target words × source words]. fixed: target words that must stay; empty: marks and function words, which
    alone are no translation of a term.
    """
    rows = matrix.shape[0]
    if not inside or not rows:
        return []
    within = matrix[:, list(inside)].sum(axis=1)
    gain = within - (matrix.sum(axis=1) - within) - LENGTH_COST
    slots = []
    for first in np.flatnonzero(gain > 0):
        total, is_word = 0.0, False
        for last in range(first, min(rows, first + len(inside) + LONGER)):
            if last in fixed:
                break
            total += float(gain[last])
            is_word = is_word or last not in empty
            if gain[last] > 0 and is_word and total > WEAK:
                slots.append(TermSlot(term, int(first), last + 1, total))
    slots.sort(key=lambda slot: -slot.weight)
    return disjoint(slots, PLACES)


def disjoint(slots: Sequence[TermSlot], most: int | None = None) -> list[TermSlot]:
    """The slots without those that overlap an earlier one."""
    separate: list[TermSlot] = []
    for slot in slots:
        if not any(slot.first < other.last and other.first < slot.last for other in separate):
            separate.append(slot)
    return separate[:most]


def guesses(
    term: Term, matrix: np.ndarray, inside: Sequence[int], fixed: Collection[int], empty: Collection[int]
) -> list[TermSlot]:
    """Slots for a term that nothing is linked to, as `places`: the loosest word where the source's neighbours went, or
    the gap beside them."""
    rows, columns = matrix.shape
    if not inside or not rows:
        return []
    near = np.array([1 / (1 + min(abs(column - i) for i in inside)) for column in range(columns)])
    near[list(inside)] = 0
    weights = (matrix * near).sum(axis=1)
    centre = float(weights @ np.arange(rows) / weights.sum()) if weights.sum() > 0 else rows * inside[0] / columns
    gap = min(rows, round(centre) + (columns > inside[-1]))
    while gap in fixed and gap - 1 in fixed:  # not into the middle of another term
        gap += 1
    loose = [i for i in range(rows) if i not in fixed and i not in empty and matrix[i].sum() < LOOSE]
    loose.sort(key=lambda i: abs(i - centre))
    return [*(TermSlot(term, i, i + 1, 0.0) for i in loose[:1]), TermSlot(term, gap, gap, 0.0)]
