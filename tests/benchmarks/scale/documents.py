"""Many small documents, half of their sentences in others as well, and what a job should make of them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SENTENCES = 20  # of a document
_NOUNS = ("cell", "row", "table", "page", "menu", "window", "chart", "style", "field", "macro")
_VERBS = ("Open", "Close", "Select", "Format", "Delete", "Insert", "Rename", "Print", "Copy", "Move")
_FOLDER = 1000  # documents in one


@dataclass(frozen=True, slots=True)
class Filled:
    """A folder of documents; units: its distinct sentences; size: their bytes; expected: see `digests`."""

    segments: int
    units: int
    size: int
    expected: dict[str, bytes]


def fill(folder: Path, documents: int) -> Filled:
    """Makes so many documents; expected of the fake translator, which writes capitals."""
    chance = random.Random(0)
    common = [f"{verb} the {noun} {number}." for verb in _VERBS for noun in _NOUNS
              for number in range(documents // 50 + 1)]  # fmt: skip
    used, own, size = set(), 0, 0
    expected = {}
    for n in range(documents):
        lines = [chance.choice(common) if k % 2 else f"Page {n} has the {chance.choice(_NOUNS)} {k}."
                 for k in range(SENTENCES)]  # fmt: skip
        used.update(lines[1::2])
        own += len(lines[::2])
        size += sum(map(len, lines[::2]))
        path = folder / f"{n // _FOLDER:03}" / f"page{n:06}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{line}\n" for line in lines)
        path.write_text(text, encoding="utf-8")
        expected[path.relative_to(folder).as_posix()] = hashlib.sha256(text.upper().encode()).digest()
    return Filled(documents * SENTENCES, own + len(used), size + sum(map(len, used)), expected)


def digests(folder: Path) -> Iterator[tuple[str, bytes]]:
    """(name, SHA-256) of each document below folder."""
    for path in folder.rglob("*.txt"):
        if ".mtpipe" not in path.parts:
            yield path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).digest()
