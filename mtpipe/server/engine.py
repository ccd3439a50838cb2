"""Threads that own pipelines: requests that arrive together are translated together, one batch beside the other."""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic

from mtpipe.document.segment import Segment
from mtpipe.errors import MtpipeError
from mtpipe.glossary.model import Glossary
from mtpipe.pipeline.api import Pipeline
from mtpipe.server.settings import Pair, ServerSettings

_WINDOW = 0.003  # seconds in which requests join those before them
_BATCH = 256  # segments
_LOADED = 32  # pipelines with glossaries of clients


class Busy(MtpipeError):
    """Too much waits for the model already."""


@dataclass(frozen=True, slots=True)
class Work:
    """Segments of one request, to be translated under a glossary; glossary_id changes with its terms."""

    pair: Pair
    segments: Sequence[Segment]
    glossary_id: str = ""
    glossary: Glossary | None = None
    result: Future[list[Segment]] = field(default_factory=Future)

    @property
    def kind(self) -> tuple[Pair, str]:
        return self.pair, self.glossary_id


class Pipelines:
    """The pipelines of the pairs, each loaded when it is first asked for; for one thread."""

    def __init__(self, settings: ServerSettings):
        self._settings = settings
        self._plain: dict[Pair, Pipeline] = {}
        self._others: OrderedDict[tuple[Pair, str], Pipeline] = OrderedDict()

    def get(self, pair: Pair, glossary_id: str = "", glossary: Glossary | None = None) -> Pipeline:
        """Raises MtpipeError for a pair that can't be loaded."""
        if pair not in self._plain:
            path = self._settings.glossaries.get(pair)
            memories = self._settings.memories.get(pair, ())
            self._plain[pair] = Pipeline.load(*pair, glossary=path, tm=memories, **self._settings.pipeline)
        if glossary is None:
            return self._plain[pair]
        if (pair, glossary_id) not in self._others:
            self._others[pair, glossary_id] = self._plain[pair].with_glossary(glossary)
        self._others.move_to_end((pair, glossary_id))
        while len(self._others) > _LOADED:
            self._others.popitem(last=False)
        return self._others[pair, glossary_id]


class BatchEngine:
    """Translates in threads, each with its pipelines; on_batch is told how many requests and segments went together."""

    def __init__(self, settings: ServerSettings, on_batch: Callable[[int, int], object] = lambda *counts: None):
        self._limit = settings.limits.waiting
        self._on_batch = on_batch
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting = 0
        self._threads = [threading.Thread(target=self._run, args=(Pipelines(settings),), daemon=True)
                         for _ in range(settings.workers)]  # fmt: skip
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Segments that wait for the model or are with it."""
        return self._waiting

    def submit(self, work: Work) -> Future[list[Segment]]:
        """The translated segments to come; raises Busy where too many wait."""
        with self._lock:
            if self._waiting and self._waiting + len(work.segments) > self._limit:
                raise Busy("too many requests are waiting; try again in a moment")
            self._waiting += len(work.segments)
        self._queue.put(work)
        return work.result

    def stop(self) -> None:
        """Finishes what was submitted."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self, pipelines: Pipelines) -> None:
        pending: list[Work] = []
        is_open = True
        while is_open or pending:
            if not pending:
                first = self._queue.get()
                if first is None:
                    break
                pending.append(first)
            is_open = self._gather(pending) and is_open
            batch = [work for work in pending if work.kind == pending[0].kind]
            pending = [work for work in pending if work.kind != batch[0].kind]
            self._translate(batch, pipelines)
            with self._lock:
                self._waiting -= sum(len(work.segments) for work in batch)

    def _gather(self, pending: list[Work]) -> bool:
        """Takes what comes within the window; False once the engine is stopped."""
        end = monotonic() + _WINDOW
        while sum(len(work.segments) for work in pending) < _BATCH:
            try:
                work = self._queue.get(timeout=max(0.0, end - monotonic()))
            except queue.Empty:
                return True
            if work is None:
                return False
            pending.append(work)
        return True

    def _translate(self, batch: list[Work], pipelines: Pipelines) -> None:
        batch = [work for work in batch if work.result.set_running_or_notify_cancel()]
        if not batch:
            return
        self._on_batch(len(batch), sum(len(work.segments) for work in batch))
        first = batch[0]
        try:
            pipe = pipelines.get(first.pair, first.glossary_id, first.glossary)
            translated = iter(pipe.translate(segment for work in batch for segment in work.segments))
            results = [[next(translated) for _ in work.segments] for work in batch]
        except Exception as error:
            if len(batch) == 1:
                first.result.set_exception(error)
                return
            for work in batch:  # one request's trouble is not the others'
                self._alone(work, pipelines)
            return
        for work, result in zip(batch, results, strict=True):
            work.result.set_result(result)

    def _alone(self, work: Work, pipelines: Pipelines) -> None:
        try:
            pipe = pipelines.get(work.pair, work.glossary_id, work.glossary)
            work.result.set_result(pipe.translate(work.segments))
        except Exception as error:
            work.result.set_exception(error)
