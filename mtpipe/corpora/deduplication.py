"""Many corpora as one: distinct pairs in a fixed random order, without what is held out; and writing pairs."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mtpipe.corpora import Located, Pair, located, segments
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.glossary.model import Term
from mtpipe.io import atomic, json_lines, lines
from mtpipe.languages.tokenization import words

SEED = 1


def distinct(
    paths: Sequence[Path], source_lang: str, target_lang: str, exclude: Iterable[str] = ()
) -> list[Pair]:
    """The pairs of all paths, each once, shuffled alike in every run, without those whose source is in exclude.

    Sources are compared by their words, without case. Raises InputError when nothing remains.
    """
    pairs = [pair for _, pair in in_documents(paths, source_lang, target_lang, exclude)]
    # corpora come package by package: what learns in shards must see them mixed
    random.Random(SEED).shuffle(pairs)
    return pairs


def in_documents(
    paths: Sequence[Path], source_lang: str, target_lang: str, exclude: Iterable[str] = (),
    documents: Sequence[str] = ("*",),
) -> list[Located]:
    """As distinct, but in their order, each pair with the first document that has it.

    documents: patterns (`text/*`) of those to take.
    """
    banned = {_key(source) for source in exclude}
    origins: dict[Pair, str] = {}
    for path in paths:
        for document, pair in located(path, source_lang, target_lang):
            if any(fnmatchcase(document, pattern) for pattern in documents):
                origins.setdefault(pair, document)
    remaining = [(document, pair) for pair, document in origins.items() if _key(pair[0]) not in banned]
    if not remaining:
        where = "" if "*" in documents else f" in documents {', '.join(documents)}"
        raise InputError(f"no pair in {', '.join(map(str, paths))}{where}" + " that is not excluded" * bool(origins))
    return remaining


def sources(path: Path) -> list[str]:
    """The sources in a file, as in `texts`."""
    return [source for source, _ in texts(path)]


def texts(path: Path) -> list[Pair]:
    """(source, reference or "") of a file: of segments JSON Lines, else of the TAB-separated columns of each line.

    Raises InputError for a file that is neither, with the line.
    """
    if path.suffix == ".jsonl":
        return [(row["source"], row.get("reference") or "") for _, row in segments.rows(path)]
    columns = (line.split("\t") for _, line in lines.numbered(path))
    return [(source, rest[0] if rest else "") for source, *rest in columns]


def write(path: Path, segments: Iterable[Segment]) -> int:
    """Writes the segments that have a reference, as JSON Lines (.jsonl) or source TAB reference; returns how many.

    Raises OutputError.
    """
    if path.suffix == ".jsonl":
        return json_lines.write(path, map(_row, segments))
    count = 0
    with atomic.replacement(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        for count, segment in enumerate(segments, 1):
            file.write(f"{segment.source}\t{segment.reference}\n")
    return count


def _row(segment: Segment) -> dict[str, Any]:
    row: dict[str, Any] = {"id": segment.id, "source": segment.source, "draft": segment.draft}
    row |= {"reference": segment.reference, "terms": [_term(term) for term in segment.terms] or None}
    return {key: value for key, value in row.items() if value is not None}


def _term(term: Term) -> dict[str, Any]:
    return {"source": term.source, "targets": list(term.targets), "status": term.status, "forms": list(term.forms)}


def _key(text: str) -> str:
    return " ".join(words(text)).casefold()
