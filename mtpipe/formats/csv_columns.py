"""CSV and TSV tables: one column's cells are translated into another's; all else stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mtpipe.document.segment import Document, Segment
from mtpipe.errors import ConfigError, InputError, UnsuitedError
from mtpipe.formats.editing import inplace
from mtpipe.formats.editing.encoding import Encoding, read_text, write_text
from mtpipe.formats.editing.inplace import Edit, Value
from mtpipe.formats.messages import icu

DELIMITERS = ",;\t|"
EXISTING = ("keep", "draft", "redo")
_ESCAPE = re.compile('""')


@dataclass(frozen=True, slots=True)
class _CsvCell:
    """A cell at text[start:end], with its quotes."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _CsvEntry:
    """A source cell to translate and what of the file gives way to its translation: before it, delimiters to add."""

    value: Value
    start: int
    end: int
    before: str
    is_quoted: bool


@dataclass(frozen=True, slots=True)
class _CsvSkeleton:
    text: str
    encoding: Encoding
    delimiter: str
    entries: tuple[_CsvEntry, ...]


class CsvFormat:
    """Tables with a header; source and target are columns, by name or number from 1.

    Without target, the column named like the target language or "target", else the source column itself. Without
    source, a table is translated only if it has columns named like the two languages, or "source" and "target".
    existing: a target cell that has a text keeps it (keep), is checked and repaired (draft) or replaced (redo).
    """

    suffixes = (".csv", ".tsv")

    def __init__(self, source: str | int = "", target: str | int = "", delimiter: str = "", header: bool = True,
                 existing: str = "keep", source_lang: str = "", target_lang: str = ""):
        if existing not in EXISTING:
            raise ConfigError(f"csv.existing is {existing!r}; use {', '.join(EXISTING)}")
        if delimiter and (len(delimiter) != 1 or delimiter in '"\r\n'):
            raise ConfigError(f"csv.delimiter is {delimiter!r}; give one character, such as ';'")
        self._source, self._target = source, target
        self._delimiter, self._has_header, self._existing = delimiter, header, existing
        self._languages = source_lang, target_lang

    def read(self, path: Path, name: str) -> Document:
        """A segment for each line of each source cell; raises InputError, UnsuitedError."""
        text, encoding, notes = read_text(path, name)
        delimiter = self._delimiter or _delimiter(text, "\t" if name.lower().endswith(".tsv") else "")
        rows = list(_rows(text, delimiter, name))
        header = [cell.text.strip() for cell in rows[0]] if rows else []
        if not rows:
            return Document(name, (), _CsvSkeleton(text, encoding, delimiter, ()), notes)
        source, target = self._columns(header, name)
        segments: list[Segment] = []
        entries: list[_CsvEntry] = []
        for row in rows[self._has_header:]:
            entry = _entry(row, source, target, delimiter, text) if source < len(row) else None
            existing = row[target].text if target < len(row) and target != source else ""
            if entry is None or existing.strip() and self._existing == "keep":
                continue
            inside = inplace.document(name, text, encoding, [entry.value]).segments
            drafts = icu.pieces(existing) if self._existing == "draft" else ()
            if len(drafts) == len(inside):
                inside = tuple(replace(s, draft=draft.source) for s, draft in zip(inside, drafts, strict=True))
            segments += [replace(segment, id=f"{name}#{n}") for n, segment in enumerate(inside, len(segments) + 1)]
            entries.append(entry)
        return Document(name, tuple(segments), _CsvSkeleton(text, encoding, delimiter, tuple(entries)), notes)

    def write(self, document: Document, path: Path) -> None:
        """The table with its segments' targets in the target column; raises OutputError."""
        skeleton: _CsvSkeleton = document.skeleton
        targets = iter([segment.target for segment in document.segments])
        edits: list[Edit] = []
        for entry in skeleton.entries:
            cell = inplace.rendered(entry.value, [next(targets) for _ in entry.value.pieces])
            if cell is not None:
                spelled = entry.before + _quoted(cell, entry.is_quoted, skeleton.delimiter)
                edits.append((entry.start, entry.end, spelled))
        write_text(inplace.replaced(skeleton.text, edits), skeleton.encoding, path)

    def _columns(self, header: Sequence[str], name: str) -> tuple[int, int]:
        """Indices of the source and target column."""
        if self._source == "":
            for pair in (self._languages, ("source", "target")):
                numbers = [_column(header, column) for column in pair]
                if self._has_header and None not in numbers and self._target == "":
                    return numbers[0] or 0, numbers[1] or 0
            raise UnsuitedError(f"{name}: not translated, its columns are {', '.join(header)[:300]}; say which to "
                                "translate, such as --format-option csv.source=NAME --format-option csv.target=NAME")
        source = self._index(header, self._source, name)
        if self._target != "":
            return source, self._index(header, self._target, name)
        numbers = [_column(header, column) for column in (self._languages[1], "target") if self._has_header]
        return source, next((index for index in numbers if index is not None), source)

    def _index(self, header: Sequence[str], column: str | int, name: str) -> int:
        index = _column(header, str(column)) if self._has_header else None
        if index is None and str(column).isdecimal() and 0 < int(column) <= 1000:
            index = int(column) - 1
        if index is None:
            raise InputError(f"{name}: has no column {column!r}; there are {', '.join(header)[:300]}")
        return index


