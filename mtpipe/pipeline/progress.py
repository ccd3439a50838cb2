"""How far a job is, for those who wait for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mtpipe.pipeline.job_folder import File


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: share (0…1) of its bytes, name of the document it is at, files done of all."""

    share: float
    path: str
    done: int
    files: int


OnProgress = Callable[[Progress], object]


class Meter:
    """Counts files and bytes and tells on_progress of them; the share never falls."""

    def __init__(self, files: Sequence[File] = (), on_progress: OnProgress | None = None):
        self._on_progress = on_progress or (lambda progress: None)
        self._bytes = sum(file.size for file in files) or 1
        self._files = len(files)
        self._done = 0
        self._bytes_done = 0
        self._share = 0.0

    def at(self, path: str, bytes_more: float = 0.0) -> None:
        """The job is at the document at path, bytes_more of what it has in hand are done."""
        # all may be translated long before the last document is written
        most = 1.0 if self._done == self._files else 0.99
        self._share = max(self._share, min(most, (self._bytes_done + bytes_more) / self._bytes))
        self._on_progress(Progress(self._share, path, self._done, self._files))

    def past(self, size: int) -> None:
        """So many bytes are done, no file is yet."""
        self._bytes_done += size

    def finish(self, file: File) -> None:
        """A file is done."""
        self._done += 1
        self._bytes_done += file.size
        self.at(file.name)
