"""The job's report as a workbook: summary, sentences with the worst first, terms, documents, notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Font

from mtpipe.io import atomic
from mtpipe.report import wording
from mtpipe.report.model import JobReport

SENTENCES = ("id", "document", "source", "first draft", "translation", "errors", "confidence", "status", "comment")
_WIDTHS = {"source": 60, "first draft": 60, "translation": 60, "errors": 45, "comment": 40, "note": 80, "path": 40,
           "id": 28, "document": 28, "term": 28, "target": 28, "figure": 34, "value": 40, "message": 60}  # fmt: skip


def write(report: JobReport, sentences: Iterable[Sequence[Any]], path: Path) -> None:
    """Writes the workbook, all or nothing; sentences: rows with the columns SENTENCES. Raises OutputError."""
    book = openpyxl.Workbook(write_only=True)
    _sheet(book, "summary", ("figure", "value"), _summary(report))
    _sheet(book, "sentences", SENTENCES, sentences)
    _sheet(book, "terms", ("term", "target", "status", "sentences", "applied in the first draft", "applied", "share"), (
        (term.source, term.target, term.status, term.required, term.met_draft, term.met,
         term.met / term.required if term.required else None) for term in report.per_term))  # fmt: skip
    _sheet(book, "documents", ("path", "state", "sentences", "words", "terms required", "terms applied", "errors",
                               "message"), (
        (row.path, wording.STATES.get(row.state, row.state), row.segments, row.words, row.required, row.met, row.errors,
         row.message) for row in report.documents))  # fmt: skip
    _sheet(book, "notes", ("where", "note"), ((note.id or note.path, note.note) for note in report.notes))
    with atomic.replacement(path) as part:
        book.save(part)


def _summary(report: JobReport) -> list[tuple[str, Any]]:
    totals, terms = report.totals, report.terms
    headline = wording.headline(report)
    return [
        ("report", headline["title"]), *(("", sentence) for sentence in headline["sentences"]),
        ("languages", f"{report.job.source_lang} → {report.job.target_lang}"), ("source", report.job.source),
        ("output", report.job.out), ("created", report.created), ("documents", totals.documents),
        ("sentences", totals.segments), ("words", totals.words), ("sentences to review", totals.to_review),
        ("terms required", terms.required), *((f"terms applied: {row['name']}", row["met"])
                                              for row in wording.steps(terms)), ("signature", report.signature),
    ]  # fmt: skip


def _sheet(book: openpyxl.Workbook, title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for place, head in enumerate(heads):
        sheet.column_dimensions[openpyxl.utils.get_column_letter(place + 1)].width = _WIDTHS.get(head, 14)
    sheet.append([_cell(sheet, head, Font(bold=True)) for head in heads])
    number = 1
    for number, row in enumerate(rows, 2):
        sheet.append([_cell(sheet, value) for value in row])
    sheet.auto_filter.ref = f"A1:{openpyxl.utils.get_column_letter(len(heads))}{number}"


def _cell(sheet: Any, value: Any, font: Font | None = None) -> Any:
    """A cell whose text is no formula, with the characters that a workbook can't hold replaced."""
    if isinstance(value, str):
        value = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)[:32_767]
    cell = openpyxl.cell.WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"
    if font:
        cell.font = font
    return cell
