"""What each process translated and when, noted by the translator itself; what was translated twice, and why."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import inf
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from mtpipe.document.segment import Segment
from mtpipe.models import registry
from mtpipe.mt import Draft
from mtpipe.mt.ct2 import CTranslate2Translator
from mtpipe.mt.fake import FakeTranslator

FAKE, MODEL = f"{__name__}:LoggedFake", f"{__name__}:LoggedModel"
_NUMBERS = count()


class Log:
    """A file of its own for each process, in folder: a line a batch, and one at the process's orderly end."""

    def __init__(self, folder: str):
        self._file = Path(folder, f"{os.getpid()}.{next(_NUMBERS)}.{time.time_ns()}").open("a", encoding="utf-8")
        self._write({"opened": True})
        Finalize(None, self._write, [{"closed": True}], exitpriority=0)

    def batch(self, segments: Sequence[Segment]) -> None:
        if segments:
            self._write({"sources": [segment.source for segment in segments]})

    def _write(self, row: dict[str, Any]) -> None:
        self._file.write(json.dumps({"at": time.monotonic(), **row}) + "\n")
        self._file.flush()


class LoggedFake(FakeTranslator):
    """Notes what it translates in the folder at log; the first process of all to make the file at slow is slow."""

    def __init__(self, log: str, slow: str = ""):
        super().__init__()
        self._log = Log(log)
        self._is_slow = bool(slow) and _is_first(Path(slow))

    def translate(self, segments: Sequence[Segment]) -> list[Draft]:
        self._log.batch(segments)
        if self._is_slow:
            time.sleep(0.01 * len(segments))
        drafts = super().translate(segments)
        self.calls.clear()  # of a million sentences
        return drafts


class LoggedModel(CTranslate2Translator):
    """The bundled English-German model, which notes what it translates in the folder at log."""

    def __init__(self, log: str, threads: int = 0):
        super().__init__(registry.find("en", "de", None).folder, threads=threads)
        self._log = Log(log)

    def translate(self, segments: Sequence[Segment]) -> list[Draft]:
        self._log.batch(segments)
        return super().translate(segments)


def _is_first(path: Path) -> bool:
    try:
        path.open("x").close()
    except FileExistsError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Doubled:
    """Sentences translated more often than once, by reason.

    in_hand: the first time was in one of the last two portions of a process that was killed or failed, before
    they were saved.
    at_once: it was not saved yet when the second process looked for it. needless: a store had it by then.
    """

    in_hand: int = 0
    at_once: int = 0
    needless: int = 0

    @property
    def total(self) -> int:
        return self.in_hand + self.at_once + self.needless


@dataclass(slots=True)
class _Process:
    """When its batches began, and when it ended in order (never: it was killed)."""

    opened: float
    begun: list[float] = field(default_factory=list)
    closed: float = inf

    def saved(self, batch: int) -> float:
        """When a batch was in the store at the latest: a worker takes up the second one after it then."""
        return self.begun[batch + 2] if batch + 2 < len(self.begun) else self.closed

    def looked_up(self, batch: int) -> float:
        """When it looked for a batch in the stores at the earliest: after it had taken up the second one before it."""
        return self.begun[batch - 2] if batch > 1 else self.opened


def doubled(folder: Path) -> Doubled:
    """Of all processes that wrote their logs to folder."""
    processes: dict[Path, _Process] = {}
    batches: list[tuple[float, Path, int]] = []
    for path, row in _rows(folder):
        process = processes.setdefault(path, _Process(row["at"]))
        if "closed" in row:
            process.closed = row["at"]
        elif "sources" in row:
            batches.append((row["at"], path, len(process.begun)))
            process.begun.append(row["at"])
    texts = {path: _batches(path) for path in processes}
    first: dict[int, tuple[_Process, int]] = {}
    reasons = {"in_hand": 0, "at_once": 0, "needless": 0}
    for _, path, number in sorted(batches, key=lambda batch: batch[0]):
        process = processes[path]
        for source in next(texts[path]):
            earlier = first.get(hash(source))
            if earlier is None:
                first[hash(source)] = process, number
                continue
            saved = earlier[0].saved(earlier[1])
            late = "at_once" if process.looked_up(number) <= saved else "needless"
            reasons["in_hand" if saved == inf else late] += 1
            if saved == inf:  # what counts from now on
                first[hash(source)] = process, number
    return Doubled(**reasons)


def reopen(folder: Path) -> None:
    """Takes the ends out of the logs: of processes that an error ended, which did not save what they had in hand."""
    for path in folder.iterdir():
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if '"closed"' not in line), encoding="utf-8")


def _rows(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in folder.iterdir():
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):  # the last line of a killed process may be half
                    yield path, json.loads(line)


def _batches(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8") as lines:
        for row in map(json.loads, (line for line in lines if line.endswith("\n"))):
            if "sources" in row:
                yield row["sources"]
