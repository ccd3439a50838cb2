"""Threads that own pipelines: what waits is translated together as soon as one is free, a part of each request in turn.
"""

from __future__ import annotations

import gc
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from itertools import chain, islice
from math import ceil
from time import monotonic

from mtpipe.document import sentence_splitting
from mtpipe.document.segment import Segment
from mtpipe.errors import MtpipeError
from mtpipe.glossary.model import Glossary
from mtpipe.pipeline.api import Excerpt, Pipeline
from mtpipe.server.settings import Pair, ServerSettings

_WINDOW = 0.25, 0.02  # how long requests may join those before them: a share of the last batch's time, seconds at most
_BATCH = 64  # sentences: whoever comes next waits no longer than these take
_LOADED = 32  # pipelines with glossaries of clients


class Busy(MtpipeError):
    """Too much waits for the model already."""


class Work:
    """Segments of one request, to be translated under a glossary; glossary_id changes with its terms.

    Its sentences are taken and finished in parts; the result is there with the last of them.
    """

    def __init__(
        self, pair: Pair, segments: Sequence[Segment], glossary_id: str = "", glossary: Glossary | None = None
    ):
        self.pair, self.glossary_id, self.glossary = pair, glossary_id, glossary
        self.result: Future[list[Segment]] = Future()
        self._segments = segments
        self._parts = [sentence_splitting.split(segment, *pair) for segment in segments]
        self._sentences = list(chain.from_iterable(self._parts))
        self._finished: dict[int, Segment] = {}
        self._taken = 0
        if not self._sentences:
            self.result.set_result([])

    @property
    def kind(self) -> tuple[Pair, str]:
        """What is translated together."""
        return self.pair, self.glossary_id

    @property
    def size(self) -> int:
        """How many sentences it has."""
        return len(self._sentences)

    @property
    def left(self) -> int:
        """How many of them are not taken yet."""
        return len(self._sentences) - self._taken

    def take(self, most: int) -> range:
        """The places of its next sentences."""
        start = self._taken
        self._taken = min(start + most, len(self._sentences))
        return range(start, self._taken)

    def excerpt(self, places: range) -> Excerpt:
        """These sentences, between their neighbours."""
        edges = (self._sentences[i] if 0 <= i < len(self._sentences) else None for i in (places.start - 1, places.stop))
        return Excerpt(tuple(self._sentences[places.start : places.stop]), *edges)

    def finish(self, places: range, translated: Sequence[Segment]) -> None:
        """Takes what became of them."""
        self._finished.update(zip(places, translated, strict=True))
        if len(self._finished) == len(self._sentences):
            sentences = iter([self._finished[i] for i in range(len(self._sentences))])
            joined = [sentence_splitting.join(segment, list(islice(sentences, len(part))))
                      for segment, part in zip(self._segments, self._parts, strict=True)]  # fmt: skip
            with suppress(InvalidStateError):  # nobody waits for it any more
                self.result.set_result(joined)

    def fail(self, error: Exception) -> None:
        """The result is this error; what is left of it is not translated."""
        with suppress(InvalidStateError):
            self.result.set_exception(error)


Batch = list[tuple[Work, range]]  # the places of sentences of each request


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
            gc.freeze()  # it stays: nothing is gained by looking for garbage in it again and again
        if glossary is None:
            return self._plain[pair]
        if (pair, glossary_id) not in self._others:
            self._others[pair, glossary_id] = self._plain[pair].with_glossary(glossary)
        self._others.move_to_end((pair, glossary_id))
        while len(self._others) > _LOADED:
            self._others.popitem(last=False)
        return self._others[pair, glossary_id]


