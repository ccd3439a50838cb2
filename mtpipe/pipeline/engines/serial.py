"""The job in this process: one worker, which reads and writes while the translator is at work on the next window."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from mtpipe.config import Job
from mtpipe.pipeline import job_folder, resources
from mtpipe.pipeline.engines import Assignment
from mtpipe.pipeline.job_store import Store
from mtpipe.pipeline.resources import Toolbox
from mtpipe.pipeline.worker import Worker
from mtpipe.report.model import JobReport


class SerialEngine:
    """One document after the other, in this process; tools: as loaded before."""

    def __init__(self, tools: Toolbox | None = None):
        self._tools = tools
        self._seconds = 0.0

    def load(self, job: Job) -> None:
        start = perf_counter()
        self._tools = self._tools or resources.load(job, job.memories)
        self._seconds = perf_counter() - start

    def map(self, work: Assignment) -> Iterator[JobReport]:
        job, tools = work.job, self._tools
        assert tools is not None
        # the first is small, so that the translator is soon at work
        windows = job_folder.windows(work.files, job.window_bytes, job.window_bytes // 8)
        with Store(job.state, work.peers, siblings=job.writers, is_part=bool(job.shard), is_locked=True) as store:
            worker = Worker(job, tools, store, work.meter, self._seconds)
            for _, report in worker.run(windows):
                yield report
            yield worker.report()  # what describes the job, where it has no documents
