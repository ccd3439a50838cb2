"""Writes term candidates as a glossary to curate: the columns that are read, then why each row is there."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from mtpipe.errors import OutputError
from mtpipe.io import atomic
from mtpipe.terminology.extraction.candidates import Candidate

COLUMNS = ("source", "target", "status", "forms", "case_sensitive", "domain", "note")
REASONS = ("count", "share", "others", "labels", "association", "spread", "score", "source example", "target example")
SAME = 0.9  # share from which a name that is the same in both languages is one not to be translated


def write(candidates: Sequence[Candidate], path: Path, domain: str = "", is_forced: bool = False) -> None:
    """Writes the candidates to path as CSV (TSV by its suffix), all or nothing; domain goes into each row.

    Raises OutputError where path can't be written, and, unless is_forced, where it exists: it may be curated.
    """
    if path.exists() and not is_forced:
        raise OutputError(f"{path}: exists already and may have been edited; give another name, or --force to "
                          "replace it")
    with atomic.replacement(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",", lineterminator="\n")
        writer.writerow(COLUMNS + REASONS)
        for candidate in candidates:
            writer.writerow((*_row(candidate, domain), *_reasons(candidate)))


def _row(candidate: Candidate, domain: str) -> tuple[str, ...]:
    source, target = candidate.source, candidate.target
    is_same, is_name = source.casefold() == target.casefold(), source == target and not source.islower()
    if is_same and is_name and candidate.share >= SAME:
        return source, "", "do-not-translate", "", "yes", domain, ""
    # without a status a target that equals its source would be taken for one that must not be translated
    return source, target, "preferred" if is_same else "", "", "", domain, ""


def _reasons(candidate: Candidate) -> Iterator[str]:
    yield str(candidate.count)
    yield f"{candidate.share:.2f}"
    yield "; ".join(f"{target} {share:.2f}" for target, share in candidate.others)
    yield str(candidate.labels)
    yield f"{candidate.association:.0f}"
    yield f"{candidate.spread:.2f}"
    yield f"{candidate.score:.2f}"
    yield from candidate.example
