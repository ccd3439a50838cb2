"""Drafts that look hallucinated: marked for the report, or made again by another model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mtpipe.document.segment import Segment
from mtpipe.mt import Translator
from mtpipe.mt.hallucination import flags


def fall_back(
    segments: Sequence[Segment], source_lang: str, target_lang: str, fallback: Translator | None = None
) -> list[Segment]:
    """The segments, each draft that a model made here and that shows a sign of hallucination with a note on it.

    With a fallback it is translated again; that draft is taken if it shows no sign, and else the first one stays.
    """
    done = list(segments)
    signs = {i: found for i, segment in enumerate(segments) if segment.score is not None and not segment.origin
             and (found := flags(segment, source_lang, target_lang))}  # fmt: skip
    bare = [replace(segments[i], draft=None, score=None, alternatives=()) for i in signs]
    drafts = fallback.translate(bare) if fallback and bare else [None] * len(bare)
    for (i, found), again, draft in zip(signs.items(), bare, drafts, strict=True):
        said = f"the draft may be hallucinated ({', '.join(found)})"
        other = replace(again, draft=draft.text, score=draft.score, alternatives=draft.alternatives) if draft else again
        if not other.draft:
            done[i] = _noted(segments[i], said)
        elif flags(other, source_lang, target_lang):
            done[i] = _noted(segments[i], f"{said}; the fallback model's, too")
        else:
            done[i] = _noted(other, f"{said}: replaced by the fallback model's")
    return done


def _noted(segment: Segment, note: str) -> Segment:
    return replace(segment, notes=(*segment.notes, note))
