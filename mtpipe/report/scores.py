"""The comparison of whole translated folders: what their jobs report, and a table for people."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from io import StringIO
from math import isnan
from pathlib import Path
from typing import Any

from mtpipe.document.segment import Score
from mtpipe.errors import InputError
from mtpipe.io import atomic
from mtpipe.report.model import FILE, JobReport, to_dict

_COLUMNS = ("set", "system", "segments")
_SIGNIFICANT = 0.05


def job_facts(folder: Path, subsets: Mapping[str, Collection[str]]) -> dict[str, Any] | None:
    """What the job that wrote folder reports of itself; None where no report is in it.

    "words_per_second" (None after a resumed job: its seconds are not all), "peak_memory" in bytes, "seconds" by stage,
    "steps": {set: {step: share of the required terms applied after it}}, for all documents and each subset.
    Raises InputError for a report that can't be read.
    """
    path = folder / ".mtpipe" / FILE
    if not path.is_file():
        return None
    report = JobReport.read(path)
    words, total = report.totals.words, report.seconds.get("total")
    if not total:
        raise InputError(f"{path}: not a report of mtpipe (no seconds); run the job again")
    return {
        "signature": report.signature, "model": to_dict(report.job.model), "words": words,
        "seconds": report.seconds, "peak_memory": report.peak_memory,
        "words_per_second": None if report.totals.reused else round(words / total, 1),
        "steps": {name: _shares(report, subset) for name, subset in {"all": None, **subsets}.items()},
    }  # fmt: skip


def row(system: str, scores: Sequence[Score]) -> dict[str, Any]:
    """One system's line of a table; a score that is none is None, and the notes say why."""
    return {"system": system, "scores": {score.name: None if isnan(score.value) else score.value for score in scores},
            "signatures": {score.name: score.signature for score in scores},
            "notes": {score.name: score.note for score in scores if score.note}}


def signatures(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """How the rows' scores were computed, a line for each metric and signature."""
    return list(dict.fromkeys(f"{name}: {text}" for row in rows for name, text in row["signatures"].items() if text))


def is_significant(row: Mapping[str, Any], name: str) -> bool:
    """Whether all tests find that the row's score is another than the baseline's."""
    p_values = row.get("p_values", {}).get(name, {})
    return bool(p_values) and max(p_values.values()) < _SIGNIFICANT


def remarks(data: Mapping[str, Any]) -> list[str]:
    """What is odd about the test set and the systems of a comparison, a line each."""
    return [*(f"test set: {remark}" for remark in data["remarks"]),
            *(f"{row['system']}: {remark}" for row in data["systems"] for remark in row["remarks"])]  # fmt: skip


def csv_lines(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line for each system and metric; empty cells where there is no figure, the note says why."""
    out = StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["system", "metric", "value", "low", "high", "p_bootstrap", "p_randomisation", "note", "signature"])
    for row in rows:
        for name, value in row["scores"].items():
            p_values = row["p_values"].get(name, {})
            table.writerow([
                row["system"], name, value, *row["intervals"].get(name, (None, None)), p_values.get("bootstrap"),
                p_values.get("randomisation"), row["notes"].get(name), row["signatures"][name],
            ])  # fmt: skip
    return out.getvalue()


def term_lines(terms: Sequence[Mapping[str, Any]], systems: Sequence[str]) -> str:
    """CSV: a line for each term, the segments that need it, and the share of these in which each system has it.

    terms: as `mtpipe.evaluation.side_by_side` lists them; those that most segments need come first.
    """
    out = StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["source", "target", "segments", *systems])
    for term in sorted(terms, key=lambda term: -term["needed"]):
        shares = (round(1 - missing / term["needed"], 4) for missing in term["missing"])
        lines.writerow([term["source"], term["target"], term["needed"], *shares])
    return out.getvalue()


def table(
    rows: Sequence[Mapping[str, Any]], jobs: Mapping[str, Mapping[str, Any] | None], note: str = ""
) -> str:
    """Markdown: the scores of every set and system, terms after each step, the jobs' speed and memory, the note."""
    names = list(dict.fromkeys(name for row in rows for name in row["scores"]))
    columns = [column for column in _COLUMNS if all(column in row for row in rows)]
    lines = _markdown([*columns, *names], [
        [*(str(row[column]) for column in columns), *(_cell(name, row, rows) for name in names)] for row in rows
    ])  # fmt: skip
    lines += _gaps(rows)
    reports = {name: job for name, job in jobs.items() if job}
    rates_by_step = {
        (name, part): rates for name, job in reports.items() for part, rates in job["steps"].items() if rates
    }
    if rates_by_step:
        heads = list(dict.fromkeys(step for rates in rates_by_step.values() for step in rates))
        lines += ["", "Terms applied after each step (share of the required terms):", ""]
        lines += _markdown(["set", "system", *heads], [
            [part, name, *(_or_dash(rates.get(head), "{:.3f}") for head in heads)]
            for (name, part), rates in rates_by_step.items()
        ])  # fmt: skip
    if reports:
        lines += ["", "Jobs:", ""]
        lines += _markdown(["system", "words", "seconds", "words/s", "peak memory"], [
            [name, f"{job['words']:,}", f"{job['seconds']['total']:.0f}", _or_dash(job["words_per_second"], "{:.0f}"),
             _or_dash(job["peak_memory"] and job["peak_memory"] / 2**20, "{:.0f} MiB")]
            for name, job in reports.items()
        ])  # fmt: skip
    return "\n".join([*lines, *(["", note] if note else [])]) + "\n"


def write(path: Path, text: str) -> None:
    """Writes text, making the folder; raises OutputError."""
    atomic.write_text(path, text)


def _shares(report: JobReport, documents: Collection[str] | None) -> dict[str, float]:
    """The share of the required terms that the documents have after each step."""
    rows = [row for row in report.documents if documents is None or row.path in documents]
    required = sum(row.required for row in rows)
    steps = [step.step for step in report.terms.steps] if required else []
    return {step: round(sum(row.steps[step] for row in rows) / required, 4) for step in steps}


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    ruler = "|".join("---" if index < 2 else "---:" for index in range(len(heads)))
    return [f"| {' | '.join(heads)} |", f"|{ruler}|", *(f"| {' | '.join(row)} |" for row in rows)]


def _cell(name: str, row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """The score, half its interval and a mark where it is another than the baseline's."""
    values = [other["scores"].get(name) for other in rows]
    shape = "{:.2f}" if any(value is not None and abs(value) > 1 for value in values) else "{:.3f}"
    low, high = row.get("intervals", {}).get(name, (None, None))
    half = f" ± {shape.format((high - low) / 2)}" if low is not None else ""
    return f"{_or_dash(row['scores'].get(name), shape)}{half}{'*' if is_significant(row, name) else ''}"


def _gaps(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why a score is none, or what it leaves out, each reason once."""
    systems: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for name, note in row.get("notes", {}).items():
            systems.setdefault((name, note), []).append(row["system"])
    lines = [f"{name}: {note}" + (f" ({', '.join(concerned)})" if len(concerned) < len(rows) else "")
             for (name, note), concerned in systems.items()]  # fmt: skip
    return ["", *lines] if lines else []


def _or_dash(value: float | None, shape: str) -> str:
    return "–" if value is None else shape.format(value)
