"""WMT 2023 terminology task: its test sets as they were handed out, and the organisers' table of results."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.evaluation.testsets.lines import read_lines
from mtpipe.evaluation.testsets.terms import read_terms
from mtpipe.glossary.model import Term

MODES = {"proper": "term", "random": "rand", "noterm": "base"}  # and what the table of results calls them
FIGURES = ("chrf", "comet", "cometkiwi", "consistency", "regex", "fuzzy90", "lemma_regex", "lemma_fuzzy90")
_ITEMS = re.compile(r"([a-z]{2})([a-z]{2})\.term(?:inology)?\.(?:proper|random)")
_TABLES = ("*scores.tsv", "*stats.tsv")


@dataclass(frozen=True, slots=True)
class Wmt23Task:
    """A language pair: <pair>.<lang> for both languages, <pair>.term.<mode> (or .terminology.) with the items.

    official: the organisers' figures for the set that was published last ("blind"), by mode and system. every: takes
    one of so many segments.
    """

    folder: Path
    source_lang: str
    target_lang: str
    official: Mapping[str, Mapping[str, Mapping[str, float]]]
    every: int = 1

    @property
    def pair(self) -> str:
        return f"{self.source_lang}-{self.target_lang}"

    def segments(self, items: str) -> list[Segment]:
        """The test set with the items of a mode as terms, ids "<file>#<line>"; raises InputError.

        A source that comes again is left out: the denominators of the official figures are those of distinct sources.
        So are items without a source or a target, as ZH-EN has some: nobody can be asked for them.
        """
        return [replace(segment, terms=self._terms([item for item in row if _is_whole(item)], where))
                for segment, row, where in self._rows(items)[:: self.every]]  # fmt: skip

    def count(self, items: str) -> int:
        """How many items there are with those that lack a side, which the organisers counted as well."""
        return sum(len(row) for _, row, _ in self._rows(items))

    def _rows(self, items: str) -> list[tuple[Segment, list[Any], str]]:
        """Each distinct source with its items and their file:line."""
        name = f"{self.source_lang}{self.target_lang}"
        sources, references = (self._lines(f"{name}.{lang}") for lang in (self.source_lang, self.target_lang))
        path = self._items(items) if items != "noterm" else None
        item_lines = read_lines(path) if path else ["[]"] * len(sources)
        if not len(sources) == len(references) == len(item_lines):
            texts = f"{len(sources)} sources, {len(references)} references"
            counts = f"{texts} and {len(item_lines)} lines of {items} terms"
            raise InputError(f"{self.folder}/{name}: {counts}; aligned files need as many lines")
        distinct: dict[str, tuple[Segment, list[Any], str]] = {}
        for number, (source, reference, line) in enumerate(zip(sources, references, item_lines), 1):
            segment = Segment(f"{name}.{self.source_lang}#{number}", source, reference=reference)
            where = f"{path}:{number}"
            distinct.setdefault(source, (segment, _listed(line, where), where))
        return list(distinct.values())

    def _items(self, mode: str) -> Path:
        paths = sorted(self.folder.glob(f"{self.source_lang}{self.target_lang}.term*.{mode}"))
        if not paths:
            raise InputError(f"{self.folder}: no {self.source_lang}{self.target_lang}.term.{mode}")
        return paths[0]

    def _lines(self, name: str) -> list[str]:
        if not (self.folder / name).is_file():
            raise InputError(f"{self.folder}: no {name}, although there are terms of the pair")
        return read_lines(self.folder / name)

    def _terms(self, items: list[Any], where: str) -> tuple[Term, ...]:
        return read_terms(items, where, self.source_lang, self.target_lang)


def tasks(folder: Path) -> list[Wmt23Task]:
    """The language pairs in a folder, or in one below it; raises InputError when there is none."""
    matches = {path.parent / match[0][:4]: match for path in sorted(folder.rglob("*.term*"))
               if (match := _ITEMS.fullmatch(path.name))}  # fmt: skip
    if not matches:
        raise InputError(f"{folder}: no <pair>.term.proper in it; give the folder with deen.de, deen.en, "
                         "deen.term.proper … of the WMT23 terminology task")  # fmt: skip
    table = next((path for name in _TABLES for path in sorted(folder.rglob(name))), None)
    rows = list(_official_rows(table)) if table else []
    return [Wmt23Task(place.parent, match[1], match[2], _official(rows, f"{match[1]}-{match[2]}"))
            for place, match in matches.items()]  # fmt: skip


def _listed(line: str, where: str) -> list[Any]:
    try:
        return json.loads(line)
    except ValueError as error:
        raise InputError(f"{where}: not JSON ({error}); give the line's terms as a list of objects") from error


def _is_whole(item: Any) -> bool:
    return not isinstance(item, Mapping) or all(str(text).strip() for text in item.values())


def _official(rows: list[dict[str, str]], pair: str) -> dict[str, dict[str, dict[str, float]]]:
    names = {name: mode for mode, name in MODES.items()}
    figures: dict[str, dict[str, dict[str, float]]] = {mode: {} for mode in MODES}
    for row in rows:
        if row["dataset"] == "blind" and row["pair"] == pair:
            figures[names[row["terminology"]]][row["system"]] = {name: float(row[name]) for name in FIGURES}
    return figures


def _official_rows(path: Path) -> list[dict[str, str]]:
    rows = list(csv.DictReader(read_lines(path), delimiter="\t"))
    lacking = {"dataset", "pair", "terminology", "system", *FIGURES} - {*(rows[0] if rows else ())}
    if lacking:
        raise InputError(f"{path}:1: no column {', '.join(sorted(lacking))}; give the organisers' table of results")
    return rows
