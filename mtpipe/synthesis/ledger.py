"""The account of a synthesis: what was kept of each term, what was refused and why, for the files and the manifest."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mtpipe.errors import OutputError
from mtpipe.glossary.model import Term
from mtpipe.io import atomic
from mtpipe.synthesis.recipe import BACK_TRANSLATE, SynthesisRecipe
from mtpipe.synthesis.replies import Fault, Pair, Proposal
from mtpipe.synthesis.requests import KINDS, TermHistory

_SAMPLES = 3  # of each reason, in the manifest
_TOLD = 3  # reasons that the next prompt tells of a term


class Ledger:
    """Counts and writes as pairs come; terms: those to get pairs, in their order."""

    def __init__(self, recipe: SynthesisRecipe, terms: Sequence[Term], pairs: Output, rejected: Output):
        self._recipe, self._pairs, self._rejected = recipe, pairs, rejected
        self._written: dict[Term, list[str]] = {term: [] for term in terms}
        self._requests = Counter[Term]()
        self._why: dict[Term, Counter[str]] = {term: Counter() for term in terms}
        self._numbers = Counter[str]()
        self._kinds = {kind: Counter[str]() for kind in KINDS}
        self._samples: dict[str, list[Mapping[str, Any]]] = {}
        self.refused = Counter[str]()
        self.proposed = 0

    @property
    def kept(self) -> int:
        return sum(map(len, self._written.values()))

    def needs(self) -> dict[Term, int]:
        """How many pairs each term lacks; only those that lack some."""
        most = self._recipe.pairs_per_term
        return {term: most - len(written) for term, written in self._written.items() if len(written) < most}

    def known(self, term: Term) -> TermHistory:
        """What the next prompt may say of the term."""
        why = [f"“{term.source}”: {reason}" for reason, _ in self._why[term].most_common(_TOLD)]
        return TermHistory(tuple(self._written[term]), self._requests[term], tuple(why))

    def ask(self, terms: Iterable[Term]) -> None:
        self._requests.update(terms)

    def take(self, proposal: Proposal, pair: Pair, reason: str) -> None:
        """Writes a judged pair to where it belongs."""
        self.proposed += 1
        term, number = proposal.item.term, proposal.request.round
        wish = dict(zip(KINDS, proposal.item.wish, strict=True))
        facts = {"source": pair[0], "reference": pair[1], "term": term.source, "round": number, **wish}
        if reason:
            self._why[term][reason] += 1
            self._refuse(reason, facts)
            return
        for kind, text in wish.items():
            self._kinds[kind][text] += 1
        place = f"synthetic/{term.source}"
        self._numbers[place] += 1
        origin = "back-translation" if self._recipe.way == BACK_TRANSLATE else "llm"
        entry = {"source": term.source, "targets": list(term.targets), "status": term.status, "forms": list(term.forms)}
        row = {"id": f"{place}#{self._numbers[place]}", **facts, "terms": [entry], "origin": origin}
        self._written[term].append(pair[1] if self._recipe.way == BACK_TRANSLATE else pair[0])
        self._pairs.write(row)

    def note(self, fault: Fault) -> None:
        """Counts a reply, or an object in it, that was no pair."""
        terms = [term.source for term in dict.fromkeys(item.term for item in fault.request.items)]
        self._refuse(fault.reason, {"reply": fault.text, "terms": terms, "round": fault.request.round})

    def is_full(self, term: Term) -> bool:
        return len(self._written[term]) >= self._recipe.pairs_per_term

    def short(self) -> dict[str, int]:
        """Terms with fewer pairs than requested, and how many they have."""
        return {f"{term.source} = {term.target}": len(self._written[term]) for term in self.needs()}

    def facts(self) -> dict[str, Any]:
        """The counts, for the manifest."""
        return {
            "pairs": self.kept, "proposed": self.proposed, "refused": dict(self.refused.most_common()),
            "terms": len(self._written), "short": self.short(),
            "variety": {kind: dict(sorted(counts.items())) for kind, counts in self._kinds.items()},
            "samples": self._samples,
        }  # fmt: skip

    def _refuse(self, reason: str, facts: Mapping[str, Any]) -> None:
        self.refused[reason] += 1
        samples = self._samples.setdefault(reason, [])
        if len(samples) < _SAMPLES:
            samples.append(facts)
        self._rejected.write({"reason": reason, **facts})


class Output:
    """A file that takes its place at the end: what an interrupted run has written so far is in <path>.part.

    Raises OutputError where it can't be written, which is known before anything is paid for.
    """

    def __init__(self, path: Path):
        self._path = path
        with self._guarded():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.with_name(f"{path.name}.part").open("w", encoding="utf-8", newline="\n")

    def write(self, row: Mapping[str, Any]) -> None:
        with self._guarded():
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
            self._file.flush()

    def close(self, is_wanted: bool = True) -> None:
        """Puts the file in its place, or away if it isn't wanted."""
        with self._guarded():
            self._file.close()
            if is_wanted:
                atomic.commit(Path(self._file.name), self._path)
            else:
                os.unlink(self._file.name)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(f"{self._path}: can't be written ({error.strerror}); check permissions and space, then "
                              "run again: what the LLM answered is kept") from error  # fmt: skip
