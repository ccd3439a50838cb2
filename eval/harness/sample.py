"""The fixed sample of the seed experiment: test segments drawn by a seed, and the terms that are taught for them."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from eval.harness.wmt23_data import Wmt23Task
from mtpipe.document.segment import Segment
from mtpipe.errors import OutputError
from mtpipe.glossary.model import Term
from mtpipe.io import atomic, compression

SEED = 17
SEGMENTS, TERMS, GENERIC = 150, 150, 6000
FIRST = 100  # terms that were drawn and asked for first: their requests stay as they are recorded
LONGEST = 300  # characters of a general sentence


def segments(task: Wmt23Task, count: int = SEGMENTS) -> list[Segment]:
    """Segments of the test set that ask for proper terms, in its order."""
    eligible = [segment for segment in task.segments("proper") if segment.terms]
    drawn = random.Random(f"{SEED} {task.pair} segments").sample(range(len(eligible)), min(count, len(eligible)))
    return [eligible[index] for index in sorted(drawn)]


def terms(sample: Sequence[Segment], pair: str, count: int = TERMS) -> list[Term]:
    """Terms of the sampled segments that get synthetic sentences; of several with one source the first."""
    distinct: dict[str, Term] = {}
    for term in (term for segment in sample for term in segment.terms):
        distinct.setdefault(term.source.casefold(), term)
    choice = list(distinct.values())
    drawn = random.Random(f"{SEED} {pair} terms").sample(range(len(choice)), min(count, len(choice)))
    return [choice[index] for index in (*sorted(drawn[:FIRST]), *sorted(drawn[FIRST:]))]


def write(folder: Path, task: Wmt23Task) -> tuple[Path, Path]:
    """<pair>.csv, the glossary to synthesize for, and <pair>.jsonl, the segments with sources and references.

    Raises OutputError.
    """
    sample = segments(task)
    glossary, test = folder / f"{task.pair}.csv", folder / f"{task.pair}.jsonl"
    rows = [{"id": segment.id, "source": segment.source, "reference": segment.reference} for segment in sample]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with glossary.open("w", encoding="utf-8", newline="") as file:
            entries = ([term.source, term.target] for term in terms(sample, task.pair))
            csv.writer(file, lineterminator="\n").writerows([["source", "target"], *entries])
        test.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{folder}: can't be written ({error.strerror}); check permissions and space") from error
    return glossary, test


def write_set(folder: Path, task: Wmt23Task) -> Path:
    """<pair>.set.jsonl, the whole test set: the texts that no recording may hold; raises OutputError."""
    path = folder / f"{task.pair}.set.jsonl"
    rows = ({"id": segment.id, "source": segment.source, "reference": segment.reference}
            for segment in task.segments("noterm"))  # fmt: skip
    atomic.write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


def generic(corpora: Path, pair: str, count: int = GENERIC) -> Iterator[tuple[str, str]]:
    """Pairs of general text to mix in: count of en-XX.<name>.tsv.xz, turned to the pair's direction, drawn by the seed.

    A file gives no more than its share, so that the largest does not drown the others.
    """
    languages = pair.split("-")
    is_turned = languages[1] == "en"
    other = languages[0] if is_turned else languages[1]
    files = sorted(corpora.glob(f"en-{other}.*.tsv.xz"))
    rng = random.Random(f"{SEED} {pair} generic")
    for number, path in enumerate(files):
        with compression.open_text(path) as lines:
            rows = [row for line in lines if len(row := line.rstrip("\n").split("\t")) == 2 and _is_short(row)]
        for row in rng.sample(rows, min(len(rows), -(-count // len(files)))):
            yield (row[1], row[0]) if is_turned else (row[0], row[1])


def _is_short(row: Sequence[str]) -> bool:
    return all(0 < len(text) <= LONGEST for text in row)


def write_generic(folder: Path, corpora: Path, pair: str) -> Path:
    """<pair>.generic.jsonl; raises OutputError."""
    path = folder / f"{pair}.generic.jsonl"
    rows = ({"source": source, "reference": target} for source, target in generic(corpora, pair))
    atomic.write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path
