"""Adds up a job's segments into its report: terms applied by step, document and term; errors and edits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import exp
from typing import Any

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment, TermError, is_editable
from mtpipe.glossary.model import Term
from mtpipe.languages.tokenization import words
from mtpipe.pipeline.steps import is_suspected
from mtpipe.report.model import (
    DocumentResult,
    EditCounts,
    EditedEntry,
    ErrorEntry,
    JobReport,
    LlmUsage,
    MemoryMatches,
    Note,
    Refusal,
    SegmentEntry,
    StepResult,
    TermCounts,
    TermPair,
    TermResult,
    Totals,
)
from mtpipe.terminology import checker

LLM = "llm"  # the editor that costs
PERSON = "person"  # the editor of what people changed
_UNASKED = ("budget", "too-long")
LISTED = 5000  # entries of each list in the report; what is left out is counted


class Tally:
    """Counts per segment: a sentence that occurs twice counts twice, as its reader sees it twice."""

    def __init__(self, editors: Sequence[str]):
        self._editors = tuple(editors)
        self._steps = ("draft", *self._editors, "final")
        self._totals: Counter[str] = Counter()
        self._terms: dict[Term, Counter[str]] = {}
        self._accepted: Counter[str] = Counter()
        self._refused: dict[str, Counter[str]] = {}
        self._errors: list[ErrorEntry] = []
        self._edited: list[EditedEntry] = []
        self._refusals: list[Refusal] = []
        self._notes: list[Note] = []
        self._sentences: list[SegmentEntry] = []
        self._left_out: Counter[str] = Counter()
        self.documents: list[DocumentResult] = []

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
        steps = {step: row[f"met {step}"] for step in self._steps}
        counts = {name: row[name] for name in names}
        self.documents.append(DocumentResult(path, state, **counts, steps=steps, notes=tuple(notes), message=message))
        self._totals.update(row)
        self._totals.update({"documents": 1, state: 1})
        self._totals["unsupported"] += state in ("copied", "skipped") and bool(message)
        for note in notes:
            self._list("notes", self._notes, Note(note, path=path))

    def report(self) -> JobReport:
        """The counted part of the job's report."""
        totals = self._totals
        names = ("documents", "written", "copied", "skipped", "failed", "segments", "unique_units", "reused",
                 "untranslated", "words", "segments_with_errors", "altered",
                 "suspected", "to_review", "unsupported")  # fmt: skip
        lists = ("errors", "edited", "refusals", "notes", "segments")
        sent, segments = totals["asked"], totals["segments"]
        return JobReport(
            totals=Totals(**{name: totals[name] for name in names}, units=segments),
            terms=TermCounts(totals["required"], totals["segments_with_terms"], tuple(map(self._step, self._steps)),
                             totals["forbidden"], totals["changed"]),
            llm=LlmUsage(segments=sent, share=sent / segments if segments else 0.0, waiting=totals["waiting"]),
            tm=MemoryMatches(*(totals[f"tm-{kind}"] for kind in ("exact", "context", "flagged"))),
            documents=tuple(self.documents),
            per_term=tuple(TermResult(term.source, term.target, term.status, **_counts(self._terms[term]))
                           for term in sorted(self._terms, key=_worst_first(self._terms))),
            edits=EditCounts({name: self._accepted[name] for name in (*self._editors, PERSON)
                              if name != PERSON or self._accepted[name]},
                             {name: dict(sorted(counts.items())) for name, counts in sorted(self._refused.items())}),
            errors=tuple(self._errors), edited=tuple(self._edited), refusals=tuple(self._refusals),
            notes=tuple(self._notes), segments=tuple(self._sentences),
            left_out={name: self._left_out[name] for name in lists},
        )  # fmt: skip

    def _step(self, name: str) -> StepResult:
        met, required = self._totals[f"met {name}"], self._totals["required"]
        shown = self._totals[f"seen {name}"] if name in self._editors else None
        return StepResult(name, met, met / required if required else None, shown)

    def _segment(self, segment: Segment, path: str) -> Counter[str]:
        errors = dict(self._errors_by_step(segment))
        unmet = {step: _unmet_terms(segment, left) for step, left in errors.items()}
        required = checker.required(segment)
        met_by_step = {f"met {step}": len(required) - len(left) for step, left in unmet.items()}
        seen_by_step = {
            f"seen {step}": int(is_editable(errors[before]) or any(edit.editor == step for edit in segment.edits))
            for before, step in zip(self._steps, self._editors)
        }
        for term in required:
            counts = self._terms.setdefault(term, Counter())
            met_draft, met = (int(term not in unmet[step]) for step in ("draft", "final"))
            counts.update(required=1, segments=1, met_draft=met_draft, met=met)
        kinds = Counter(error.kind for error in segment.errors)
        self._edits(segment, path)
        for error in segment.errors:
            self._list("errors", self._errors, _error_entry(segment, path, error))
        for note in segment.notes:
            self._list("notes", self._notes, Note(note, id=segment.id))
        self._list("segments", self._sentences, sentence_entry(segment, path))
        return Counter(
            segments=1, words=_word_count(segment), segments_with_terms=int(bool(required)), required=len(required),
            met_draft=len(required) - len(unmet["draft"]), met=len(required) - len(unmet["final"]),
            errors=len(segment.errors), segments_with_errors=int(bool(segment.errors)),
            suspected=int(is_suspected(segment)), to_review=int(bool(segment.errors) or is_suspected(segment)),
            **{kind: kinds[kind] for kind in ("forbidden", "changed", "altered", "untranslated")},
            **met_by_step, **seen_by_step,
            asked=int(any(edit.editor == LLM and edit.reason not in _UNASKED for edit in segment.edits)),
            waiting=int(segment.is_waiting), **({segment.origin: 1} if segment.origin else {}),
        )  # fmt: skip

    def _errors_by_step(self, segment: Segment) -> Iterator[tuple[str, Sequence[TermError]]]:
        """(step, what is wrong after it) for the draft, each editor in turn and the final target.

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
                entry = Refusal(segment.id, edit.editor, edit.after, edit.reason)
                self._list("refusals", self._refusals, entry)
        accepted = [edit.editor for edit in segment.edits if edit.is_accepted]
        if accepted:
            terms = tuple(TermPair(term.source, term.target) for term in checker.required(segment))
            self._list("edited", self._edited, EditedEntry(
                segment.id, path, "+".join(accepted), segment.source, segment.draft, segment.postedit, terms,
                _spans(segment, None),
            ))  # fmt: skip

    def _list(self, name: str, entries: list[Any], entry: Any) -> None:
        if len(entries) < LISTED:
            entries.append(entry)
        else:
            self._left_out[name] += 1


def _unmet_terms(segment: Segment, errors: Sequence[TermError]) -> set[Term]:
    if any(error.kind == "untranslated" for error in errors):
        return set(checker.required(segment))
    return {error.term for error in errors if error.kind in ("missing", "changed") and error.term is not None}


def _error_entry(segment: Segment, path: str, error: TermError) -> ErrorEntry:
    return ErrorEntry(
        segment.id, path, error.kind, error.term.source if error.term else None, error.expected, error.found,
        error.rule, segment.source, segment.draft, segment.postedit, _spans(segment, error.term),
    )  # fmt: skip


def sentence_entry(segment: Segment, path: str) -> SegmentEntry:
    """What the report's list of sentences says of one."""
    kinds = dict.fromkeys([*(error.kind for error in segment.errors), *["suspected"] * is_suspected(segment)])
    editors = "+".join(edit.editor for edit in segment.edits if edit.is_accepted)
    draft = None if segment.draft == segment.target else segment.draft
    confidence = None if segment.score is None else round(exp(min(0.0, segment.score)), 3)
    return SegmentEntry(segment.id, path, segment.source, segment.target, draft, tuple(kinds), editors, confidence,
                        _spans(segment, None))  # fmt: skip


def _spans(segment: Segment, term: Term | None) -> tuple[tuple[int, int], ...]:
    """Where the term (all of them for None) stands in the source."""
    return tuple((match.start, match.end) for match in segment.matches if term is None or match.term == term)


def _word_count(segment: Segment) -> int:
    text, _ = inline_codes.plain(segment.source, segment.codes)
    return sum(word[0].isalnum() for word in words(text))


def _counts(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in ("required", "met_draft", "met", "segments")}


def _worst_first(counts: dict[Term, Counter[str]]) -> Any:
    return lambda term: (counts[term]["met"] - counts[term]["required"], -counts[term]["required"], term.source)
