"""What a refiner reads: a source with its terms annotated and the draft to edit, as one line; in training as at work.

`the ⟦table⇒ Tabelle⟧ ⟦1⟧ ⟦⇒⟧ das Diagramm ⟦1⟧`: a code has the same mask in both texts, an arrow between empty brackets
parts them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.languages.tokenization import words
from mtpipe.mt.term_annotation import Line, coded_line

LEVELS = (0.0, 0.1, 0.2, 0.3)  # distances at which triplets become harder
Masks = tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Revision(Line):
    """A line that can't be cut: the halves of a draft are not those of its source."""

    def halves(self) -> None:
        return None


def revision(segment: Segment, annotation: tuple[str, str, str], shape: str) -> Revision:
    """The segment's source and target; shape: of the masks."""
    source, target = coded_line(segment, shape), segment.target or ""
    opening, arrow, closing = annotation
    first = len(source.text) + 1
    separator = (first - 1, first, f" {opening}{arrow.strip()}{closing} ")
    shifted = ((first + start, first + end, symbol) for start, end, symbol in masks(segment, target, shape))
    return Revision(f"{source.text}\n{target}", source.marks, (*source.masks, separator, *shifted))


def masks(segment: Segment, target: str, shape: str) -> Masks:
    """Where the segment's codes stand in a target of it, with the masks that they have in the source.

    One that the source has less often is masked by nothing.
    """
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, literal in enumerate(inline_codes.literals(segment.source, segment.codes), 1):
        numbers[literal].append(number)
    places = []
    for code in inline_codes.locate(segment.source, segment.codes, target):
        free = numbers[target[code.start : code.end]]
        places.append((code.start, code.end, shape.format(free.pop(0)) if free else ""))
    return tuple(places)


def distance(segment: Segment, draft: str, reference: str) -> float:
    """The share of the words, tags left out, that must change to make a reference of a draft (0…1)."""
    texts = (
        inline_codes.plain_target(segment, text)
        for text in (draft, reference)
    )
    return Levenshtein.normalized_distance(*map(words, texts))


def level(segment: Segment) -> int:
    """How hard the edit from its draft to its reference is, a number of LEVELS."""
    far = distance(segment, segment.draft or "", segment.reference or "")
    return sum(far >= least for least in LEVELS) - 1
