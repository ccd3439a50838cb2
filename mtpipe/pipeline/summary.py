"""Adds up a job's segments into what report.json says: term success by rung, document and term; errors and edits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment, TermError, is_editable
from mtpipe.glossary.model import Term
from mtpipe.languages.tokenization import words
from mtpipe.terminology import checker

LLM = "llm"  # the editor that costs
_UNASKED = ("budget", "too-long")
LISTED = 5000  # entries of each list in the report; what is left out is counted


class Tally:
    """Counts per segment: a sentence that occurs twice counts twice, as its reader sees it twice."""

    def __init__(self, editors: Sequence[str]):
        self._editors = tuple(editors)
        self._rungs = ("draft", *self._editors, "final")
        self._totals: Counter[str] = Counter()
        self._terms: dict[Term, Counter[str]] = {}
        self._accepted: Counter[str] = Counter()
        self._refused: dict[str, Counter[str]] = {}
        self._lists: dict[str, list[dict[str, Any]]] = {"errors": [], "edited": [], "refusals": [], "notes": []}
        self._left_out: Counter[str] = Counter()
        self.documents: list[dict[str, Any]] = []

    def count(self, **totals: int) -> None:
        """Adds to the report's totals."""
        self._totals.update(totals)

    def add(
        self, path: str, state: str, segments: Iterable[Segment], notes: Sequence[str] = (), message: str = ""
    ) -> None:
        """Counts a document: state written, copied, skipped or failed; segments are its finished sentences."""
        row: Counter[str] = Counter()
        for segment in segments:
            row.update(self._segment(segment, path))
        names = ("segments", "words", "required", "met_draft", "met", "errors", "untranslated")
        self.documents.append(
            {"path": path, "state": state, **{name: row[name] for name in names}}
            | {"rungs": {rung: row[f"met {rung}"] for rung in self._rungs}, "notes": list(notes), "message": message}
        )
        self._totals.update(row)
        self._totals.update({"documents": 1, state: 1})
        for note in notes:
            self._list("notes", {"path": path, "note": note})

    def report(self) -> dict[str, Any]:
        """The counted part of report.json."""
        names = ("documents", "written", "copied", "skipped", "failed", "segments", "unique_units", "reused",
                 "untranslated", "words", "segments_with_errors")  # fmt: skip
        required = self._totals["required"]
        return {
            "totals": {name: self._totals[name] for name in names} | {"units": self._totals["segments"]},
            "terms": {
                "required": required,
                "segments_with_terms": self._totals["segments_with_terms"],
                "rungs": [self._rung(rung) for rung in self._rungs],
                "forbidden_found": self._totals["forbidden"],
                "changed": self._totals["changed"],
            },
            "llm": self._llm(),
            "tm": {kind: self._totals[f"tm-{kind}"] for kind in ("exact", "context", "flagged")},
            "documents": self.documents,
            "per_term": [
                {"source": term.source, "target": term.target, "status": term.status, **_counts(self._terms[term])}
                for term in sorted(self._terms, key=_worst_first(self._terms))
            ],
            "edits": {
                "accepted": {name: self._accepted[name] for name in self._editors},
                "refused": {name: dict(sorted(counts.items())) for name, counts in sorted(self._refused.items())},
            },
            **self._lists,
            "refusals_left_out": self._left_out["refusals"],
            "left_out": dict(self._left_out),
        }

    def _rung(self, name: str) -> dict[str, Any]:
        """segments: that an editor was shown."""
        met, required = self._totals[f"met {name}"], self._totals["required"]
        shown = {"segments": self._totals[f"seen {name}"]} if name in self._editors else {}
        return {"rung": name, "met": met, "success": met / required if required else None, **shown}

    def _llm(self) -> dict[str, Any]:
        asked, segments = self._totals["asked"], self._totals["segments"]
        return {"segments": asked, "share": asked / segments if segments else 0.0, "waiting": self._totals["waiting"]}

    def _segment(self, segment: Segment, path: str) -> Counter[str]:
        errors = dict(self._errors(segment))
        unmet = {rung: _unmet_terms(segment, found) for rung, found in errors.items()}
        required = checker.required(segment)
        met_by_rung = {f"met {rung}": len(required) - len(left) for rung, left in unmet.items()}
        seen_by_rung = {
            f"seen {rung}": int(is_editable(errors[before]) or any(edit.editor == rung for edit in segment.edits))
            for before, rung in zip(self._rungs, self._editors)
        }
        for term in required:
            counts = self._terms.setdefault(term, Counter())
            met_draft, met = (int(term not in unmet[rung]) for rung in ("draft", "final"))
            counts.update(required=1, segments=1, met_draft=met_draft, met=met)
        kinds = Counter(error.kind for error in segment.errors)
        self._edits(segment, path)
        for error in segment.errors:
            self._list("errors", _error_entry(segment, path, error))
        for note in segment.notes:
            self._list("notes", {"id": segment.id, "note": note})
        return Counter(
            segments=1, words=_word_count(segment), segments_with_terms=int(bool(required)), required=len(required),
            met_draft=len(required) - len(unmet["draft"]), met=len(required) - len(unmet["final"]),
            errors=len(segment.errors), segments_with_errors=int(bool(segment.errors)),
            **{kind: kinds[kind] for kind in ("forbidden", "changed", "untranslated")}, **met_by_rung, **seen_by_rung,
            asked=int(any(edit.editor == LLM and edit.reason not in _UNASKED for edit in segment.edits)),
            waiting=int(segment.is_waiting), **({segment.origin: 1} if segment.origin else {}),
        )  # fmt: skip

    def _errors(self, segment: Segment) -> Iterator[tuple[str, Sequence[TermError]]]:
        """(rung, what is wrong after it) for the draft, each editor in turn and the final target.

        An edit knows what was wrong before it: after it is wrong what the next one found.
        """
        accepted = [edit for edit in segment.edits if edit.is_accepted]
        first, *later = [*(edit.errors for edit in accepted), segment.errors]
        after = dict(zip((edit.editor for edit in accepted), later, strict=True))
        yield "draft", first
        for name in self._editors:
            first = after.get(name, first)
            yield name, first
        yield "final", segment.errors

    def _edits(self, segment: Segment, path: str) -> None:
        for edit in segment.edits:
            if edit.is_accepted:
                self._accepted[edit.editor] += 1
            else:
                self._refused.setdefault(edit.editor, Counter())[edit.reason] += 1
                entry = {"id": segment.id, "editor": edit.editor, "candidate": edit.after, "reason": edit.reason}
                self._list("refusals", entry)
        accepted = [edit.editor for edit in segment.edits if edit.is_accepted]
        if accepted:
            matched = [{"source": term.source, "target": term.target} for term in checker.required(segment)]
            self._list("edited", {
                "id": segment.id, "document": path, "editor": "+".join(accepted), "source": segment.source,
                "draft": segment.draft, "postedit": segment.postedit, "terms": matched,
                "source_spans": _spans(segment, None),
            })  # fmt: skip

    def _list(self, name: str, entry: dict[str, Any]) -> None:
        if len(self._lists[name]) < LISTED:
            self._lists[name].append(entry)
        else:
            self._left_out[name] += 1


