"""Rows with names for their fields: segments, the shared tasks' JSON Lines, and tables (TSV, CSV) with a header."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.evaluation.testsets import Outputs, refuse_repeated
from mtpipe.evaluation.testsets.lines import read_lines
from mtpipe.evaluation.testsets.terms import read_terms
from mtpipe.io import compression, json_lines
from mtpipe.languages import tags

Fields = Mapping[str, Any]
Row = tuple[Fields, str, str]  # a row's fields, its file:line, and its id or ""

# what fields are called here, by WMT24 (src, tgt), WMT24++ (source, target, lp) and WMT25 (src_text, tgt_text, refs)
_SOURCE = ("source", "src", "src_text")
_REFERENCE = ("reference", "ref", "refA", "ref_text", "refs")
_OUTPUT = ("postedit", "draft", "hypothesis", "translation", "mt", "target", "tgt", "tgt_text")
_DOCUMENT = ("doc_id", "document_id", "docid", "doc", "document")
_NUMBER = ("segment_id", "seg_id", "line_id", "sent_id")
_SYSTEM = ("system", "system_id", "team")
_MODES = ("proper", "random", "noterm")
_REMARKS = ("id", "terms", "errors", "lp", "src_lang", "tgt_lang", "source_lang", "target_lang", "domain", "dataset",
            "original_target", "is_bad_source", "score", "notes")  # fmt: skip
_KNOWN = frozenset((*_SOURCE, *_REFERENCE, *_OUTPUT, *_DOCUMENT, *_NUMBER, *_SYSTEM, *_MODES, *_REMARKS))


class Rows:
    """A segment a row; of a file of several language pairs those of the one asked for.

    Texts have one of the names above or the name of their language; in a table, every other column is a system.
    """

    suffixes = (".jsonl", ".tsv", ".csv")

    def __init__(self, source_lang: str, target_lang: str, mode: str = "proper"):
        self._langs = (source_lang, target_lang)
        self._mode = mode

    def read(self, path: Path) -> list[Segment]:
        segments = [self._segment(*row, f"{path.name}#{n}") for n, row in enumerate(self._rows(path), 1)]
        refuse_repeated(path, [segment.id for segment in segments])
        return segments

    def hypotheses(self, path: Path) -> list[Outputs]:
        is_table = compression.suffix(path) != ".jsonl"
        systems: dict[str, list[tuple[Row, str | None]]] = {}
        rows = list(self._rows(path))
        for row in rows:
            for system, text in self._texts(row[0], row[1], is_table).items():
                systems.setdefault(system, []).append((row, text))
        if not any(text for outputs in systems.values() for _, text in outputs):
            columns = f"; the rows have {', '.join(rows[0][0])}" if rows else ""
            problem = f"{path}: no system's output{columns}"
            raise InputError(f"{problem} — call it {', '.join(_OUTPUT[:5])} or {self._langs[1]}")
        return [self._outputs(path, system, outputs) for system, outputs in systems.items()]

    def _outputs(self, path: Path, system: str, rows: list[tuple[Row, str | None]]) -> Outputs:
        sources = [_first(row, (*_SOURCE, self._langs[0]), where) for (row, where, _), _ in rows]
        ids = tuple(name for (_, _, name), _ in rows) if all(name for (_, _, name), _ in rows) else ()
        refuse_repeated(path, ids)
        texts = tuple(text for _, text in rows)
        return Outputs(path, texts, ids, tuple(map(str, sources)) if None not in sources else (), system)

    def _segment(self, row: Fields, where: str, name: str, place: str) -> Segment:
        source = _first(row, (*_SOURCE, self._langs[0]), where)
        if source is None:
            raise InputError(f"{where}: no source; the row has {', '.join(row)} — call it source or {self._langs[0]}")
        terms = read_terms(row.get("terms", row.get(self._mode)), where, *self._langs)
        return Segment(name or place, source, reference=self._reference(row, where), codes=inline_codes.find(source),
                       terms=terms)

    def _reference(self, row: Fields, where: str) -> str | None:
        names = ("target",) if "original_target" in row else (*_REFERENCE, self._langs[1])
        text = _first(row, names, where)
        outputs = row.get("tgt_text")
        if text is None and isinstance(outputs, Mapping):  # WMT25 has them among the outputs
            text = _first(outputs, ("refA", "refB"), where)
        return text or None

    def _texts(self, row: Fields, where: str, is_table: bool) -> dict[str, str | None]:
        """What each system gave for the row, by its name ("" where that is the file's)."""
        if isinstance(outputs := row.get("tgt_text"), Mapping):
            return {name: text for name, text in outputs.items() if not name.startswith("ref")}
        names = [name for name in (*_OUTPUT, self._langs[1]) if name in row]
        if names:
            system = next((str(row[name]) for name in _SYSTEM if row.get(name)), "")
            return {system: _first(row, names, where)}
        columns = [name for name in row if name not in _KNOWN and name not in self._langs] if is_table else []
        return {name: row[name] for name in columns}

    def _rows(self, path: Path) -> Iterator[Row]:
        """The rows of the asked language pair; raises InputError when all are of others."""
        others, is_empty = set(), True
        for row, where in _json_rows(path) if compression.suffix(path) == ".jsonl" else _table_rows(path):
            pair = _pair(row)
            if pair and not self._is_of_pair(pair):
                others.add("-".join(pair))
                continue
            is_empty = False
            yield row, where, _id(row)
        if is_empty:
            own_pair = "-".join(self._langs)
            only = f"only of {', '.join(sorted(others))}; give --source-lang and --target-lang" if others else "empty"
            raise InputError(f"{path}: no rows of {own_pair}, {only}")

    def _is_of_pair(self, pair: tuple[str, str]) -> bool:
        """Is it the pair, or a regional variety of it where none is asked for?"""
        distances = [tags.distance(lang, own) for lang, own in zip(pair, self._langs, strict=True)]
        return all(far is not None and far <= 1 for far in distances)


def _json_rows(path: Path) -> Iterator[tuple[Fields, str]]:
    return ((row, f"{path}:{number}") for number, row in json_lines.read(path))


def _table_rows(path: Path) -> Iterator[tuple[Fields, str]]:
    """Rows by the header's names; TSV has no quotes, as the shared tasks write it, CSV has."""
    is_tsv = compression.suffix(path) == ".tsv"
    text = iter([f"{line}\n" for line in read_lines(path)])
    table = csv.reader(text, delimiter="\t" if is_tsv else ",", quoting=csv.QUOTE_NONE if is_tsv else csv.QUOTE_MINIMAL)
    head = [name.strip() for name in next(table, [])]
    if repeated := sorted({name for name in head if head.count(name) > 1}):
        raise InputError(f"{path}:1: several columns are called {', '.join(repeated)}; give each its own name")
    for cells in table:
        if not cells:
            continue
        if len(cells) != len(head):
            problem = f"{path}:{table.line_num}: {len(cells)} cells under {len(head)} headings"
            raise InputError(f"{problem} ({', '.join(head)}); every row needs as many")
        row = dict(zip(head, cells, strict=True))
        yield {name: _terms_cell(cell) if name in ("terms", *_MODES) else cell for name, cell in row.items()}, \
            f"{path}:{table.line_num}"


def _terms_cell(cell: str) -> Any:
    """The terms of a cell: JSON, or nothing."""
    try:
        return json.loads(cell) if cell.strip() else None
    except ValueError:
        return cell  # reported with its place by read_terms


def _first(row: Fields, names: tuple[str, ...] | list[str], where: str) -> str | None:
    """The first text that is there under one of the names; of several references the first one."""
    for name in names:
        value = row.get(name)
        if isinstance(value, Mapping) and name == "refs" and value:
            value = next(iter(value.values()))
            value = value.get("ref") if isinstance(value, Mapping) else value
        if isinstance(value, str):
            # no engine takes lone surrogates
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        if value is not None:
            raise InputError(f'{where}: "{name}" is {type(value).__name__}, a string is expected')
    return None


def _id(row: Fields) -> str:
    """The row's id, or its document's and its number there; "" where it has none."""
    if row.get("id") not in (None, ""):
        return str(row["id"])
    parts = [next((str(row[name]) for name in names if row.get(name) not in (None, "")), "")
             for names in (_DOCUMENT, _NUMBER)]
    return "#".join(filter(None, parts))


def _pair(row: Fields) -> tuple[str, str] | None:
    """The row's language pair, where it tells: "lp", two fields, or the beginning of WMT25's ids (en-cs_CZ_#_…)."""
    sides = [next((row[name] for name in names if row.get(name)), None)
             for names in (("src_lang", "source_lang"), ("tgt_lang", "target_lang"))]
    if all(sides):
        return str(sides[0]), str(sides[1])
    text = row.get("lp") or str(row.get("doc_id", "")).partition("_#_")[0] * ("_#_" in str(row.get("doc_id", "")))
    source, _, target = str(text).partition("-")
    return (source, target) if source and target else None
