"""Fluent drafts with the wrong terms: human translations, and a glossary of a client who wants other words."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from pathlib import Path

from mtpipe.document.segment import Segment
from mtpipe.glossary.loading import load_glossary
from mtpipe.io import json_lines
from mtpipe.terminology.matcher import Matcher

SHORTEST, LONGEST = 25, 170  # characters of a source


def write(pairs: Path, terms: Path, source_lang: str, target_lang: str, every: int, out: Path) -> int:
    """Writes drafts.jsonl (one pair of so many, where the source has a term) and rest.tsv; returns their number."""
    matcher = Matcher(load_glossary(terms, source_lang, target_lang))
    out.mkdir(parents=True, exist_ok=True)
    drafts: list[Segment] = []
    with (out / "rest.tsv").open("w", encoding="utf-8") as rest:
        for number, (source, target) in enumerate(_pairs(pairs)):
            if number % every:
                rest.write(f"{source}\t{target}\n")
            elif SHORTEST < len(source) < LONGEST and "<" not in source:
                name = f"{pairs.name.split('.')[1]}.{source_lang}-{target_lang}#{number // every}"
                drafts.append(Segment(name, source, draft=target))
    segments = [segment for segment in matcher.find(drafts) if segment.matches]
    return json_lines.write(out / "drafts.jsonl", map(_row, segments))


def _row(segment: Segment) -> dict[str, object]:
    terms = dict.fromkeys(match.term for match in segment.matches)
    return {"id": segment.id, "source": segment.source, "draft": segment.draft, "reference": segment.draft,
            "terms": [{"source": term.source, "target": term.target} for term in terms]}  # fmt: skip


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    opened = lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8")
    with opened as file:
        for line in file:
            source, _, target = line.rstrip("\n").partition("\t")
            yield source, target.partition("\t")[0]
