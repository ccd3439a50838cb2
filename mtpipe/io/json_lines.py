"""JSON Lines: one JSON object a line, in UTF-8; what is wrong is reported as file:line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mtpipe.errors import InputError
from mtpipe.io import atomic, lines

Row = dict[str, Any]


def read(path: Path, name: str = "") -> Iterator[tuple[int, Row]]:
    """(line number from 1, object) of each line that is not blank; raises InputError, which calls the file name."""
    name = name or str(path)
    return ((n, parse(line, f"{name}:{n}")) for n, line in lines.numbered(path, name) if line.strip())


def parse(line: str, where: str) -> Row:
    """The object that a line holds; raises InputError that begins with where ("file:line")."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({error}); one JSON object a line is expected") from error
    if not isinstance(row, dict):
        raise InputError(f"{where}: a JSON object is expected, not {type(row).__name__}")
    return row


def text(row: Mapping[str, Any]) -> str:
    """The line of a row, with its end."""
    return json.dumps(row, ensure_ascii=False) + "\n"


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Writes rows as they come, all or nothing; returns how many. Raises OutputError."""
    count = 0
    with atomic.replacement(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        for count, row in enumerate(rows, 1):
            file.write(text(row))
    return count