def _column(header: Sequence[str], column: str) -> int | None:
    names = [cell.lower().replace("_", "-") for cell in header]
    label = column.lower().replace("_", "-")
    return names.index(label) if label and label in names else None


def _delimiter(text: str, option: str) -> str:
    """The one that the header has most of."""
    header = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").split("\n", 1)[0])
    return option or max(DELIMITERS, key=header.count)


def _rows(text: str, delimiter: str, name: str) -> Iterator[list[_CsvCell]]:
    """The cells of each row that isn't blank; raises InputError for a quote that is never closed."""
    plain = re.compile(rf"[^{re.escape(delimiter)}\r\n]*")
    row: list[_CsvCell] = []
    position = 0
    while position <= len(text):
        start = position
        if text.startswith('"', position):
            position = _closing_quote(text, position, name)
            position = plain.match(text, position).end()  # type: ignore[union-attr]
            row.append(_CsvCell(start, position, _ESCAPE.sub('"', text[start + 1:text.rindex('"', start, position)])))
        else:
            position = plain.match(text, position).end()  # type: ignore[union-attr]
            row.append(_CsvCell(start, position, text[start:position]))
        if text.startswith(delimiter, position):
            position += 1
            continue
        if len(row) > 1 or row[0].text.strip():
            yield row
        row = []
        position += 2 if text.startswith("\r\n", position) else 1


def _closing_quote(text: str, start: int, name: str) -> int:
    """Where the cell quoted from start on ends."""
    position = start + 1
    while True:
        position = text.find('"', position)
        if position < 0:
            line = text.count("\n", 0, start) + 1
            raise InputError(f"{name}:{line}: a cell begins with a quotation mark that is never closed; close it")
        if not text.startswith('""', position):
            return position + 1
        position += 2


def _entry(row: Sequence[_CsvCell], source: int, target: int, delimiter: str, text: str) -> _CsvEntry | None:
    """What is to be translated of a row; None where there are no words."""
    cell = row[source]
    is_quoted = text.startswith('"', cell.start)
    inner = (cell.start + 1, text.rindex('"', cell.start, cell.end)) if is_quoted else (cell.start, cell.end)
    meant, offsets = inplace.unescaped(text, *inner, _ESCAPE if is_quoted else re.compile("(?!)"), lambda match: '"')
    value = Value(meant, offsets, icu.pieces(meant))
    if not value.pieces:
        return None
    if target < len(row):
        place = row[target]
        return _CsvEntry(value, place.start, place.end, "", is_quoted or text.startswith('"', place.start))
    end = row[-1].end
    return _CsvEntry(value, end, end, delimiter * (target - len(row) + 1), is_quoted)


def _quoted(cell: str, is_quoted: bool, delimiter: str) -> str:
    if is_quoted or any(character in cell for character in (delimiter, '"', "\r", "\n")):
        return '"' + cell.replace('"', '""') + '"'
    return cell
