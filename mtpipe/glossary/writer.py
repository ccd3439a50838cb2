"""Writes glossaries as CSV, TSV, XLSX or TBX, so that reading them gives the same terms."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mtpipe.errors import GlossaryError
from mtpipe.glossary.columns import COLUMNS
from mtpipe.glossary.model import Glossary, Term
from mtpipe.glossary.rows import unsplit
from mtpipe.io import atomic

SUFFIXES = (".csv", ".tsv", ".xlsx", ".tbx")
TBX_VERSIONS = ("3", "2")
_NEVER_LEFT_OUT = 3  # source, target, status
_LONGEST_CELL = 32_767  # characters, of a workbook
# what XML, and so TBX and XLSX, can't hold
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write(glossary: Glossary, path: Path, tbx_version: str = "3") -> Path:
    """Writes the glossary to path, in the format of its suffix, all or nothing; raises GlossaryError for a suffix that
    is none of SUFFIXES and for characters the format can't hold, OutputError where path can't be written."""
    suffix = path.suffix.lower()
    writers: dict[str, Callable[[Path], None]] = {
        ".csv": lambda part: _write_text(glossary, part, ","),
        ".tsv": lambda part: _write_text(glossary, part, "\t"),
        ".xlsx": lambda part: _write_workbook(glossary, part),
        ".tbx": lambda part: _write_termbase(glossary, part, tbx_version),
    }
    if suffix not in writers:
        raise GlossaryError(f"{path}: can't write {suffix or 'a file without suffix'}; use {', '.join(SUFFIXES)}")
    if suffix in (".xlsx", ".tbx"):
        _check(glossary, path, _LONGEST_CELL if suffix == ".xlsx" else None)
    with atomic.replacement(path) as part:
        writers[suffix](part)
    return path


def rows(glossary: Glossary) -> Iterator[list[str]]:
    """A table's rows: the header of the columns that hold anything, then a row a term."""
    cells = [[_cell(term, name) for name in COLUMNS] for term in glossary.terms]
    used = [i for i in range(len(COLUMNS)) if i < _NEVER_LEFT_OUT or any(row[i] for row in cells)]
    yield [COLUMNS[i] for i in used]
    for row in cells:
        yield [row[i] for i in used]


def _cell(term: Term, name: str) -> str:
    if name in ("source", "target"):
        parts: Sequence[str] = term.sources if name == "source" else term.targets
        return "" if name == "target" and term.status == "do-not-translate" else unsplit(parts)
    value: Any = getattr(term, name)
    if name == "forms":
        return unsplit(value)
    return ("yes" if value else "") if name == "case_sensitive" else value


def _check(glossary: Glossary, path: Path, longest: int | None) -> None:
    problems = []
    for term in glossary.terms:
        for name in COLUMNS:
            cell = _cell(term, name)
            if odd := _UNWRITABLE.search(cell):
                what = f"{name} of “{term.source}” contains the character U+{ord(odd.group()):04X} — remove it"
                problems.append(f"{term.place}: {what}")
            elif longest and len(cell) > longest:
                what = f"{name} of “{term.source}” has {len(cell)} characters, {longest} fit — shorten it"
                problems.append(f"{term.place}: {what}")
    if problems:
        raise GlossaryError(f"{path}: not written, {path.suffix} can't contain all of it", tuple(problems))


def _write_text(glossary: Glossary, path: Path, mark: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=mark, lineterminator="\n").writerows(rows(glossary))


def _write_workbook(glossary: Glossary, path: Path) -> None:
    from mtpipe.glossary.xlsx_file import write_rows  # on use, as the libraries of all formats

    write_rows(rows(glossary), path, f"{glossary.source_lang}-{glossary.target_lang}")


def _write_termbase(glossary: Glossary, path: Path, version: str) -> None:
    from mtpipe.glossary.tbx_writer import write_termbase

    write_termbase(glossary, path, version)
