"""A segment as editors see it: plain texts without tags, words, and where its unmet terms could go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from html import unescape
from itertools import accumulate

import numpy as np

from mtpipe.alignment.term_slots import TermSlot, guesses, places
from mtpipe.document import inline_codes, invariants
from mtpipe.document.segment import Segment, TermMatch
from mtpipe.languages.tokenization import spans
from mtpipe.postedit.editor import Tools
from mtpipe.terminology import checker

_NAMES = ("path", "variable", "option", "identifier", "template tag")  # invariants that are no text
_TOKEN = re.compile(r"\w+|\W")


@dataclass(frozen=True, slots=True)
class View:
    """A segment as plain texts without tags, and the words of its target."""

    segment: Segment
    source: str
    source_offsets: Sequence[int]
    target: str
    words: list[tuple[int, int]]

    @classmethod
    def of(cls, segment: Segment) -> View:
        source, offsets = inline_codes.plain(segment.source, segment.codes)
        raw = segment.target or ""
        target, _ = inline_codes.plain(raw, inline_codes.locate(segment.source, segment.codes, raw))
        return cls(segment, source, offsets, target, word_spans(target))

    def options(self, matrix: np.ndarray, tools: Tools, guess: bool = False) -> list[list[TermSlot]]:
        """For each occurrence of each unmet term its likeliest slots, best first; matrix: the links of the texts.

        guess: terms without a link get slots as well.
        """
        lang = tools.target_lang
        proof = checker.term_evidence(self.segment, self.target, lang)
        fixed = {i for items in proof.values() for item in items for i in self.target_range(item.start, item.end)}
        empty = {i for i, (start, end) in enumerate(self.words) if tools.is_empty(self.target[start:end])}
        options = []
        for term, matches in checker.required(self.segment).items():
            demand = checker.demand(self.segment, term)
            if banned := self.banned(matches, lang):
                options += [[TermSlot(demand, first, last, 1.0)] for first, last in banned]
            elif not proof[term]:
                for match in matches:
                    where = (demand, matrix, self.source_range(match), fixed, empty)
                    slots = places(*where) or (guesses(*where) if guess else [])
                    options += [[replace(slot, is_bent=self.is_bent(match)) for slot in slots]] if slots else []
        return options

    def source_range(self, match: TermMatch) -> list[int]:
        return [i for i, (start, end) in enumerate(word_spans(self.source))
                if self.source_offsets[start] < match.end and match.start < self.source_offsets[end - 1] + 1]

    def is_bent(self, match: TermMatch) -> bool:
        return checker.surface(self.segment, match).casefold() not in (
            source.casefold() for source in match.term.sources
        )

    def target_range(self, start: int, end: int) -> list[int]:
        return [i for i, (first, last) in enumerate(self.words) if first < end and start < last]

    def literal(self) -> set[int]:
        """The target's words within what is no text: paths, code, placeholders, identifiers."""
        codes = [(code.start, code.end) for code in inline_codes.find(self.target) if code.kind == "alone"]
        names = [(item.start, item.end) for item in invariants.find(self.target) if item.kind in _NAMES]
        return {k for start, end in (*codes, *names) for k in self.target_range(start, end)}

    def banned(self, matches: Sequence[TermMatch], lang: str) -> list[tuple[int, int]]:
        """Word ranges of forbidden forms for the same source words."""
        here = {(match.start, match.end) for match in matches}
        ranges = set()
        for match in self.segment.matches:
            if match.term.status == "forbidden" and (match.start, match.end) in here:
                for item in checker.locate(self.segment, match.term, self.target, lang):
                    inside = self.target_range(item.start, item.end)
                    ranges.add((inside[0], inside[-1] + 1))
        return sorted(ranges)

    def raw(self, text: str, matrix: np.ndarray) -> str:
        """The text with the segment's codes back in it: where the draft has them, if only words between them changed,
        else where the words they mark went."""
        if not self.segment.codes:
            return text
        if (kept := self._between_codes(text)) is not None:
            return kept
        links = _stretched(matrix, len(spans(text)))
        return inline_codes.project(self.segment.source, self.segment.codes, text, links.tolist())

    def _between_codes(self, text: str) -> str | None:
        """The draft with the words that the text has otherwise; None where a code stands among them, or is wrong."""
        raw, segment = self.segment.target or "", self.segment
        lost = inline_codes.broken(segment.source, segment.codes, raw)
        own = [raw[code.start : code.end] for code in inline_codes.find(raw) if code.kind == "alone"]
        spare = [each for each in own if each not in inline_codes.literals(segment.source, segment.codes)]
        is_rewritten = len(lost) <= len(spare) and {each[:1] for each in lost} <= {each[:1] for each in spare}
        if not (is_rewritten or all(map(_is_character, lost))):  # "&amp;" may be written as "und", a path translated
            return None
        _, offsets = inline_codes.plain(raw, inline_codes.locate(segment.source, segment.codes, raw))
        old, new = _TOKEN.findall(self.target), _TOKEN.findall(text)
        starts = [0, *accumulate(map(len, old))]
        for tag, i1, i2, j1, j2 in reversed(SequenceMatcher(None, old, new, autojunk=False).get_opcodes()):
            if tag == "equal":
                continue
            start, end = starts[i1], starts[i2]
            inserted = "".join(new[j1:j2])
            is_front = not inserted[-1:].isspace() and self.target[start : start + 1].isalnum()  # of that word
            first = offsets[start - 1] + 1 if start == end and start and not is_front else offsets[start]
            last = offsets[end - 1] + 1 if end > start else first
            if last - first != end - start:
                return None
            raw = raw[:first] + inserted + raw[last:]
        return raw


def word_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each word and mark, as `tokenization.spans`, without underscores around words: they are marks of
    emphasis there, not letters."""
    return [_bare(text, start, end) for start, end in spans(text)]


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    word = text[start:end]
    if not word.strip("_"):
        return start, end
    return end - len(word.lstrip("_")), start + len(word.rstrip("_"))


def _is_character(literal: str) -> bool:
    """Whether a code is nothing but a character that has to be written as an entity."""
    return literal.startswith("&") and len(unescape(literal)) == 1


def _stretched(matrix: np.ndarray, rows: int) -> np.ndarray:
    """The links for another number of target words: good enough to place a tag after a small edit."""
    if rows == matrix.shape[0] or not matrix.shape[0]:
        return matrix if matrix.shape[0] else np.zeros((rows, matrix.shape[1]))
    return matrix[np.minimum((np.arange(rows) * matrix.shape[0] / rows).astype(int), matrix.shape[0] - 1)]
