"""A lock on a folder that ends with its process, however that ends, on network folders as well."""

from __future__ import annotations

import sqlite3
from pathlib import Path

FILE = "lock.sqlite"


class Lock:
    """Held from here to `release` by one process at a time; raises BlockingIOError where another has it.

    seconds: to wait for it. Raises OSError for a folder that can't be written to. The lock is SQLite's own on an empty
    file, so that it holds on every system and file system that a job's state may lie on.
    """

    def __init__(self, folder: Path, seconds: float = 0.0):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(folder / FILE, timeout=seconds, isolation_level=None)
            try:
                self._db.execute("BEGIN EXCLUSIVE")
            except BaseException:
                self._db.close()
                raise
        except sqlite3.Error as error:
            if "locked" in str(error):
                raise BlockingIOError(f"{folder / FILE}: database is locked") from error
            raise OSError(f"{folder / FILE}: {error}") from error

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def release(self) -> None:
        self._db.close()
