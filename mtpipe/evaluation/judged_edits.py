"""Edits that were read and judged one by one: what changed in a draft, a label, and better words where it is not good.

A row has the id of its draft and the words that an edit put at which place of it, not the text: the drafts of shared
tasks may be used for research but not passed on. An edit counts only where it is made again word for word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.io import json_lines
from mtpipe.languages.tokenization import spans

LABELS = {"G": "good", "A": "agreement or wording wrong", "L": "meaning lost", "N": "nonsense", "U": "needless"}
WORSE = ("L", "N")  # than the draft

Spans = tuple[tuple[int, int, str], ...]  # start and end in the draft, and what stands there now


def changes(draft: str, edit: str) -> Spans:
    """The words that differ, as places of the draft and their new text."""
    old, new = spans(draft), spans(edit)
    texts = [draft[a:b] for a, b in old], [edit[a:b] for a, b in new]
    spots = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if tag != "equal":
            start = old[i1][0] if i1 < len(old) else len(draft)
            end = old[i2 - 1][1] if i2 > i1 else start
            spots.append((start, end, edit[new[j1][0] : new[j2 - 1][1]] if j2 > j1 else ""))
    return tuple(spots)


@dataclass(frozen=True, slots=True)
class EditedText:
    """A draft and what an edit made of it; confidence: of the repair method, where it is known."""

    id: str
    draft: str
    edit: str
    confidence: float | None = None


def read(path: Path) -> dict[tuple[str, Spans], str]:
    """The labels by draft and change; of an edit that was read twice, the later one. Raises InputError."""
    labels = {}
    for number, row in json_lines.read(path):
        changed, label = row.get("changes"), row.get("label")
        if not isinstance(row.get("id"), str) or label not in LABELS or not isinstance(changed, list):
            needs = '"id", "changes" as [[start, end, words]] and "label", one of ' + ", ".join(LABELS)
            raise InputError(f"{path}:{number}: a judged edit needs {needs}")
        labels[row["id"], tuple((a, b, text) for a, b, text in changed)] = label
    return labels


def of_segments(segments: Iterable[Segment]) -> list[EditedText]:
    """The segments that have an edit."""
    return [EditedText(segment.id, segment.draft or "", segment.postedit,
                       next((edit.confidence for edit in reversed(segment.edits) if edit.is_accepted), None))
            for segment in segments if segment.postedit is not None]  # fmt: skip


def of_file(path: Path) -> list[EditedText]:
    """The edits in a JSON Lines file of segments: rows with an id, a draft and another target."""
    rows = (row for _, row in json_lines.read(path))
    texts = ((row.get("id"), row.get("draft"), row.get("target") or row.get("postedit")) for row in rows)
    return [EditedText(id_, draft, edit) for id_, draft, edit in texts
            if isinstance(id_, str) and isinstance(draft, str) and isinstance(edit, str) and draft != edit]  # fmt: skip


def shares(labels: Mapping[tuple[str, Spans], str], edits: Iterable[EditedText]) -> dict[str, Any]:
    """How edits were judged: the counts of the labels, the edits that nobody read, and by confidence (in tenths) how
    many were good."""
    counts: Counter[str] = Counter()
    bands: dict[float, Counter[bool]] = {}
    unread = 0
    for edit in edits:
        label = labels.get((edit.id, changes(edit.draft, edit.edit)))
        if label is None:
            unread += 1
            continue
        counts[label] += 1
        if edit.confidence is not None:
            bands.setdefault(int(edit.confidence * 10) / 10, Counter())[label == "G"] += 1
    return {"labels": counts, "unread": unread, "bands": dict(sorted(bands.items()))}


def sentence(figures: Mapping[str, Any]) -> str:
    """The shares in words."""
    counts = figures["labels"]
    total = sum(counts.values())
    if not total:
        return f"judged edits: none of these; not read: {figures['unread']}"
    each = ", ".join(f"{name} {counts[label]}" for label, name in LABELS.items())
    worse = sum(counts[label] for label in WORSE) / total
    bands = ", ".join(f"{low:.1f}: {good[True]} of {good.total()}" for low, good in figures["bands"].items())
    by_confidence = f"\ngood by confidence from: {bands}" if bands else ""
    return (f"judged edits: {total} ({each}): good {counts['G'] / total:.1%}, worse than the draft {worse:.1%}; "
            f"not read: {figures['unread']}{by_confidence}")
