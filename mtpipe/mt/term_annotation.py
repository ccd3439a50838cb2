"""What a model reads: a segment's text with its terms annotated and its codes masked, and where it may be cut."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mtpipe.document import inline_codes
from mtpipe.document.segment import Code, Segment, TermMatch

# Where a line too long for its model is cut, best places first; the cut comes after the match.
_CUTS = tuple(map(re.compile, (r"[.;:!?…]\s+|[。；：！？]", r"[,)–—]\s+|[，、）]", r"\s+", r"(?s).")))


@dataclass(frozen=True, slots=True)
class Line:
    """Text to translate; marks are (start, end, target) of its terms, masks (start, end, symbol) of its codes."""

    text: str
    marks: tuple[tuple[int, int, str], ...] = ()
    masks: tuple[tuple[int, int, str], ...] = ()

    def render(self, annotation: tuple[str, str, str] | None) -> str:
        """The text with codes masked and, given (open, arrow, close), terms annotated.

        Stray annotation symbols of the text itself become look-alikes that mean nothing to the model.
        """
        pieces, position = [], 0
        for first, last, before, stays, after in self._inserts(annotation):
            pieces += [disarm(self.text[position:first], annotation), before, self.text[first:last] * stays, after]
            position = last
        return "".join([*pieces, disarm(self.text[position:], annotation)])

    def origins(self, annotation: tuple[str, str, str] | None) -> list[int]:
        """For each character of the rendered text, and its end, the character of text it stands for or beside."""
        places: list[int] = []
        position = 0
        for first, last, before, stays, after in self._inserts(annotation):
            places += range(position, first)
            places += [first] * len(before) + list(range(first, last)) * stays + [max(first, last - 1)] * len(after)
            position = last
        return [*places, *range(position, len(self.text) + 1)]

    def _inserts(self, annotation: tuple[str, str, str] | None) -> list[tuple[int, int, str, bool, str]]:
        """(start, end, what comes before, whether text[start:end] stays, what comes after), in order."""
        inserts = [(start, end, symbol, False, "") for start, end, symbol in self.masks]
        if annotation:
            opening, arrow, closing = annotation
            inserts += [(s, e, opening, True, f"{arrow}{target}{closing}") for s, e, target in self.marks]
        return sorted(inserts)

    def halves(self) -> tuple[Line, Line] | None:
        """The line cut in two near its middle, at punctuation if possible, never inside a term or code."""
        spans = [span[:2] for span in self.marks + self.masks]
        middle, length = len(self.text) / 2, len(self.text)
        for pattern in _CUTS:
            places = [match.end() for match in pattern.finditer(self.text, length // 4, length - length // 4)]
            places = [p for p in places if 0 < p < length and not any(s < p < e for s, e in spans)]
            if places:
                place = min(places, key=lambda p: abs(p - middle))
                first, last = self._part(0, place), self._part(place, length)
                return (first, last) if first.text.strip() and last.text.strip() else None
        return None

    def _part(self, start: int, end: int) -> Line:
        marks, masks = (
            tuple((s - start, e - start, text) for s, e, text in spans if start <= s and e <= end)
            for spans in (self.marks, self.masks)
        )
        return Line(self.text[start:end], marks, masks)


def plain_line(segment: Segment, is_bare: bool = False) -> Line:
    """The segment without its tags; codes that stand alone stay literally, or, bare, go as well."""
    removed = tuple(Code(c.start, c.end, "open") for c in segment.codes) if is_bare else segment.codes
    text, offsets = inline_codes.plain(segment.source, removed)
    marks = ((bisect_left(offsets, s), bisect_left(offsets, e), target) for s, e, target in _marks(segment))
    return Line(text, tuple(mark for mark in marks if mark[0] < mark[1]))


def coded_line(segment: Segment, shape: str) -> Line:
    """The segment with code k (from 1) masked as shape.format(k); terms that a code touches are not marked."""
    masks = tuple((code.start, code.end, shape.format(k)) for k, code in enumerate(segment.codes, 1))
    clear = (mark for mark in _marks(segment) if not any(s < mark[1] and mark[0] < e for s, e, _ in masks))
    return Line(segment.source, tuple(clear), masks)


def disarm(text: str, annotation: Iterable[str] | None) -> str:
    """Text without the annotation symbols: ⟦ ⇒ ⟧ become [ → ]; a space beside a symbol is layout, not part of it."""
    for symbol, harmless in zip(annotation or (), "[→]", strict=False):
        text = text.replace(symbol.strip(), harmless)
    return text


def _marks(segment: Segment) -> Sequence[tuple[int, int, str]]:
    """One mark a matched span: its preferred target, or the source itself where that must not be translated."""
    marks: dict[tuple[int, int], str] = {}
    for match in segment.matches:
        if match.term.status != "forbidden":
            marks.setdefault((match.start, match.end), _annotation(segment, match))
    return [(start, end, target) for (start, end), target in sorted(marks.items())]


def _annotation(segment: Segment, match: TermMatch) -> str:
    if match.term.status == "do-not-translate":
        start, end = match.start, match.end
        inside = [Code(c.start - start, c.end - start, c.kind) for c in segment.codes
                  if start <= c.start and c.end <= end]
        return inline_codes.plain(segment.source[start:end], inside)[0]
    return match.term.target
