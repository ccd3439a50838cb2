"""One or many systems against one test set: contest() reads, measures and says what is odd; described() is for JSON."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from typing import Any

from mtpipe import __version__
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, InputError
from mtpipe.evaluation import sanity_checks
from mtpipe.evaluation.findings import texts
from mtpipe.evaluation.systems import QUALITY, Measure, Settings, System, baseline_of, compare, signature
from mtpipe.evaluation.testsets.opening import Asked, as_test_set, open_systems, open_test_set
from mtpipe.glossary.loading import load_glossary
from mtpipe.glossary.model import Glossary
from mtpipe.terminology.matcher import Matcher

__all__ = ["Asked", "Comparison", "Settings", "contest", "described", "findings"]

HUMAN = "human"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Systems measured on one test set, with the files or folders that their outputs are from.

    remarks are about the test set under "", and about each system under its name.
    """

    segments: tuple[Segment, ...]
    systems: tuple[System, ...]
    settings: Settings
    baseline: str
    remarks: dict[str, list[str]]
    paths: dict[str, Path]


def contest(
    entries: Sequence[tuple[str, Path]], asked: Asked, settings: Settings, glossary: Path | None = None,
    with_human: bool = False, has_tags: bool = True,
) -> Comparison:
    """Measures the systems, files or folders with their names or "", on the test set that is asked.

    Without a test set the first system's file is it, a bilingual one. glossary: terms beside the segments' own.
    with_human: the references themselves as a last system. has_tags: false leaves inline tags out of targets and
    references, which would lift what they are compared by. Raises MtpipeError.
    """
    languages = asked.source_lang, asked.target_lang
    is_alone = asked.test is None and asked.source is None
    segments = as_test_set(entries[0][1], asked) if is_alone else open_test_set(asked)
    terms = load_glossary(glossary, *languages) if glossary else Glossary.of((), *languages)
    matched = Matcher(terms).find(segments)
    opened = open_systems(entries, matched, asked)
    found = {name: translated for name, (_, translated) in opened.items()}
    if is_alone and not any(segment.target for segment in found[next(iter(found))]):
        said = f"{entries[0][1]}: no translations beside its sources"
        raise InputError(f"{said}; give the test set that they belong to, by --test or --source")
    if with_human:
        found |= {HUMAN: _human(matched, found)}
    if not has_tags:
        found = {name: [_untagged(segment) for segment in given] for name, given in found.items()}
    remarks = {"": sanity_checks.of_test_set(matched, languages), **sanity_checks.of_systems(found, languages)}
    baseline = baseline_of(found, settings)
    return Comparison(tuple(matched), tuple(compare(found, settings)), settings, baseline, remarks,
                      {name: path for name, (path, _) in opened.items()})  # fmt: skip


def described(comparison: Comparison) -> dict[str, Any]:
    """The comparison for JSON: what was compared how, and a row for each system as `mtpipe.report.scores` has them."""
    settings = comparison.settings
    tested_against = comparison.baseline if len(comparison.systems) > 1 else ""
    return {
        "mtpipe": __version__, "source_lang": settings.source_lang, "target_lang": settings.target_lang,
        "segments": len(comparison.segments), "baseline": comparison.baseline, "samples": settings.samples,
        "seed": settings.seed, "signature": signature(settings, tested_against),
        "remarks": comparison.remarks[""],
        "systems": [_row(system, comparison.remarks[system.name]) for system in comparison.systems],
    }  # fmt: skip


def findings(comparison: Comparison) -> dict[str, Any]:
    """What a page shows beyond the figures: "texts" and "terms" as `texts` lists them, "grade": by which metric."""
    found, terms = texts(comparison.systems, comparison.settings.target_lang)
    measured = comparison.systems[0].measures
    return {"texts": found, "terms": terms, "grade": next((name for name in QUALITY if name in measured), "")}


def _human(segments: Sequence[Segment], systems: Collection[str]) -> list[Segment]:
    """The references as one more system's translations."""
    if HUMAN in systems:
        raise ConfigError(f"--human adds a system {HUMAN!r}, and there is one of that name; give yours another")
    if all(segment.reference is None for segment in segments):
        raise InputError("no segment has a reference, which would be the human translation; leave out --human")
    return [replace(segment, draft=segment.reference) for segment in segments]


def _row(system: System, remarks: Sequence[str]) -> dict[str, Any]:
    measures = system.measures
    return {
        "system": system.name, "remarks": list(remarks),
        "scores": {name: _number(measure.score.value) for name, measure in measures.items()},
        "intervals": {name: [measure.low, measure.high] for name, measure in measures.items()
                      if not isnan(measure.low)},
        "p_values": {name: _p_values(measure) for name, measure in measures.items() if measure.p_value is not None},
        "signatures": {name: measure.score.signature for name, measure in measures.items()},
        "notes": {name: measure.score.note for name, measure in measures.items() if measure.score.note},
    }  # fmt: skip


def _p_values(measure: Measure) -> dict[str, float | None]:
    return {"bootstrap": measure.bootstrap, "randomisation": measure.randomisation}


def _number(value: float) -> float | None:
    return None if isnan(value) else value


def _untagged(segment: Segment) -> Segment:
    return replace(segment, draft=_bare(segment.target), postedit=None, reference=_bare(segment.reference))


def _bare(text: str | None) -> str | None:
    return None if text is None else inline_codes.plain(text, inline_codes.find(text))[0]
