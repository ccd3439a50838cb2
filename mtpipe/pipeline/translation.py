"""First drafts: what has none yet goes to the translator, what came with one keeps it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from mtpipe.document.segment import Segment
from mtpipe.mt import Draft, Translator


def translate(segments: Sequence[Segment], translator: Translator) -> list[Segment]:
    """The segments with drafts; draft stays None where the translator found no translation."""
    missing = [i for i, segment in enumerate(segments) if segment.draft is None]
    done = list(segments)
    for i, draft in zip(missing, translator.translate([segments[i] for i in missing]), strict=True):
        done[i] = _with(segments[i], draft)
    return done


def translate_ahead(
    chunks: Iterable[Sequence[Segment]], translator: Translator, meanwhile: Callable[[], object]
) -> Generator[Future[list[Segment]], None, None]:
    """The drafts to come of each chunk; when one is handed out, the next is on its way in a thread of its own.

    A translator that says so (at_once) is given several at a time. meanwhile is called while the first is being made.
    Closing it gives up what has not begun.
    """
    waiting: deque[Future[list[Segment]]] = deque()
    at_once = getattr(translator, "at_once", 1)
    with ThreadPoolExecutor(at_once) as thread:
        try:
            for chunk in chunks:
                waiting.append(thread.submit(translate, chunk, translator))
                if len(waiting) == 1:
                    meanwhile()
                if len(waiting) > at_once:
                    yield waiting.popleft()
            yield from waiting
        finally:
            thread.shutdown(cancel_futures=True)


def _with(segment: Segment, draft: Draft) -> Segment:
    return replace(
        segment,
        draft=draft.text if draft.text or not segment.source else None,
        score=draft.score,
        alternatives=draft.alternatives,
        notes=segment.notes + draft.notes,
    )
