"""What there is to say of bilingual segments as they are: review(path) checks them, score(path) measures them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mtpipe import plugins
from mtpipe.config.tables import ProtectSettings
from mtpipe.document import inline_codes
from mtpipe.document.checks import select
from mtpipe.document.segment import Score, Segment
from mtpipe.errors import InputError
from mtpipe.evaluation.scoring import METRICS, evaluate
from mtpipe.glossary.loading import load_glossary
from mtpipe.glossary.model import Glossary
from mtpipe.pipeline import steps
from mtpipe.pipeline.summary import Tally
from mtpipe.report.model import JobReport
from mtpipe.terminology.matcher import Matcher

__all__ = ["METRICS", "review", "score"]


def review(
    path: Path, source_lang: str, target_lang: str, glossary: Path | None = None, checks: Sequence[str] = (),
    protect: Sequence[str] = (),
) -> JobReport:
    """The counted part of a report on bilingual segments as they are, nothing edited: terms, inline tags, invariants,
    what the regular expressions of protect match, and the named checks of their form (of `document.checks.CHECKS`)."""
    tally = Tally(())
    patterns = ProtectSettings(tuple(protect)).patterns
    segments = _segments(path, source_lang, target_lang, glossary)
    if segments and not any(segment.target for segment in segments):
        raise InputError(f"{path}: no sentence has a translation beside it; give a bilingual file")
    segments = steps.check(steps.protect(segments, patterns), target_lang)
    tally.add(path.name, "written", steps.review(segments, select(checks), target_lang))
    return tally.report()


def score(
    path: Path, source_lang: str, target_lang: str, glossary: Path | None = None, metrics: Sequence[str] = METRICS,
    is_human: bool = False, has_tags: bool = True,
) -> list[Score]:
    """Scores of bilingual segments, against their references and their terms.

    is_human: of the references themselves. has_tags: false leaves inline tags out of targets and references, which
    would lift what they are compared by.
    """
    segments = _segments(path, source_lang, target_lang, glossary)
    if is_human:
        segments = [replace(segment, draft=segment.reference, postedit=None) for segment in segments]
    if not has_tags:
        segments = [replace(segment, draft=_untagged(segment.target), postedit=None,
                            reference=_untagged(segment.reference)) for segment in segments]  # fmt: skip
    return evaluate(segments, source_lang, target_lang, metrics)


def _untagged(text: str | None) -> str | None:
    return None if text is None else inline_codes.plain_text(text)


def _segments(path: Path, source_lang: str, target_lang: str, glossary: Path | None) -> list[Segment]:
    """The segments of a file as they are, with the terms in their sources."""
    name = plugins.format_name(path)
    if name is None:
        raise InputError(f"{path}: no format reads {path.suffix or 'such'} files; give segments as .jsonl")
    terms = load_glossary(glossary, source_lang, target_lang) if glossary else Glossary.of((), source_lang, target_lang)
    # what a bilingual document holds already is what is to be looked at
    form = plugins.create("format", name, {}, source_lang=source_lang, target_lang=target_lang, existing="draft")
    return Matcher(terms).find(form.read(path, path.name).segments)
