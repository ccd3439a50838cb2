"""Which worker is at which documents: what an ended one leaves is done again, reports come out in the files' order."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable, Iterator

from mtpipe.pipeline.job_folder import File, Window
from mtpipe.report.model import DocumentResult, JobReport, Totals

Key = tuple[int, ...]
_AHEAD = 2  # pieces of a worker: one it is at, one that it reads meanwhile


class Schedule:
    """Windows handed out piece by piece; a piece is a window, or one file of a window that its worker did not survive.

    attempts: how often a single file may be at hand when a worker ends, before it is given up.
    """

    def __init__(self, windows: Iterator[Window], attempts: int = 4):
        self._windows = windows
        self._attempts = attempts
        self._files: dict[Key, list[File]] = {}  # of the pieces that are not done
        self._again: deque[Key] = deque()
        self._order: deque[Key] = deque()
        self._reports: dict[Key, JobReport] = {}
        self._at: dict[Hashable, list[Key]] = {}
        self._ends: Counter[Key] = Counter()
        self._has_more = True

    @property
    def is_over(self) -> bool:
        """Whether all is done."""
        return not self._has_more and not self._files

    def next(self, worker: Hashable) -> tuple[Key, list[File]] | None:
        """A piece for the worker; None where it has enough, or where there is none to begin."""
        own = self._at.setdefault(worker, [])
        is_alone = any(map(self._ends.__getitem__, own))  # what ended a worker shall not end what is beside it
        if len(own) >= _AHEAD or is_alone or (own and self._again):
            return None
        if self._again:
            key = self._again.popleft()
        elif (window := next(self._windows, None)) is not None:
            key, self._files[key] = (window[0],), window[1]
            self._order.append(key)
        else:
            self._has_more = False
            return None
        own.append(key)
        return key, self._files[key]

    def files(self, key: Key) -> list[File]:
        return self._files[key]

    def finish(self, worker: Hashable, key: Key, report: JobReport) -> None:
        """The worker has done a piece."""
        self._at[worker].remove(key)
        del self._files[key]
        self._reports[key] = report

    def end(self, worker: Hashable, why: str) -> list[File]:
        """The worker is no more: takes back what it had, and returns that; why: "signal 9"."""
        gone = []
        for key in self._at.pop(worker, []):
            files = self._files.pop(key)
            gone += files
            ends = self._ends[key] + 1
            if len(files) == 1 and ends >= self._attempts:
                self._reports[key] = _given_up(files[0], why, ends)
                continue
            place = self._order.index(key)
            pieces = [(*key, n) for n in range(len(files))] if len(files) > 1 else [key]
            del self._order[place]
            for piece, file in zip(reversed(pieces), reversed(files)):
                self._order.insert(place, piece)
                self._again.appendleft(piece)
                self._files[piece], self._ends[piece] = [file], ends
        return gone

    def reports(self) -> Iterator[JobReport]:
        """The reports that are next in order."""
        while self._order and self._order[0] in self._reports:
            yield self._reports.pop(self._order.popleft())


def _given_up(file: File, why: str, ends: int) -> JobReport:
    message = (f"{file.path}: given up, {ends} workers ended with it in hand ({why}); it may be damaged or too large "
               "for the memory: look at it, then run the same command again")  # fmt: skip
    return JobReport(totals=Totals(documents=1, failed=1), documents=(DocumentResult(file.name, "failed",
                                                                                     message=message),))  # fmt: skip
