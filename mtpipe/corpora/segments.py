"""Segments JSON Lines as pairs: "source" with "reference", else the finished target; or texts by language (`"en"`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtpipe.corpora import RUN, Located, Pair
from mtpipe.errors import InputError
from mtpipe.io import json_lines

_TARGETS = ("reference", "target", "postedit", "draft")


def located(path: Path, source_lang: str, target_lang: str) -> Iterator[Located]:
    """Pairs with the documents of their ids ("<document>#<n>"); segments without a target are left out.

    Raises InputError for a line that is no such object, and at the end when no segment had a target.
    """
    for document, pair, _ in finished(path, source_lang, target_lang):
        yield document, pair


def finished(path: Path, source_lang: str = "", target_lang: str = "") -> Iterator[tuple[str, Pair, dict[str, Any]]]:
    """(document, pair, all the segment says) of each segment with a target; raises as located."""
    is_empty = True
    for number, row in rows(path, source_lang, target_lang):
        target = next((row[name] for name in _TARGETS if row.get(name)), None)
        if target and row["source"].strip():
            is_empty = False
            place = str(row.get("id") or "").rpartition("#")[0]
            yield place or f"{path.name}@{number // RUN}", (row["source"], target), row
    if is_empty:
        raise InputError(f'{path}: no segment with a "source" and a "reference"')


def rows(path: Path, source_lang: str = "", target_lang: str = "") -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, object) of each line with text; "source" and the targets are strings. Raises InputError with the line.

    An object with a text for each of the languages gives these as source and reference.
    """
    for number, row in json_lines.read(path):
        if source_lang in row and target_lang in row:
            row |= {"source": row[source_lang], "reference": row[target_lang]}
        if not isinstance(row.get("source"), str) or any(not isinstance(row.get(n), str | None) for n in _TARGETS):
            raise InputError(f'{path}:{number}: a segment needs "source", and its texts must be strings')
        yield number, row
