"""Term consistency: whether a document says the same for the same term throughout (Semenov and Bojar 2022)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import rate, signature
from mtpipe.glossary.model import Term
from mtpipe.terminology import checker


class Consistency:
    """Share of the occurrences of repeated terms that have their document's most frequent target for the term, 0…1.

    A term is repeated if a document's sources hold it more than once; the document is what an id says before "#".
    Inflections of a target are one, the accepted targets of a term are several; an occurrence with none of them agrees
    with no other. A segment's counts depend on the company it is counted in.
    """

    name = "consistency"
    needs_reference = False

    def __init__(self, target_lang: str):
        self._lang = target_lang

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        uses: list[dict[tuple[str, Term], Counter[str]]] = [dict(self._uses(segment)) for segment in segments]
        totals: dict[tuple[str, Term], Counter[str]] = {}
        for own in uses:
            for key, said in own.items():
                totals.setdefault(key, Counter()).update(said)
        usual = {key: max((form for form in said if form), key=lambda form: (said[form], form), default="")
                 for key, said in totals.items() if said.total() > 1}  # fmt: skip
        return np.array([
            (sum(said[usual[key]] for key, said in own.items() if usual.get(key)),
             sum(said.total() for key, said in own.items() if key in usual))
            for own in uses
        ], dtype=float).reshape(-1, 2)  # fmt: skip

    def score(self, segments: Sequence[Segment]) -> Score:
        said = f"match:words|by:document|{signature(self._lang)}"
        return rate(self.name, self.counts(segments), said, none="no term is required twice in a document")

    def _uses(self, segment: Segment) -> Iterator[tuple[tuple[str, Term], Counter[str]]]:
        """((document, term), how often each of its targets stands for it, "" for those that none stands for)."""
        document = segment.id.rpartition("#")[0]
        for term, matches in checker.required(segment).items():
            said = Counter[str]()
            for index, form in enumerate(term.targets):
                one = replace(term, targets=(form,), forms=() if index else term.forms)
                left = len(matches) - said.total()
                said[form] += min(left, len(checker.locate(segment, one, segment.target or "", self._lang)))
            said[""] = len(matches) - said.total()
            yield (document, term), said
