"""python -m tests.benchmarks.memory [--documents N,…] [--tags N,…] [--entries N,…] [--units N,…] [--to FILE].

The peak memory of whole jobs, each in a process of its own, for more documents, more inline tags in one document,
larger glossaries and larger translation memories. The translator is the fake one: a model's memory does not grow.
"""

from __future__ import annotations

import random
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time
from typing import Any

from tests.benchmarks import data
from tests.benchmarks.child import run
from tests.benchmarks.scale.documents import fill

_DEFAULTS = {
    "documents": (100, 1000, 10_000), "tags": (4000, 40_000, 400_000), "entries": (1000, 100_000, 1_000_000),
    "units": (10_000, 100_000, 1_000_000),
}  # fmt: skip
_ABOUT = {
    "documents": "documents of 20 sentences, half of them in others as well; office glossary, nbest repair",
    "tags": "inline tags in one HTML document, 4 a sentence",
    "entries": "entries of a glossary, 100 documents",
    "units": "units of a translation memory, 100 documents, half of whose sentences it has",
}
_VERBS = ("Open", "Close", "Select", "Format", "Delete", "Insert", "Rename", "Print", "Copy", "Move")


@dataclass(frozen=True, slots=True)
class Peak:
    """What a job of so many things took at most, in bytes, and its seconds of CPU."""

    what: str
    size: int
    bytes: int
    cpu: float


def documents(folder: Path, size: int) -> Iterator[Peak]:
    fill(folder / "in", size)
    yield _peak("documents", size, source=folder / "in", out=folder / "out", glossary=data.OFFICE, editors=("nbest",))


def tags(folder: Path, size: int) -> Iterator[Peak]:
    (folder / "in").mkdir()
    with (folder / "in/page.html").open("w", encoding="utf-8") as page:
        page.writelines(f"<p>Open the <b>cell {n}</b> and the <i>row</i>.</p>\n" for n in range(size // 4))
    yield _peak("tags", size, source=folder / "in", out=folder / "out", editors=())


def entries(folder: Path, size: int) -> Iterator[Peak]:
    fill(folder / "in", 100)
    chance = random.Random(1)
    syllables = [first + second for first in "bdfgklmnprst" for second in "aeiou"]
    with (folder / "terms.csv").open("w", encoding="utf-8") as table:
        table.write("source,target\n")
        for n in range(size):
            word = "".join(chance.choices(syllables, k=4))
            table.write(f"{word} {n % 1000},{word.capitalize()}wort {n}\n")
    yield _peak("entries", size, source=folder / "in", out=folder / "out", glossary=folder / "terms.csv", editors=())


def units(folder: Path, size: int) -> Iterator[Peak]:
    """With the making of the memory, and then with the memory that is there."""
    fill(folder / "in", 100)
    with (folder / "memory.tsv").open("w", encoding="utf-8") as table:
        for n in range(size):
            verb, number = _VERBS[n % 10], n // 10
            table.write(f"{verb} the cell {number}.\t{verb} die Zelle {number}.\n")
    settings = {"source": folder / "in", "tm": [folder / "memory.tsv"], "editors": ()}
    yield _peak("units, made from TSV", size, out=folder / "out", **settings)
    made = max((folder / "out/.mtpipe/tm").glob("*.sqlite"), key=lambda path: path.stat().st_size)  # and its lock
    yield _peak("units", size, **settings | {"tm": [made]}, out=folder / "again")


CASES: dict[str, Callable[[Path, int], Iterator[Peak]]] = {
    "documents": documents, "tags": tags, "entries": entries, "units": units
}  # fmt: skip


def _peak(what: str, size: int, **settings: Any) -> Peak:
    outcome = run("whole", mt="fake", start=time(), **settings)
    return Peak(what, size, outcome["peak_memory"], outcome["cpu"])


def main(sizes: dict[str, Sequence[int]], to: Path | None) -> int:
    peaks: list[Peak] = []
    for name, case in CASES.items():
        for size in sizes[name]:
            with TemporaryDirectory(prefix="mtpipe-memory-") as folder:
                for peak in case(Path(folder), size):
                    text = f"{peak.what} {peak.size}: {peak.bytes >> 20} MB, {peak.cpu:.0f} s"
                    print(text, file=sys.stderr, flush=True)
                    peaks.append(peak)
    page = table(peaks)
    print(page)
    if to:
        to.write_text(page, encoding="utf-8")
    return 0


def table(peaks: Sequence[Peak]) -> str:
    """Each kind's peaks over its first one, and the bytes that one more thing takes."""
    lines = [
        "# Memory", "", "`make check-memory`: peak memory (RSS) of whole jobs, each in a process of its own, with the "
        "fake translator that ships. One more: bytes for each thing beyond the smallest job's.", "",
        "| what | how many | peak MB | over the smallest | one more | CPU seconds |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for peak in peaks:
        first = next(other for other in peaks if other.what == peak.what)
        more = f"{(peak.bytes - first.bytes) / (peak.size - first.size):.0f}" if peak is not first else "–"
        cells = (peak.what, f"{peak.size:,}", f"{peak.bytes / 2**20:.0f}", f"{peak.bytes / first.bytes:.2f}", more,
                 f"{peak.cpu:.0f}")  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"- {name}: {text}" for name, text in _ABOUT.items()), ""])


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m tests.benchmarks.memory")
    for name, default in _DEFAULTS.items():
        parser.add_argument(f"--{name}", default=",".join(map(str, default)), help="how many, comma-separated")
    parser.add_argument("--to", type=Path)
    arguments = vars(parser.parse_args())
    to = arguments.pop("to")
    sys.exit(main({name: [int(n) for n in text.split(",") if n] for name, text in arguments.items()}, to))
