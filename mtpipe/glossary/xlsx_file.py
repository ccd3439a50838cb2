"""Reads and writes XLSX workbooks as tables: which sheet, its rows as lines of cells; hostile files are refused."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from mtpipe.errors import GlossaryError
from mtpipe.glossary.layouts import find_header
from mtpipe.glossary.rows import Line

_OLD = b"\xd0\xcf\x11\xe0"  # an OLE file: .xls, or an .xlsx under a password
_LARGEST = 1 << 30  # bytes that the parts may unpack to
_RATIO = 200  # of unpacked to packed from which a large part is a bomb
_LARGE = 1 << 24
_PROLOG = 4096  # bytes of a part in which a DOCTYPE stands, if there is one
_EMPTY_ROWS = 10_000  # after so many a sheet is over: formatted columns go on for a million rows


def read_lines(path: Path, languages: tuple[str, str], sheet: str) -> tuple[list[Line], list[str]]:
    """(lines of cells of the sheet, notes); without a name the first sheet whose header is understood, else the first
    that holds anything. Raises GlossaryError for what is not a workbook, not safe to unpack or has no such sheet."""
    try:
        _inspect(path)
        with warnings.catch_warnings(), closing(_open(path)) as book:
            names = [page.title for page in book.worksheets]
            sheets = _sheets(path, names, sheet)
            filled = [(name, lines) for name in sheets if (lines := list(_lines(book[name])))]
    # a workbook that is broken inside fails in as many ways as there are parts in it
    except (InvalidFileException, zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError,
            SyntaxError, EOFError, IndexError, RuntimeError) as error:  # fmt: skip
        raise GlossaryError(f"{path}: a broken workbook ({type(error).__name__}: {error}) — save it again") from error
    if not names:
        raise GlossaryError(f"{path}: a broken workbook (it has no sheets) — save it again")
    headed = [item for item in filled if find_header(item[1], languages) is not None]
    name, lines = next(iter(headed + filled), (names[0], []))
    others = f" of {len(names)}: {', '.join(names)}" if len(names) > 1 else ""
    return lines, [f"read as XLSX, sheet “{name}”{others}"]


def _open(path: Path) -> Any:
    warnings.simplefilter("ignore")  # openpyxl warns of all it doesn't know, validations and the like
    return openpyxl.load_workbook(path, read_only=True, data_only=True)


def _inspect(path: Path) -> None:
    """Refuses what is not a workbook, and archives made to harm: they are never unpacked, so their list is enough."""
    with path.open("rb") as file:
        start = file.read(4)
    if start == _OLD:
        raise GlossaryError(f"{path}: an old .xls or a workbook with a password — save it as .xlsx without one")
    if not zipfile.is_zipfile(path):
        raise GlossaryError(f"{path}: {'the file is empty' if not start else 'not a workbook'} — save it as .xlsx")
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        total = sum(part.file_size for part in parts)
        bombs = [p.filename for p in parts if p.file_size > _LARGE and p.file_size > _RATIO * max(p.compress_size, 1)]
        if total > _LARGEST or bombs:
            raise GlossaryError(f"{path}: unpacks to {total >> 20} MiB ({', '.join(bombs[:3]) or 'in all'}): refused"
                                " as a zip bomb — save only the terms")  # fmt: skip
        for part in parts:
            if part.filename.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", part.filename):
                raise GlossaryError(f"{path}: contains the path {part.filename!r}: refused — save it again")
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as inside:
                    if b"<!DOCTYPE" in inside.read(_PROLOG).replace(b"\0", b""):
                        raise GlossaryError(f"{path}: {part.filename} has a DOCTYPE, which no workbook needs: refused")
        if not any(part.filename.endswith("workbook.xml") for part in parts):
            raise GlossaryError(f"{path}: a zip archive but no .xlsx workbook — save it as .xlsx")


def _sheets(path: Path, names: list[str], sheet: str) -> list[str]:
    if not sheet:
        return names
    by_name = [name for name in names if name.casefold() == sheet.strip().casefold()]
    by_number = [name for number, name in enumerate(names, 1) if str(number) == sheet.strip()]
    if not by_name + by_number:
        raise GlossaryError(f"{path}: no such sheet {sheet!r}; available: {', '.join(names)}")
    return (by_name + by_number)[:1]


def _lines(sheet: Any) -> Iterator[Line]:
    sheet.reset_dimensions()  # what other writers say of them is often wrong
    empty = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [_text(value) for value in row]
        if any(cell.strip() for cell in cells):
            empty = 0
            yield number, cells
        elif (empty := empty + 1) > _EMPTY_ROWS:
            return


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def write_rows(rows: Iterable[Sequence[str]], path: Path, title: str) -> None:
    """Writes rows of text as one sheet; "=A1" is a text like any other."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for row in rows:
        cells = [WriteOnlyCell(sheet, value=text) for text in row]
        for cell in cells:
            cell.data_type = "s"
        sheet.append(cells)
    book.save(path)
