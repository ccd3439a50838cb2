"""Edits that were read and judged one by one: what changed in a draft, a label, and better words where it is not good.

The drafts are of the WMT25 terminology task, which may be used for research but not passed on here: a row has the id of
its draft and the words that an edit put at which place of it, not the text.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from mtpipe.document.segment import Segment
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


def read(path: Path) -> dict[tuple[str, Spans], str]:
    """The labels by draft and change; of an edit that was read twice, the later one."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {(row["id"], tuple((a, b, text) for a, b, text in row["changes"])): row["label"] for row in rows}


def shares(labels: Mapping[tuple[str, Spans], str], segments: Iterable[Segment]) -> dict[str, Any]:
    """How the edits of segments were judged: the counts of the labels, the edits that nobody read, and by confidence
    (in tenths) how many were good."""
    counts: Counter[str] = Counter()
    bands: dict[float, Counter[bool]] = {}
    unread = 0
    for segment in segments:
        if segment.postedit is None:
            continue
        label = labels.get((segment.id, changes(segment.draft or "", segment.postedit)))
        if label is None:
            unread += 1
            continue
        counts[label] += 1
        sure = next((edit.confidence for edit in reversed(segment.edits) if edit.is_accepted), None)
        if sure is not None:
            bands.setdefault(int(sure * 10) / 10, Counter())[label == "G"] += 1
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
    return (f"judged edits: {total} ({each}): good {counts['G'] / total:.1%}, worse than the draft {worse:.1%}; "
            f"not read: {figures['unread']}\ngood by confidence from: {bands}")
