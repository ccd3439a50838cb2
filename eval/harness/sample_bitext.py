"""Terms known from a sample of parallel text only (WMT26's second track): extraction, and seen against unseen terms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from mtpipe.corpora import deduplication
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.evaluation.scoring import evaluate
from mtpipe.glossary.model import Glossary, Term
from mtpipe.terminology import checker
from mtpipe.terminology.extraction import candidates
from mtpipe.terminology.matcher import Matcher

METRICS = ("tsr_strict", "tsr_exclusive", "exact_inflection")
MIN_COUNT = 2  # a sample is small

Pair = tuple[str, str]
Langs = tuple[str, str]


def read(path: Path, langs: Langs) -> list[Pair]:
    """Of a list of {"<source>": …, "<target>": …} in JSON, as the task hands it out, or of any parallel text.

    Raises InputError.
    """
    if path.suffix != ".json":
        return deduplication.distinct([path], *langs)
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [(row[langs[0]], row[langs[1]]) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: no list of objects with {langs[0]!r} and {langs[1]!r} ({error!r})") from error


def glossary(pairs: Sequence[Pair], langs: Langs, most: int | None = None) -> list[Term]:
    """The terms that the sample shows, the surest first; raises InputError where there is none."""
    located = [("sample", pair) for pair in pairs]
    return [Term((one.source,), (one.target,))
            for one in candidates.extract(located, *langs, min_count=MIN_COUNT)[:most]]  # fmt: skip


def seen(terms: Iterable[Term], pairs: Sequence[Pair], langs: Langs) -> frozenset[Term]:
    """Those of the terms that a pair of the sample has on both sides."""
    segments = [Segment(str(number), source, draft=target) for number, (source, target) in enumerate(pairs)]
    matched = Matcher(Glossary.of(terms, *langs)).find(segments)
    return frozenset(term for segment in matched
                     for term, items in checker.term_evidence(segment, segment.draft or "", langs[1]).items()
                     if items)  # fmt: skip


def split(segments: Sequence[Segment], pairs: Sequence[Pair], langs: Langs) -> dict[str, list[Segment]]:
    """Matched segments in which only terms count that the sample has, and in which only those that it lacks."""
    terms = {match.term for segment in segments for match in segment.matches}
    known = seen(terms, pairs, langs)
    return {name: [replace(segment, matches=tuple(match for match in segment.matches
                                                  if (match.term in known) == is_seen)) for segment in segments]
            for name, is_seen in (("seen", True), ("unseen", False))}  # fmt: skip


def rates(segments: Sequence[Segment], pairs: Sequence[Pair], langs: Langs) -> dict[str, dict[str, float]]:
    """The term metrics of outputs by "all", "seen" and "unseen"; nan where no such term is asked for."""
    parts = {"all": list(segments), **split(segments, pairs, langs)}
    return {name: {score.name: score.value for score in evaluate(part, *langs, METRICS)}
            for name, part in parts.items()}  # fmt: skip