class Queue:
    """Requests by turns: a batch has some sentences of each, as many in all as are one worker's share.

    waiting: sentences that wait for a worker or are with one.
    """

    def __init__(self, workers: int):
        self.waiting = 0
        self._workers = workers
        self._requests: deque[Work] = deque()
        self._at_work = 0
        self._is_open = True
        self._changes = threading.Condition()

    def put(self, work: Work, limit: int) -> None:
        """Raises Busy where more than limit sentences would wait."""
        with self._changes:
            if self.waiting and self.waiting + work.size > limit:
                raise Busy("too many requests are waiting; try again in a moment")
            self.waiting += work.size
            self._requests.append(work)
            self._changes.notify()

    def close(self) -> None:
        """Lets the workers go when it is empty."""
        with self._changes:
            self._is_open = False
            self._changes.notify_all()

    def batches(self) -> Iterator[Batch]:
        """For one worker: what to translate next, until the queue is closed and empty."""
        window = 0.0
        while batch := self._next(window):
            start = monotonic()
            yield batch
            window = min(_WINDOW[0] * (monotonic() - start), _WINDOW[1])
            with self._changes:
                self._at_work -= 1
                self.waiting -= sum(len(places) for _, places in batch)

    def _next(self, window: float) -> Batch:
        with self._changes:
            while True:
                self._changes.wait_for(lambda: self._requests or not self._is_open)
                if self._at_work and self._is_open:  # no time is lost: the processor is busy with another batch
                    self._changes.wait_for(self._is_enough, window)
                self._forget()
                if self._requests or not self._is_open:
                    break
            batch = self._take()
            self._at_work += bool(batch)
            if self._requests:
                self._changes.notify()
            return batch

    def _forget(self) -> None:
        """Leaves out the requests that nobody waits for any more."""
        over = [work for work in self._requests if work.result.done()]
        for work in over:
            self._requests.remove(work)
            self.waiting -= work.left

    def _is_enough(self) -> bool:
        return sum(work.left for work in self._requests) >= self._share()

    def _share(self) -> int:
        """Sentences for one worker, so that the others have something to do as well."""
        return min(_BATCH, ceil(self.waiting / self._workers))

    def _take(self) -> Batch:
        """Sentences of the requests of one kind, evenly; a request with more of them goes behind the others."""
        room, batch = self._share(), dict[Work, range]()
        while room and (turn := [work for work in self._requests if work.kind == self._requests[0].kind and work.left]):
            most = max(1, room // len(turn))
            for work in turn[:room]:
                places = work.take(most)
                batch[work] = range(batch.get(work, places).start, places.stop)
                room -= len(places)
        for work in batch:
            self._requests.remove(work)
            if work.left:
                self._requests.append(work)
        return list(batch.items())


class BatchEngine:
    """Translates in threads, each with its pipelines; on_batch is told how many requests and sentences go together."""

    def __init__(self, settings: ServerSettings, on_batch: Callable[[int, int], object] = lambda *counts: None):
        self._limit = settings.limits.waiting
        self._on_batch = on_batch
        self._queue = Queue(settings.workers)
        self._threads = [threading.Thread(target=self._run, args=(Pipelines(settings),), daemon=True)
                         for _ in range(settings.workers)]  # fmt: skip
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Sentences that wait for the model or are with it."""
        return self._queue.waiting

    def submit(self, work: Work) -> Future[list[Segment]]:
        """The translated segments to come; raises Busy where too many wait."""
        if work.size:
            self._queue.put(work, self._limit)
        return work.result

    def stop(self) -> None:
        """Finishes what was submitted."""
        self._queue.close()
        for thread in self._threads:
            thread.join()

    def _run(self, pipelines: Pipelines) -> None:
        for batch in self._queue.batches():
            self._on_batch(len(batch), sum(len(places) for _, places in batch))
            self._translate(batch, pipelines)

    def _translate(self, batch: Batch, pipelines: Pipelines) -> None:
        first = batch[0][0]
        try:
            pipe = pipelines.get(first.pair, first.glossary_id, first.glossary)
            translated = pipe.translate_excerpts([work.excerpt(places) for work, places in batch])
            for (work, places), sentences in zip(batch, translated, strict=True):
                work.finish(places, sentences)
        except Exception as error:
            if len(batch) == 1:
                return first.fail(error)
            for each in batch:  # one request's trouble is not the others'
                self._translate([each], pipelines)
