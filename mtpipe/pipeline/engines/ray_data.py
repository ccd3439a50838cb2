"""The job on Ray Data: actors on any number of machines that see the same folders load once and do window after window.

Each actor has a store of its own in the job's folder; the head holds the list of files and the report.
"""

from __future__ import annotations

import logging
import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import ray
import ray.data

from mtpipe.config import Job
from mtpipe.config.job import PARTS
from mtpipe.errors import ConfigError, MtpipeError, amount
from mtpipe.pipeline import job_folder, job_store, resources
from mtpipe.pipeline.engines import Assignment
from mtpipe.pipeline.engines.processes import ProcessesEngine, share
from mtpipe.pipeline.engines.serial import SerialEngine
from mtpipe.pipeline.job_folder import File, Window
from mtpipe.pipeline.job_store import Store
from mtpipe.pipeline.worker import Worker
from mtpipe.report.model import JobReport

_BLOCKS = 16  # for each worker at least, so that none of them is long alone at the end
_WINDOWS = 4  # of a block: one is read while another is translated
_LOCAL_MEMORY = 256 << 20  # bytes for blocks, which hold the names of files and reports


class RayEngine:
    """Actors on a Ray cluster, which have to see source, out, model and glossary under the same paths.

    workers: actors, 0 for one a core of the cluster. address: of a running cluster, such as auto; "" for one on this
    machine only, where RAY_ADDRESS names no other. cpus: cores of an actor; in_flight: blocks it is given at a time.
    """

    def __init__(self, workers: int = 0, address: str = "", cpus: int = 1, in_flight: int = 2):
        if cpus < 1 or in_flight < 1:
            raise ConfigError("engine.ray: cpus and in_flight must be 1 or more")
        self._workers, self._address, self._cpus, self._in_flight = workers, address, cpus, in_flight

    def load(self, job: Job) -> None:
        """Finds what is wrong with the glossary, and makes the memories once for all workers."""
        ProcessesEngine().load(job)

    def map(self, work: Assignment) -> Iterator[JobReport]:
        if not work.files:  # of a shard: there is only the job to be described
            serial = SerialEngine()
            serial.load(work.job)
            yield from serial.map(work)
            return
        is_own = not ray.is_initialized()
        if is_own:
            self._connect()
        try:
            yield from self._reports(work)
        finally:
            if is_own:
                ray.shutdown()

    def _connect(self) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if self._address or os.environ.get("RAY_ADDRESS"):
            options["address"] = self._address or None
        else:
            cores = max(self._workers * self._cpus, resources.cores())
            options |= {"num_cpus": cores, "include_dashboard": False, "object_store_memory": _LOCAL_MEMORY,
                        "runtime_env": {"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}}}
        try:
            ray.init(**options)
        except Exception as error:  # Ray has no class for its own
            place = self._address or os.environ.get("RAY_ADDRESS") or "this machine"
            raise ConfigError(f"engine.ray: no cluster on {place} ({error})") from error
        logging.getLogger("ray.data").setLevel(logging.ERROR)

    def _reports(self, work: Assignment) -> Iterator[JobReport]:
        job = work.job
        count = self._workers or max(1, int(ray.cluster_resources().get("CPU", 1)) // self._cpus)
        size = sum(file.size for file in work.files) // (count * _BLOCKS * _WINDOWS)
        windows = job_folder.windows(work.files, min(job.window_bytes, max(1, size)))
        blocks = list(iter(lambda: [pickle.dumps(window) for window in islice(windows, _WINDOWS)], []))
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        dataset = ray.data.from_items([{"windows": block} for block in blocks], override_num_blocks=len(blocks))
        done = dataset.map_batches(
            _Actor, batch_size=None, num_cpus=self._cpus,
            fn_constructor_args=(share(job, count), work.peers, self._cpus),
            compute=ray.data.ActorPoolStrategy(size=count, max_tasks_in_flight_per_actor=self._in_flight),
        )  # fmt: skip
        reports: dict[int, JobReport] = {}
        following = 0
        for row in done.iter_rows():
            number, files, report = pickle.loads(row["report"])
            if isinstance(report, MtpipeError):
                raise report
            reports[number] = report
            for file in files:
                work.meter.finish(file)
            while following in reports:
                yield reports.pop(following)
                following += 1
        ended = len(list((job.state / PARTS).glob("actor-*"))) - count
        if ended > 0:
            fault = f"{amount(ended, 'worker')} ended early; the documents in hand were done again"
            yield JobReport(faults=(fault,))


class _Actor:
    """A worker with its tools and its store, as long as its process lives."""

    def __init__(self, job: Job, peers: Sequence[Path], threads: int):
        self._thread = ThreadPoolExecutor(1)  # SQLite's connections are one thread's, and Ray's calls come from any
        self._loading = self._thread.submit(_open, job, peers, threads)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, list[bytes]]:
        windows = [pickle.loads(window) for block in batch["windows"] for window in block]
        return {"report": self._thread.submit(self._reports, windows).result()}

    def _reports(self, windows: Sequence[Window]) -> list[bytes]:
        done: list[tuple[int, Sequence[File], JobReport | MtpipeError]] = []
        files = dict(windows)
        try:
            for number, report in self._loading.result().run(iter(windows)):
                done.append((number, files[number], report))
        except MtpipeError as error:
            done.append((-1, (), error))
        return [pickle.dumps(row) for row in done]


def _open(job: Job, peers: Sequence[Path], threads: int) -> Worker:
    start = perf_counter()
    # of this process: where Ray starts an actor again, what the first one had is another writer's
    name = f"actor-{ray.get_runtime_context().get_actor_id()}-{os.getpid()}"
    folders = (job.state, *peers, *job_store.parts(job.state))
    tools = resources.load(job, job.memories, threads=threads)
    store = Store(job.state / PARTS / name, folders, siblings=job.writers, is_part=True)
    return Worker(job, tools, store, seconds=perf_counter() - start)
