"""Engines: how a job's documents are spread over workers, in this process, in others, on other machines."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mtpipe.config import Job
from mtpipe.pipeline.job_folder import File
from mtpipe.pipeline.progress import Meter
from mtpipe.report.model import JobReport

PORTION = 256  # units that a writer among others saves together at most: so much is lost with it, or done twice


@dataclass(frozen=True, slots=True)
class Assignment:
    """What an engine is to do: the files of a job, sorted; the folder of its state (job.state) is locked.

    peers: other folders with stores that hold finished work.
    """

    job: Job
    files: Sequence[File]
    peers: tuple[Path, ...]
    meter: Meter


class Engine(Protocol):
    """Constructor keywords are the engine's options ([engine.<name>]); mtpipe offers `workers` (0: one a core)."""

    def load(self, job: Job) -> None:
        """Loads what this process needs, before anything is written; raises MtpipeError."""
        ...

    def map(self, work: Assignment) -> Generator[JobReport, None, None]:
        """Reports of disjoint parts of the files, all of them together, in the order of the files.

        Each file is read, translated and written by one worker. Workers in other processes have a store each, in
        <job.state>/parts; a file is done again where its worker ended before it had said that it was done. Raises
        MtpipeError where the job can't go on.
        """
        ...
