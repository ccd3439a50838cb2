"""The job in several processes of this machine: each has its tools and its store, and reads the others' stores."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Any

from mtpipe.config import Job
from mtpipe.config.job import PARTS
from mtpipe.errors import JobStateError, MtpipeError, amount
from mtpipe.glossary.loading import load_glossary
from mtpipe.pipeline import job_folder, resources
from mtpipe.pipeline.engines import PORTION, Assignment
from mtpipe.pipeline.engines.schedule import Schedule
from mtpipe.pipeline.engines.serial import SerialEngine
from mtpipe.pipeline.job_folder import Window
from mtpipe.pipeline.job_store import Store
from mtpipe.pipeline.worker import Worker
from mtpipe.report.model import JobReport
from mtpipe.tm.memory import Memories

_WINDOWS = 32  # for each worker at least: none of them is long alone at the end, and little is in hand when one ends
_SPAWN = multiprocessing.get_context("spawn")  # a fork would share the locks of threads that it does not have


class ProcessesEngine:
    """Worker processes on this machine; one that ends early is replaced, and what it had in hand is done again.

    workers: 0 for one a core. attempts: how often a document may be in hand when a worker ends, before it is given up.
    """

    def __init__(self, workers: int = 0, attempts: int = 4):
        self._workers = workers or resources.cores()
        self._attempts = attempts

    def load(self, job: Job) -> None:
        """Finds what is wrong with the glossary, and makes the memories once for all workers."""
        if job.glossary:
            load_glossary(job.glossary, job.source_lang, job.target_lang, sheet=job.glossary_sheet,
                          columns=job.glossary_columns)  # fmt: skip
        if job.tm:
            Memories.made_of(job.tm, job.source_lang, job.target_lang, job.memories, job.memories)

    def map(self, work: Assignment) -> Iterator[JobReport]:
        if not work.files:  # of a shard: there is only the job to be described
            engine = SerialEngine()
            engine.load(work.job)
            yield from engine.map(work)
            return
        size = sum(file.size for file in work.files) // (self._workers * _WINDOWS)
        windows = job_folder.windows(work.files, min(work.job.window_bytes, max(1, size)))
        pool = _Pool(work, Schedule(windows, self._attempts), self._workers)
        try:
            yield from pool.reports()
        finally:
            pool.close()


@dataclass(frozen=True, slots=True)
class _Member:
    """A worker process as its parent sees it."""

    name: str
    process: BaseProcess
    connection: Connection


class _Pool:
    """So many worker processes as long as there is work."""

    def __init__(self, work: Assignment, schedule: Schedule, count: int):
        self._job, self._peers, self._meter = share(work.job, count), (work.job.state, *work.peers), work.meter
        self._schedule = schedule
        self._threads = max(1, resources.cores() // count)
        self._started = 0
        self._ended = 0  # early, since a worker last finished something
        self._most = count * 3
        self._members = [self._start() for _ in range(count)]
        for member in self._members:
            self._feed(member)

    def reports(self) -> Iterator[JobReport]:
        while not self._schedule.is_over:
            for connection in wait([member.connection for member in self._members]):
                member = next(member for member in self._members if member.connection is connection)
                try:
                    message = member.connection.recv()
                except (EOFError, OSError):
                    yield self._replace(member)
                else:
                    self._take(member, message)
            yield from self._schedule.reports()

    def close(self) -> None:
        """Ends all workers: those that are done by themselves, others at once."""
        for member in self._members:
            if self._schedule.is_over:
                _tell(member, None)
            else:
                member.process.terminate()
        for member in self._members:
            member.process.join()
            member.connection.close()

    def _take(self, member: _Member, message: Any) -> None:
        if isinstance(message, BaseException):
            raise message
        key, report = message
        for file in self._schedule.files(key):
            self._meter.finish(file)
        self._schedule.finish(member.name, key, report)
        self._ended = 0
        self._feed(member)

    def _feed(self, member: _Member) -> None:
        while (piece := self._schedule.next(member.name)) is not None:
            _tell(member, piece)

    def _replace(self, member: _Member) -> JobReport:
        """Another worker in the place of one that ended; the report says so."""
        member.process.join()
        member.connection.close()
        why = _reason(member.process.exitcode)
        files = self._schedule.end(member.name, why)
        self._ended += 1
        if self._ended > self._most:
            raise MtpipeError(f"{self._ended} workers ended one after the other ({why}); is there enough memory for "
                              "all of them? Try fewer --workers")  # fmt: skip
        self._members[self._members.index(member)] = self._start()
        for other in self._members:
            self._feed(other)
        return JobReport(faults=(f"{member.name} ended early ({why}); what it had in hand was done again: "
                                 f"{amount(len(files), 'document')}",))  # fmt: skip

    def _start(self) -> _Member:
        self._started += 1
        name = f"worker-{self._started}"
        peers = [*self._peers, *(self._job.state / PARTS / f"worker-{k}" for k in range(1, self._started))]
        near, far = _SPAWN.Pipe()
        process = _SPAWN.Process(target=_serve, args=(far, self._job, name, peers, self._threads), daemon=True)
        process.start()
        far.close()
        return _Member(name, process, near)


class _Inbox:
    """The windows that come through a connection, until a None."""

    def __init__(self, connection: Connection):
        self._connection = connection

    def __iter__(self) -> Iterator[Window]:
        return self

    def __next__(self) -> Window:
        piece: Window | None = self._connection.recv()
        if piece is None:
            raise StopIteration
        return piece

    @property
    def is_ready(self) -> bool:
        return self._connection.poll()


def share(job: Job, count: int) -> Job:
    """The job as one of so many workers does it: saved in small portions, what an LLM may cost divided among them."""
    calls = job.calls
    most = ceil(calls.max_calls / count) if calls.max_calls else 0
    calls = replace(calls, max_calls=most, max_cost=calls.max_cost / count)
    return replace(job, calls=calls, units_per_chunk=min(job.units_per_chunk, PORTION))


def _serve(connection: Connection, job: Job, name: str, peers: Sequence[Path], threads: int) -> None:
    """A worker process: does the windows that come, and sends their reports or the error that ended it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends it
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        start = perf_counter()
        tools = resources.load(job, job.memories, threads=threads)
        with Store(job.state / PARTS / name, peers, siblings=job.writers, is_part=True, is_local=True) as store:
            worker = Worker(job, tools, store, seconds=perf_counter() - start)
            for key, report in worker.run(_Inbox(connection)):
                connection.send((key, report))
    except (MtpipeError, OSError) as error:
        connection.send(error if isinstance(error, MtpipeError) else JobStateError(f"{name}: {error}"))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _tell(member: _Member, piece: Any) -> None:
    try:
        member.connection.send(piece)
    except OSError:
        pass  # it has ended, which its connection says as well


def _reason(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
