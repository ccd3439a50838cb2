"""From a glossary file of any kind to a glossary, or to all that is wrong with the file.

Tables are read by their header or chosen columns, termbases by their entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from itertools import starmap
from operator import attrgetter
from pathlib import Path
from typing import Any

from mtpipe.errors import GlossaryError, amount
from mtpipe.glossary import layouts
from mtpipe.glossary.columns import COLUMNS, Header, check_file_name, column, read_header
from mtpipe.glossary.model import Glossary, Term
from mtpipe.glossary.rows import Line, Remark, Table, TermRow, assemble
from mtpipe.glossary.validation import Finding
from mtpipe.glossary.validation import problems as problems_of
from mtpipe.glossary.validation import wrong_script
from mtpipe.io import user_cache
from mtpipe.io.digest import of_file, of_text

_TERMBASES = (".tbx", ".tmx", ".xml")
_WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xls", ".ods")
_LARGE = 1 << 18  # bytes of a file from which on what was read is kept for the next time
_KEPT = 4  # of them
_values = attrgetter(*(field.name for field in fields(Term)))


def load_glossary(
    path: Path | str, source_lang: str, target_lang: str, *, skip_bad_rows: bool = False, sheet: str = "",
    columns: Mapping[str, str] | None = None,
) -> Glossary:
    """The glossary in a CSV, TSV, XLSX, TBX or TMX file; raises GlossaryError with every bad row at once.

    skip_bad_rows: keep the good rows and put the bad ones into notes. A file of other languages always raises.
    sheet: name or number (from 1) of the workbook's sheet. columns: of a table, as {"source": "B", "target": its
    header}; sheet and columns are detected by default. What a large file holds is kept in the user's cache.
    """
    if not isinstance(path, (str, Path)):
        raise GlossaryError(f"path is {path!r}; give the path of a glossary file")
    path, wanted = Path(path), (source_lang, target_lang, sheet, columns or {}, skip_bad_rows)
    if not path.is_file() or path.stat().st_size < _LARGE:
        return _read(path, *wanted)
    origin = of_text(f"{path.name} {of_file(path)} {wanted} {user_cache.program()}")
    digest, notes, rows = user_cache.value(f"glossary-{origin}", lambda: _plain(_read(path, *wanted)), most=_KEPT)
    terms = tuple(starmap(Term, rows))
    return Glossary(path.name, source_lang, target_lang, terms, digest, notes, origin)


def _plain(glossary: Glossary) -> tuple[str, tuple[str, ...], list[tuple[Any, ...]]]:
    """Digest, notes and terms as values that are quickly read again."""
    return glossary.digest, glossary.notes, list(map(_values, glossary.terms))


def _read(
    path: Path, source_lang: str, target_lang: str, sheet: str, columns: Mapping[str, str], skip_bad_rows: bool
) -> Glossary:
    table = _table(path, source_lang, target_lang, sheet, columns)
    build = assemble(table.rows)
    problems = tuple(remark.at(path.name) for remark in sorted(table.problems + build.problems))
    if problems and not skip_bad_rows:
        read_as = "".join(f" ({note})" for note in table.notes if note.startswith("no header"))
        raise GlossaryError(f"{path}: {amount(len(problems), 'problem')}{read_as}", problems)
    if not build.terms:
        raise GlossaryError(f"{path}: no terms in it — a row needs a source and a target", problems)
    counts = f"{amount(len(build.terms), 'term')} from {amount(len(table.rows), 'row')}"
    notes = (*table.notes, counts, *build.summary(), *(f"skipped {problem}" for problem in problems))
    glossary = Glossary.of(build.terms, source_lang, target_lang, path.name, notes)
    return replace(glossary, notes=(*notes, *wrong_script(glossary)))


def validate(
    path: Path | str, source_lang: str, target_lang: str, sheet: str = "", columns: Mapping[str, str] | None = None
) -> tuple[list[Finding], Glossary]:
    """All findings in a file, by line, and its good rows; raises GlossaryError when it is no such file at all."""
    path = Path(path)
    table = _table(path, source_lang, target_lang, sheet, columns or {})
    build = assemble(table.rows)
    if not (build.terms or table.problems or build.problems):
        raise GlossaryError(f"{path}: no terms in it — a row needs a source and a target")
    glossary = Glossary.of(build.terms, source_lang, target_lang, path.name, table.notes)
    remarks = [("error", remark) for remark in table.problems + build.problems]
    remarks += [("warning", remark) for remark in build.warnings]
    findings = [Finding(remark.line, level, remark.what, remark.entry) for level, remark in remarks]
    return sorted(findings + problems_of(glossary)), glossary


def _table(path: Path, source_lang: str, target_lang: str, sheet: str, columns: Mapping[str, str]) -> Table:
    """The rows of the file at path; raises GlossaryError when it can't be read or is of other languages."""
    languages, suffix = (source_lang, target_lang), path.suffix.lower()
    if sheet and suffix not in _WORKBOOKS:
        raise GlossaryError(f"{path}: only workbooks (.xlsx) have sheets — leave the sheet out")
    if columns and suffix in _TERMBASES:
        raise GlossaryError(f"{path}: a termbase has no columns — leave them out")
    try:
        if suffix in _TERMBASES:
            from mtpipe.glossary.tbx_reader import read

            return read(path, languages)
        if suffix in _WORKBOOKS:
            from mtpipe.glossary.xlsx_file import read_lines  # on use: openpyxl takes a third of a second

            lines, notes = read_lines(path, languages, sheet)
        else:
            from mtpipe.glossary.csv_file import read_lines as read_text

            lines, notes = read_text(path, languages)
    except OSError as error:
        why = error.strerror or str(error)
        raise GlossaryError(f"{path}: can't be read ({why}) — check the path and its permissions") from error
    lines, comments = layouts.without_comments(lines, path)
    table = Table(notes=[*notes, *comments])
    header, lines = _head(lines, path, languages, table, columns)
    _fill(table, lines, header)
    return table


