"""WMT 2025 terminology task, track 1: its test data beside a team's outputs, as segments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtpipe.errors import InputError
from mtpipe.glossary import Term
from mtpipe.segment import Segment


def segments(data: Path, outputs: Path, source_lang: str, target_lang: str, mode: str) -> Iterator[Segment]:
    """Segments with reference, the mode's terms, and the team's output as draft; ids are "<outputs>#<line>".

    data: full_data.<pair>.jsonl with both languages and a dictionary of terms a mode; outputs: a submission of as many
    lines. Raises InputError for lines that don't match.
    """
    rows, drafts = _rows(data), _rows(outputs)
    if len(rows) != len(drafts):
        said = f"{outputs}: {len(drafts)} lines, but {data} has {len(rows)}"
        raise InputError(f"{said}; give a submission for this test set")
    for number, (row, draft) in enumerate(zip(rows, drafts), 1):
        for name, given, path in ((source_lang, row, data), (target_lang, row, data), (target_lang, draft, outputs),
                                  (mode, row, data)):
            if name not in given:
                raise InputError(f"{path}:{number}: no {name!r} here, only {', '.join(given)}")
        terms = tuple(Term((source,), (target,)) for source, target in row[mode].items())
        yield Segment(f"{outputs.stem}#{number}", row[source_lang], terms=terms, reference=row[target_lang],
                      draft=draft[target_lang])


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        with open(path, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not JSON Lines in UTF-8 ({error})") from error
