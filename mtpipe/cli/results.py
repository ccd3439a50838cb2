"""A job's report as lines for people: what was written, how many terms were applied, what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mtpipe.cli.options import TERMS_MISSING, UNTRANSLATED
from mtpipe.errors import amount
from mtpipe.report.model import ErrorEntry, JobReport, LlmUsage, MemoryMatches, TermCounts, Totals

_LISTED = 5  # expected terms of an error


def lines(report: JobReport, out: Path, page: Path) -> Iterator[str]:
    """Of a job that wrote to out and its report to page."""
    yield f"{_documents(report.totals)}: {out}"
    if report.job.tm:
        yield _memory(report.tm)
    yield terms(report.terms)
    if report.totals.altered:
        names = "number, path, symbol or negation", "numbers, paths, symbols or negations"
        yield f"altered: {amount(report.totals.altered, *names)}"
    if report.job.llm:
        yield _llm(report.llm)
    yield f"report: {page}"


def exit_code(report: JobReport, strict: bool) -> int:
    """4 for what was not read, not translated, waits for the LLM or its shard; strict: 4 for unsupported files, 3 for
    errors."""
    if any(fault.startswith("shard ") for fault in report.faults):
        return UNTRANSLATED
    if report.totals.failed or report.totals.untranslated or report.llm.waiting:
        return UNTRANSLATED
    if strict and report.totals.unsupported:
        return UNTRANSLATED
    return TERMS_MISSING if strict and has_errors(report) else 0


def has_errors(report: JobReport) -> bool:
    return any(row.errors for row in report.documents)


def terms(counts: TermCounts) -> str:
    """How many of the glossary's terms are in the translations, step by step."""
    if not counts.required:
        return "terms: no glossary terms in the source"
    steps = " → ".join(f"{step.step} {step.met}" for step in counts.steps)
    applied = f"{counts.met} of {amount(counts.required, 'term')} applied ({steps})"
    return f"terms: {applied}; {amount(counts.forbidden_found, 'forbidden term')}, {_altered(counts.changed)}"


def error(entry: ErrorEntry) -> str:
    """An error of a segment, with what was expected and what is there."""
    what = f"{entry.kind} {entry.term}" if entry.term else entry.kind
    expected = f"expected {' | '.join(entry.expected[:_LISTED])}" if entry.expected else ""
    there = f"found {entry.found!r}" if entry.found else ""
    return f"{entry.id}: {'; '.join(filter(None, (what, expected, there)))} ({entry.rule})"


def _documents(totals: Totals) -> str:
    states = ("written", "copied", "skipped", "failed")
    counts = ", ".join(f"{count} {name}" for name in states if (count := getattr(totals, name))) or "none"
    return f"documents: {counts}; {amount(totals.segments, 'sentence')}, {totals.untranslated} untranslated"


def _memory(counts: MemoryMatches) -> str:
    exact = amount(counts.exact + counts.context, "sentence")
    flagged = f"; {amount(counts.flagged, 'match', 'matches')} not used because of glossary errors"
    return f"translation memory: {exact}, {counts.context} in the same context{flagged * bool(counts.flagged)}"


def _llm(usage: LlmUsage) -> str:
    cost = "" if usage.cost is None else f", cost {usage.cost:.4f}"
    calls = f"{amount(usage.calls, 'call')}, {usage.cached} from the cache, {usage.failed} failed"
    waiting = f"; {amount(usage.waiting, 'sentence')} waiting: run again with more budget or when the server answers"
    return (f"LLM: {amount(usage.segments, 'sentence')} ({usage.share:.1%}), {calls}, {usage.tokens_in} + "
            f"{amount(usage.tokens_out, 'token')}{cost}{waiting * bool(usage.waiting)}")  # fmt: skip


def _altered(count: int) -> str:
    return f"{count} altered {'tag' if count == 1 else 'tags'}"