def _head(
    lines: list[Line], path: Path, languages: tuple[str, str], table: Table, columns: Mapping[str, str]
) -> tuple[Header, list[Line]]:
    """The header, chosen, read or assumed, and the lines below it."""
    first = lines[0][1] if lines else []
    if columns:
        header = read_header(first, languages) if isinstance(first, list) else None
        return _column_places(columns, header, first if isinstance(first, list) else [], path, lines)
    if (by_language := layouts.language_columns(lines, languages, path)) is not None:
        table.notes += [*check_file_name(path, languages), *by_language[1]]
        return layouts.PLAIN, by_language[0]
    located = layouts.find_header(lines, languages)
    if located is None:
        table.notes += check_file_name(path, languages)
        header = layouts.assumed_header(lines, path)
        if not isinstance(first, str):
            names = [*header.columns.values()][: max(len(first), 2)]
            table.notes.append(f"no header: columns read as {', '.join(names)}")
        return header, lines
    above, header = located
    table.notes += layouts.titles_note(lines[:above])
    if header.languages is None:
        table.notes += check_file_name(path, languages)
    else:
        table.notes += header.check(path, lines[above][0], languages)
    if header.unused:
        table.notes.append(f"columns not used: {', '.join(header.unused)}")
    return header, lines[above + 1 :]


def _column_places(
    columns: Mapping[str, str], header: Header | None, first: Sequence[str], path: Path, lines: list[Line]
) -> tuple[Header, list[Line]]:
    """The header with the columns as asked for; a cell of the first row that is asked for makes that row the header."""
    names = [cell.strip().casefold() for cell in first]
    titles = {name: cell.strip().casefold() for name, cell in columns.items()}
    by_name = {name: names.index(title) for name, title in titles.items() if title in names}
    places = {name: by_name[name] if name in by_name else _place(cell) for name, cell in columns.items()}
    known = ", ".join(COLUMNS)
    problems = [f"no such column {name!r}; available: {known}" for name in columns if name not in COLUMNS]
    problems += [
        f"{name} = {columns[name]!r}: no such column; available: {', '.join(filter(None, first))}"
        for name, place in places.items() if place is None or place >= max(len(first), 1)
    ]  # fmt: skip
    problems += [f"no column given for {name}" for name in ("source", "target") if name not in columns]
    if problems:
        raise GlossaryError(f"{path}: invalid choice of columns", tuple(problems))
    columns_by_place = {place: name for name, place in places.items() if place is not None}
    is_headed = bool(by_name) or header is not None
    others = {i: name for i, cell in enumerate(first) if is_headed and i not in columns_by_place
              and (name := column(cell)) and name not in places}  # fmt: skip
    return Header(columns_by_place | others, max(len(first), 1 + max(columns_by_place))), lines[is_headed:]


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
            table.rows.append(TermRow(line, {name: cells[i] for i, name in names if i < len(cells) and cells[i]}))
