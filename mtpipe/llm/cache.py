"""The replies that were paid for, in an SQLite file: written one by one as they come, so that a kill loses none."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock

from mtpipe.errors import OutputError
from mtpipe.llm import Reply
from mtpipe.llm.prompts import Prompt

_TABLE = """CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, text TEXT, tokens_in INTEGER, tokens_out INTEGER, problem TEXT) WITHOUT ROWID"""
_PATIENCE = 30.0  # seconds that a job waits for another one that writes to a file they share


def key(prompt: Prompt, digest: str) -> str:
    """digest: of the model and its parameters."""
    content = json.dumps([digest, prompt.system, prompt.user, prompt.schema])
    return hashlib.sha256(content.encode()).hexdigest()


class Cache:
    """Replies by key; jobs may share one. Safe to use from several threads; raises OutputError."""

    def __init__(self, path: Path):
        self._path = path
        self._lock = Lock()
        with self._guarded():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute(_TABLE)

    def find(self, keys: Sequence[str]) -> dict[str, Reply]:
        """The replies there are, marked as cached."""
        with self._guarded():
            query = "SELECT text, tokens_in, tokens_out, problem FROM replies WHERE key = ?"
            rows = {name: self._db.execute(query, (name,)).fetchone() for name in keys}
        return {name: replace(Reply(*row), cached=True) for name, row in rows.items() if row}

    def put(self, name: str, reply: Reply) -> None:
        row = name, reply.text, reply.tokens_in, reply.tokens_out, reply.problem
        with self._guarded():
            self._db.execute("INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?)", row)

    def close(self) -> None:
        with self._guarded():
            self._db.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except (sqlite3.Error, OSError) as error:
            hint = "check permissions and free space, or choose another --llm-cache"
            if "malformed" in str(error) or "not a database" in str(error):
                hint = "it is damaged or something else: delete it or choose another --llm-cache"
            raise OutputError(f"{self._path}: the LLM's replies can't be kept ({error}); {hint}") from error
