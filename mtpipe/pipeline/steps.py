"""The steps that a job puts its segments through: first drafts, drafts that may be hallucinated, term checks."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from mtpipe.document import checks as form
from mtpipe.document import inline_codes
from mtpipe.document.segment import Edit, Segment
from mtpipe.languages.identification import is_other_language, language
from mtpipe.languages.tags import language_name
from mtpipe.languages.tokenization import words
from mtpipe.mt import Draft, Translator
from mtpipe.mt.hallucination import flags
from mtpipe.terminology import checker

_WORDS_TO_TELL = 5  # of a sentence
_TRANSLATOR = "translator"  # what an edit calls it: a draft that is waited for
_SUSPECTED, _REPLACED = "Possible hallucination", "; replaced by the fallback model's draft"
_SIGNS = {
    "repetition": "repetition", "length": "unusual length", "off-target": "another language", "copied": "source copied",
    "numbers": "different numbers", "unreadable": "unreadable characters", "low-score": "low model score",
}  # fmt: skip


def translate(segments: Sequence[Segment], translator: Translator) -> list[Segment]:
    """The segments with drafts: those without one get the translator's, None where it found no translation."""
    missing = [i for i, segment in enumerate(segments) if segment.draft is None]
    results = list(segments)
    drafts = translator.translate([segments[i] for i in missing]) if missing else []
    for i, draft in zip(missing, drafts, strict=True):
        results[i] = _with(segments[i], draft)
    return results


def translate_ahead(
    chunks: Iterable[Sequence[Segment] | None], translator: Translator
) -> Generator[Future[list[Segment]], None, None]:
    """The drafts to come of each chunk; when one is handed out, the next is on its way in a thread of its own.

    A translator that says so (at_once) is given several at a time. A None among the chunks: there is none now, those on
    their way are to be seen to. Closing it gives up what has not begun.
    """
    waiting: deque[Future[list[Segment]]] = deque()
    at_once = getattr(translator, "at_once", 1)
    with ThreadPoolExecutor(at_once) as thread:
        try:
            for chunk in chunks:
                if chunk is not None:
                    waiting.append(thread.submit(translate, chunk, translator))
                if chunk is None or len(waiting) > at_once:
                    yield waiting.popleft()
            yield from waiting
        finally:
            thread.shutdown(cancel_futures=True)


def fall_back(
    segments: Sequence[Segment], source_lang: str, target_lang: str, fallback: Translator | None = None
) -> list[Segment]:
    """The segments, each draft that a model made here and that shows a sign of hallucination with a note on it.

    With a fallback it is translated again; that draft is taken if it shows no sign, and else the first one stays.
    """
    results = list(segments)
    signs = {i: names for i, segment in enumerate(segments) if segment.score is not None and not segment.origin
             and (names := flags(segment, source_lang, target_lang))}  # fmt: skip
    bare = [replace(segments[i], draft=None, score=None, alternatives=()) for i in signs]
    drafts = fallback.translate(bare) if fallback and bare else [None] * len(bare)
    for (i, names), again, draft in zip(signs.items(), bare, drafts, strict=True):
        warning = f"{_SUSPECTED}: {', '.join(_SIGNS[name] for name in names)}"
        other = replace(again, draft=draft.text, score=draft.score, alternatives=draft.alternatives) if draft else again
        if not other.draft:
            results[i] = _noted(segments[i], warning)
        elif flags(other, source_lang, target_lang):
            results[i] = _noted(segments[i], f"{warning}; the fallback model's draft, too")
        else:
            results[i] = _noted(other, f"{warning}{_REPLACED}")
    return results


def is_suspected(segment: Segment) -> bool:
    """Does the draft show a sign of hallucination, and is it still there?"""
    is_noted = any(note.startswith(_SUSPECTED) and not note.endswith(_REPLACED) for note in segment.notes)
    return is_noted and segment.postedit is None


def check(segments: Sequence[Segment], lang: str) -> list[Segment]:
    """The segments with the errors of their targets in the target language lang; nothing else changes."""
    return [replace(segment, errors=checker.check(segment, lang)) for segment in segments]


def protect(segments: Sequence[Segment], patterns: Sequence[str]) -> list[Segment]:
    """The segments, what the patterns match in them as codes that stand alone."""
    compiled = [re.compile(pattern) for pattern in patterns]
    return [replace(segment, codes=inline_codes.protect(segment.source, segment.codes, compiled))
            for segment in segments]  # fmt: skip


def leave_other_languages(segments: Sequence[Segment], source_lang: str) -> list[Segment]:
    """The segments, those that are clearly in another language than the source as their own drafts, with a note."""
    results = list(segments)
    for i, segment in enumerate(segments):
        if segment.draft is None and (lang := other_language(segment, source_lang)):
            note = f"Not translated: the text is {language_name(lang)}, not {language_name(source_lang)}"
            results[i] = _noted(replace(segment, draft=segment.source), note)
    return results


def other_language(segment: Segment, lang: str) -> str | None:
    """The language it is clearly in, if not lang: none of 13 900 sentences of English documentation is mistaken."""
    text = inline_codes.blotted(segment.source, segment.codes)[0].replace("\ufffc", " ")
    if sum(map(str.isalpha, words(text))) < _WORDS_TO_TELL or not is_other_language(text, lang):
        return None
    return language(text)


def review(segments: Sequence[Segment], checks: Sequence[str], lang: str) -> list[Segment]:
    """The segments, beside their errors those that the named checks of their form find."""
    if not checks:
        return list(segments)
    return [replace(segment, errors=(*segment.errors, *form.check(segment, checks, lang))) for segment in segments]


def _with(segment: Segment, draft: Draft) -> Segment:
    return replace(
        segment,
        draft=draft.text if draft.text or not segment.source else None,
        score=draft.score,
        alternatives=draft.alternatives,
        notes=segment.notes + draft.notes,
        edits=(*segment.edits, *[Edit(_TRANSLATOR, "", "", draft.waiting)] * bool(draft.waiting)),
    )


def _noted(segment: Segment, note: str) -> Segment:
    return replace(segment, notes=(*segment.notes, note))
