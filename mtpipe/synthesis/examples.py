"""Examples for prompts out of translation memories: units that hold a term on both sides, else those near to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.glossary.model import Glossary, Term
from mtpipe.terminology import checker
from mtpipe.terminology.matcher import Matcher
from mtpipe.tm.keys import masked
from mtpipe.tm.memory import Memories
from mtpipe.tm.store import Hit

_LONGEST = 200  # characters of an example's side
_FEWEST = 4  # words: a menu item shows no sentence
_REACH = 0.05  # a term is a small part of a sentence that holds it
_NEAR = 60  # of 100: how like the term, and what is said of it, a unit without it must be


@dataclass(frozen=True, slots=True)
class Example:
    """A unit of a memory as a demonstration."""

    source: str
    target: str


class Examples:
    """Looks for examples; memories may be empty."""

    def __init__(self, memories: Memories, glossary: Glossary):
        self._memories, self._matcher, self._lang = memories, Matcher(glossary), glossary.target_lang

    def of(self, term: Term, n: int) -> list[Example]:
        """Up to n examples, those that hold the term on both sides first, the most like it before others."""
        if not n or not self._memories:
            return []
        hits = {(hit.source, hit.target): hit for source in term.sources for file in self._memories.files
                for hit in file.search(masked(source, inline_codes.find(source)).casefold(), _REACH)}  # fmt: skip
        fit = [hit for hit in hits.values() if max(len(hit.source), len(hit.target)) <= _LONGEST
               and len(hit.source.split()) >= _FEWEST]  # fmt: skip
        seed = " ".join(filter(None, (term.source, term.domain, term.definition, term.note)))
        ranked = sorted(((self._holds(hit, term), fuzz.WRatio(seed, hit.source), hit) for hit in fit), key=_worst_last)
        return [Example(hit.source, hit.target) for holds, likeness, hit in ranked if holds or likeness >= _NEAR][:n]

    def _holds(self, hit: Hit, term: Term) -> bool:
        segment = Segment("", hit.source, codes=inline_codes.find(hit.source))
        matched, = self._matcher.find([replace(segment, terms=())])
        return bool(checker.term_evidence(matched, hit.target, self._lang).get(term))


def _worst_last(item: tuple[bool, float, Hit]) -> tuple[bool, float, str]:
    holds, likeness, hit = item
    return not holds, -likeness, hit.source


def spread(rows: Sequence[Sequence[Example]]) -> list[Example]:
    """Each term's first example, then each one's second, …; none twice."""
    return list(dict.fromkeys(row[i] for i in range(max(map(len, rows), default=0)) for row in rows if i < len(row)))