def _unmet_terms(segment: Segment, errors: Iterable[Any]) -> set[Term]:
    found = {error.term if error.kind in ("missing", "changed") else error.kind for error in errors}
    if "untranslated" in found:
        return set(checker.required(segment))
    return {term for term in found if isinstance(term, Term)}


def _error_entry(segment: Segment, path: str, error: Any) -> dict[str, Any]:
    return {
        "id": segment.id, "document": path, "kind": error.kind, "term": error.term.source if error.term else None,
        "expected": list(error.expected), "found": error.found, "rule": error.rule, "source": segment.source,
        "draft": segment.draft, "postedit": segment.postedit, "source_spans": _spans(segment, error.term),
    }  # fmt: skip


def _spans(segment: Segment, term: Term | None) -> list[list[int]]:
    """Where the term (all of them for None) stands in the source."""
    return [[match.start, match.end] for match in segment.matches if term is None or match.term == term]


def _word_count(segment: Segment) -> int:
    text, _ = inline_codes.plain(segment.source, segment.codes)
    return sum(word[0].isalnum() for word in words(text))


def _counts(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in ("required", "met_draft", "met", "segments")}


def _worst_first(counts: dict[Term, Counter[str]]) -> Any:
    return lambda term: (counts[term]["met"] - counts[term]["required"], -counts[term]["required"], term.source)
