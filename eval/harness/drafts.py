"""Drafts of models that are not shipped, kept by segment: what follows them can be repeated without the models."""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.io import atomic

Drafts = dict[str, dict[str, str]]  # by system and id


def read(path: Path) -> Drafts:
    """Raises InputError."""
    drafts: Drafts = {}
    try:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                drafts.setdefault(row["system"], {})[row["id"]] = row["draft"]
    except (OSError, ValueError, KeyError, lzma.LZMAError) as error:
        raise InputError(f"{path}: no recorded drafts ({error}); record them again") from error
    return drafts


def write(path: Path, drafts: Mapping[str, Mapping[str, str]]) -> None:
    """Raises OutputError."""
    rows = ({"system": system, "id": name, "draft": text}
            for system, texts in drafts.items() for name, text in texts.items())  # fmt: skip
    with atomic.replacement(path) as part, lzma.open(part, "wt", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def on(segments: Sequence[Segment], drafts: Mapping[str, str], path: Path) -> list[Segment]:
    """The segments with their drafts; raises InputError where one is missing."""
    if lost := [segment.id for segment in segments if segment.id not in drafts]:
        raise InputError(f"{path}: no draft of {len(lost)} segments, such as {lost[0]}; record the drafts again")
    return [replace(segment, draft=drafts[segment.id], postedit=None) for segment in segments]
