"""Drafts from translation memories, before the translator: of the very text, never against the glossary in silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment, TermError
from mtpipe.terminology import checker
from mtpipe.tm.keys import key, masked
from mtpipe.tm.memory import Match, Memories

ORIGINS = {"context": "tm-context", "exact": "tm-exact"}
FLAGGED = "tm-flagged"


def recall(
    segments: Sequence[Segment], memories: Memories, lang: str, is_flagged_kept: bool = True,
    before: Segment | None = None, after: Segment | None = None,
) -> list[Segment]:  # fmt: skip
    """Sentences of one document, in order, with the drafts that the memories have for those without one.

    before, after: the document's sentences around them, None at its ends. lang: target language. A match that breaks
    the glossary gives way to one that doesn't; where there is none it is flagged, with a note: kept as a draft for the
    repair to mend, or left to the translator.
    """
    if not memories:
        return list(segments)
    around = [before, *segments, after]
    keys = [key(masked(segment.source, segment.codes)) if segment else 0 for segment in around]
    results = []
    for segment, previous, following in zip(segments, keys, keys[2:], strict=False):
        has_work = segment.draft is None and inline_codes.has_words(segment.source, segment.codes)
        matches = memories.exact(segment, previous, following) if has_work else []
        results.append(_recalled(segment, matches, lang, is_flagged_kept) if matches else segment)
    return results


def _recalled(segment: Segment, matches: Sequence[Match], lang: str, is_flagged_kept: bool) -> Segment:
    judged = [(match, checker.check(segment, lang, match.target)) for match in matches]
    for match, errors in judged:
        if not errors:
            return replace(segment, draft=match.target, origin=ORIGINS[match.kind])
    match, errors = judged[0]
    note = f"translation memory {match.memory}: “{match.target}” not trusted, {_why(errors)}"
    draft = match.target if is_flagged_kept else None
    return replace(segment, draft=draft, origin=FLAGGED, notes=(*segment.notes, note))


def _why(errors: Sequence[TermError]) -> str:
    reasons = []
    for error in errors:
        name = f"“{error.term.source}” ({' | '.join(error.expected[:3])})" if error.term else " ".join(error.expected)
        reasons.append(f"{error.kind} {name}".strip())
    return ", ".join(reasons)
