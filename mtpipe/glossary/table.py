"""From a glossary file of any kind to rows: tables by their header or chosen columns, termbases by their entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mtpipe.errors import GlossaryError
from mtpipe.glossary.columns import COLUMNS, Header, check_file_name, column, read_header
from mtpipe.glossary.rows import Remark, Row

_TERMBASES = (".tbx", ".tmx", ".xml")
_WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xls", ".ods")

Line = tuple[int, list[str] | str]  # (first line, cells), or (first line, what is wrong there)


@dataclass(slots=True)
class Table:
    """A file's rows, remarks on what is no row, and notes on what was detected."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_table(
    path: Path, source_lang: str, target_lang: str, sheet: str = "", columns: Mapping[str, str] | None = None
) -> Table:
    """The rows of the file at path; raises GlossaryError when it can't be read or is of other languages."""
    wanted, suffix = (source_lang, target_lang), path.suffix.lower()
    if sheet and suffix not in _WORKBOOKS:
        raise GlossaryError(f"{path}: only workbooks (.xlsx) have sheets — leave the sheet out")
    if columns and suffix in _TERMBASES:
        raise GlossaryError(f"{path}: a termbase has no columns — leave them out")
    try:
        if suffix in _TERMBASES:
            from mtpipe.glossary.tbx_reader import read

            return read(path, wanted)
        if suffix in _WORKBOOKS:
            from mtpipe.glossary.xlsx_file import read_lines  # on use: openpyxl takes a third of a second

            lines, notes = read_lines(path, wanted, sheet)
        else:
            from mtpipe.glossary.csv_file import read_lines as read_text

            lines, notes = read_text(path, wanted)
    except OSError as error:
        why = error.strerror or str(error)
        raise GlossaryError(f"{path}: can't be read ({why}) — check the path and its permissions") from error
    table = Table(notes=notes)
    header, lines = _head(lines, path, wanted, table, columns or {})
    _fill(table, lines, header)
    return table


def _head(
    lines: list[Line], path: Path, wanted: tuple[str, str], table: Table, columns: Mapping[str, str]
) -> tuple[Header, list[Line]]:
    """The header, chosen, read or assumed, and the lines below it."""
    first = lines[0][1] if lines else []
    header = read_header(first, wanted) if isinstance(first, list) else None
    if columns:
        return _chosen(columns, header, first if isinstance(first, list) else [], path, lines)
    if header is None:
        table.notes += check_file_name(path, wanted)
        if not isinstance(first, str):
            table.notes.append(f"no header: columns taken as {', '.join(COLUMNS[: max(len(first), 2)])}")
        return Header(dict(enumerate(COLUMNS)), len(COLUMNS)), lines
    if header.languages is None:
        table.notes += check_file_name(path, wanted)
    else:
        table.notes += header.check(path, lines[0][0], wanted)
    if header.unused:
        table.notes.append(f"columns not used: {', '.join(header.unused)}")
    return header, lines[1:]


def _chosen(
    columns: Mapping[str, str], header: Header | None, first: Sequence[str], path: Path, lines: list[Line]
) -> tuple[Header, list[Line]]:
    """The header with the columns as asked for; a cell of the first row that is asked for makes that row the header."""
    names = [cell.strip().casefold() for cell in first]
    by_name = {name: names.index(said) for name, cell in columns.items() if (said := cell.strip().casefold()) in names}
    places = {name: by_name[name] if name in by_name else _place(cell) for name, cell in columns.items()}
    known = ", ".join(COLUMNS)
    problems = [f"there is no column {name!r}; choose among {known}" for name in columns if name not in COLUMNS]
    problems += [
        f"{name} = {columns[name]!r} is no column of it; there are {', '.join(filter(None, first))}"
        for name, place in places.items() if place is None or place >= max(len(first), 1)
    ]  # fmt: skip
    problems += [f"columns need {name} as well" for name in ("source", "target") if name not in columns]
    if problems:
        raise GlossaryError(f"{path}: the columns can't be chosen so", tuple(problems))
    chosen = {place: name for name, place in places.items() if place is not None}
    is_headed = bool(by_name) or header is not None
    others = {i: name for i, cell in enumerate(first) if is_headed and i not in chosen
              and (name := column(cell)) and name not in places}  # fmt: skip
    return Header(chosen | others, max(len(first), 1 + max(chosen))), lines[is_headed:]


def _place(cell: str) -> int | None:
    """The position (from 0) that a number (from 1) or a column's letters stand for."""
    text = cell.strip().upper()
    if text.isdecimal():
        return int(text) - 1 if int(text) else None
    if not (text.isascii() and text.isalpha() and len(text) < 4):
        return None
    place = 0
    for letter in text:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _fill(table: Table, lines: Iterable[Line], header: Header) -> None:
    need = 1 + max((i for i, name in header.columns.items() if name in ("source", "target")), default=1)
    for line, cells in lines:
        if isinstance(cells, str):
            table.problems.append(Remark(line, cells))
            continue
        while not cells[-1].strip():
            cells.pop()
        if len(cells) > header.width:
            what = f"{len(cells)} columns where {header.width} are expected — quote cells that hold the separator"
            table.problems.append(Remark(line, what))
        elif len(cells) == 1 and need > 1 and "status" not in header.columns.values():
            what = f"only one column, “{cells[0].strip()}” — a row needs a source and a target"
            table.problems.append(Remark(line, what))
        else:
            names = header.columns.items()
            table.rows.append(Row(line, {name: cells[i] for i, name in names if i < len(cells) and cells[i]}))
