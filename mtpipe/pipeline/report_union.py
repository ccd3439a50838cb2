"""The reports of windows, workers and shards as one report: counts added, lists in the order of the documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

from mtpipe.io.spool import Spool
from mtpipe.pipeline.summary import LISTED
from mtpipe.report.model import (
    DocumentResult,
    EditCounts,
    JobInfo,
    JobReport,
    LlmUsage,
    MemoryMatches,
    StepResult,
    TermCounts,
    TermResult,
    Totals,
)

_LISTS = ("errors", "edited", "refusals", "notes", "segments")


class ReportUnion:
    """Reports of disjoint sets of documents, added one after the other."""

    def __init__(self) -> None:
        self._first: JobReport | None = None
        self._job = JobInfo()
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in ("totals", "terms", "tm", "llm")}
        self._cost: float | None = None
        self._steps: dict[str, Counter[str]] = {}
        self._terms: dict[tuple[str, str, str], Counter[str]] = {}
        self._accepted: Counter[str] = Counter()
        self._refused: dict[str, Counter[str]] = {}
        self._documents: Spool[DocumentResult] = Spool()
        self._entries: dict[str, Spool[Any]] = {name: Spool() for name in _LISTS}
        self._left_out: Counter[str] = Counter()
        self._seconds: Counter[str] = Counter()
        self._faults: list[str] = []
        self._peak = 0

    def add(self, report: JobReport) -> None:
        """Adds a report; what describes the job is taken from the first one."""
        if self._first is None and report.signature:
            self._first, self._job = report, report.job
        self._job = _with_notes(self._job, report.job)
        for name, counts in self._counts.items():
            part = getattr(report, name)
            counts.update({key: value for key, value in _values(part).items() if isinstance(value, (int, float))})
        if report.llm.cost is not None:
            self._cost = (self._cost or 0.0) + report.llm.cost
        for step in report.terms.steps:
            counts = self._steps.setdefault(step.step, Counter())
            counts.update(met=step.met, segments=step.segments or 0, is_method=step.segments is not None)
        for term in report.per_term:
            row = self._terms.setdefault((term.source, term.target, term.status), Counter())
            row.update(required=term.required, met_draft=term.met_draft, met=term.met, segments=term.segments)
        self._accepted.update(report.edits.accepted)
        for editor, reasons in report.edits.refused.items():
            self._refused.setdefault(editor, Counter()).update(reasons)
        self._documents.extend(report.documents)
        for name, entries in self._entries.items():
            more: Sequence[Any] = getattr(report, name)
            space = LISTED - len(entries)
            entries.extend(more[:space])
            self._left_out[name] += len(more[space:]) + report.left_out.get(name, 0)
        self._seconds.update(report.seconds)
        self._faults += report.faults
        self._peak = max(self._peak, report.peak_memory or 0)

    def report(self, order: Iterable[str] = ()) -> JobReport:
        """All of them as one; order: of the documents' names, where they were not added in it."""
        first, totals = self._first or JobReport(), self._counts["totals"]
        required = self._counts["terms"]["required"]
        llm, sent, segments = self._counts["llm"], self._counts["llm"]["segments"], totals["segments"]
        share = sent / segments if segments else 0.0
        documents: Sequence[DocumentResult] = self._documents
        lists: dict[str, Any] = dict(self._entries)
        if places := {name: place for place, name in enumerate(order)}:
            documents = sorted(documents, key=lambda row: places.get(row.path, -1))
            for name in ("errors", "edited", "segments"):
                lists[name] = sorted(lists[name], key=lambda row: places.get(row.document, -1))
        terms = tuple(_step(name, counts, required) for name, counts in self._steps.items())
        refused = {name: dict(sorted(counts.items())) for name, counts in sorted(self._refused.items())}
        return replace(
            first,
            job=self._job,
            totals=Totals(**_of(Totals, totals)),
            tm=MemoryMatches(**_of(MemoryMatches, self._counts["tm"])),
            terms=replace(TermCounts(**_of(TermCounts, self._counts["terms"])), steps=terms),
            llm=replace(LlmUsage(**_of(LlmUsage, llm)), model=first.llm.model, cost=self._cost, share=share),
            documents=documents,
            per_term=tuple(sorted(map(_term, self._terms.items()), key=_worst_first)),
            edits=EditCounts(dict(self._accepted), refused),
            left_out={name: self._left_out[name] for name in _LISTS},
            faults=tuple(self._faults),
            seconds={name: round(value, 3) for name, value in self._seconds.items()},
            peak_memory=self._peak or None,
            **lists,
        )


def _values(part: Any) -> dict[str, Any]:
    return {field.name: getattr(part, field.name) for field in fields(part)}


def _of(kind: Any, counts: Counter[str]) -> dict[str, Any]:
    """The counts that a value of that kind has."""
    return {field.name: counts[field.name] for field in fields(kind) if field.name in counts}


def _step(name: str, counts: Counter[str], required: int) -> StepResult:
    success = counts["met"] / required if required else None
    return StepResult(name, counts["met"], success, counts["segments"] if counts["is_method"] else None)


def _term(row: tuple[tuple[str, str, str], Counter[str]]) -> TermResult:
    names, counts = row
    return TermResult(*names, **dict[str, Any](counts))


def _worst_first(term: TermResult) -> tuple[int, int, str]:
    return term.met - term.required, -term.required, term.source


def _with_notes(job: JobInfo, other: JobInfo) -> JobInfo:
    """The job with the other's notes on the glossary, where it has more of them."""
    if not job.glossary or not other.glossary:
        return job
    notes = tuple(dict.fromkeys((*job.glossary.notes, *other.glossary.notes)))
    return replace(job, glossary=replace(job.glossary, notes=notes)) if notes != job.glossary.notes else job
