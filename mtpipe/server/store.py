"""The server's state on disk: glossaries of clients, documents and their progress, characters used."""

from __future__ import annotations

import csv
import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from io import StringIO
from pathlib import Path
from time import time

from mtpipe.errors import InputError, OutputError
from mtpipe.glossary.model import Glossary, Term
from mtpipe.io.sqlite import transaction
from mtpipe.server.settings import Pair, hash_key

FILE = "server.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS glossaries (id TEXT PRIMARY KEY, name TEXT, created TEXT);
CREATE TABLE IF NOT EXISTS dictionaries (id TEXT, source TEXT, target TEXT, entries TEXT,
                                         PRIMARY KEY (id, source, target));
CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, key TEXT, name TEXT, source TEXT, target TEXT,
                                      glossary TEXT, state TEXT, message TEXT, characters INTEGER, created REAL);
CREATE TABLE IF NOT EXISTS used (name TEXT PRIMARY KEY, characters INTEGER);
"""
Entries = dict[str, str]


@dataclass(frozen=True, slots=True)
class ClientGlossary:
    """A glossary that a client made: entries (source term → target term) by pair."""

    id: str
    name: str
    created: str
    dictionaries: Mapping[Pair, Entries]

    def of(self, pair: Pair) -> Glossary | None:
        """Its terms of one pair; None where it has none."""
        entries = self.dictionaries.get(pair)
        if entries is None:
            return None
        return Glossary.of((Term((source,), (target,)) for source, target in entries.items()), *pair, self.name)


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document that a client sent; state: queued, translating, done or error (message says why)."""

    id: str
    key: str
    name: str
    source: str
    target: str
    glossary: str
    state: str
    message: str
    characters: int
    created: float


class ServerStore:
    """The state in folder; raises OutputError where it can't be kept."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._lock = threading.Lock()
        with self._guarded():
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(folder / FILE, timeout=10, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_TABLES)
            row = self._db.execute("SELECT characters FROM used WHERE name = 'all'").fetchone()
        self._characters: int = row[0] if row else 0

    def close(self) -> None:
        self._db.close()

    # glossaries

    def glossaries(self) -> list[ClientGlossary]:
        with self._guarded():
            rows = self._db.execute("SELECT id, name, created FROM glossaries ORDER BY created").fetchall()
            return [self._glossary(*row) for row in rows]

    def glossary(self, id: str) -> ClientGlossary | None:
        with self._guarded():
            row = self._db.execute("SELECT id, name, created FROM glossaries WHERE id = ?", (id,)).fetchone()
            return self._glossary(*row) if row else None

    def save_glossary(
        self, name: str | None, dictionaries: Mapping[Pair, Entries], id: str = ""
    ) -> ClientGlossary:
        """A new glossary, or the one called id with another name and these dictionaries in the place of its own."""
        with self._guarded(), transaction(self._db):
            if not id:
                id = str(uuid.uuid4())
                now = datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
                self._db.execute("INSERT INTO glossaries VALUES (?, ?, ?)", (id, name, now))
            elif name:
                self._db.execute("UPDATE glossaries SET name = ? WHERE id = ?", (name, id))
            self._db.executemany(
                "INSERT OR REPLACE INTO dictionaries VALUES (?, ?, ?, ?)",
                [(id, *pair, json.dumps(entries)) for pair, entries in dictionaries.items()],
            )
        glossary = self.glossary(id)
        assert glossary is not None
        return glossary

    def delete_glossary(self, id: str, pair: Pair | None = None) -> bool:
        """Deletes a glossary, or one dictionary of it; False where there is none."""
        with self._guarded(), transaction(self._db):
            if pair:
                query = "DELETE FROM dictionaries WHERE id = ? AND source = ? AND target = ?"
                return self._db.execute(query, (id, *pair)).rowcount > 0
            self._db.execute("DELETE FROM dictionaries WHERE id = ?", (id,))
            return self._db.execute("DELETE FROM glossaries WHERE id = ?", (id,)).rowcount > 0

    def _glossary(self, id: str, name: str, created: str) -> ClientGlossary:
        rows = self._db.execute("SELECT source, target, entries FROM dictionaries WHERE id = ?", (id,))
        return ClientGlossary(id, name, created, {(source, target): json.loads(text) for source, target, text in rows})

    # documents

    def add_document(self, name: str, pair: Pair, glossary: str, characters: int) -> tuple[str, str]:
        """(id, key) of a new document, not queued yet: its file is still to be written. The key is kept hashed."""
        id, key = uuid.uuid4().hex.upper(), uuid.uuid4().hex.upper()
        row = (id, hash_key(key), name, *pair, glossary, "new", "", characters, time())
        with self._guarded():
            self._db.execute(f"INSERT INTO documents VALUES ({','.join('?' * len(row))})", row)
        return id, key

    def document(self, id: str, key: str) -> DocumentRow | None:
        """The document of this id and key."""
        with self._guarded():
            query = "SELECT * FROM documents WHERE id = ? AND key = ?"
            row = self._db.execute(query, (id, hash_key(key))).fetchone()
            return DocumentRow(*row) if row else None

    def documents(self, *states: str) -> list[DocumentRow]:
        with self._guarded():
            marks = ",".join("?" * len(states))
            query = f"SELECT * FROM documents WHERE state IN ({marks}) ORDER BY created"
            return [DocumentRow(*row) for row in self._db.execute(query, states)]

    def set_document(self, id: str, state: str, message: str = "") -> None:
        with self._guarded():
            self._db.execute("UPDATE documents SET state = ?, message = ? WHERE id = ?", (state, message, id))

    def delete_documents(self, before: float) -> list[str]:
        """Forgets the finished documents that came before a time; their ids."""
        with self._guarded():
            query = "DELETE FROM documents WHERE created < ? AND state IN ('done', 'error', 'new') RETURNING id"
            return [row[0] for row in self._db.execute(query, (before,)).fetchall()]

    # characters

    def characters(self) -> int:
        return self._characters

    def count_characters(self, number: int) -> None:
        query = """INSERT INTO used VALUES ('all', ?)
                   ON CONFLICT DO UPDATE SET characters = characters + excluded.characters"""
        with self._guarded():
            self._db.execute(query, (number,))
            self._characters += number

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except (sqlite3.Error, OSError) as error:
                problem = f"{self.folder / FILE}: the server's state can't be kept ({error})"
                raise OutputError(f"{problem}; check the folder's permissions and the free space") from error


def entries_of(text: str, form: str) -> Entries:
    """The entries of a TSV or CSV text, source and target term a line; raises InputError naming each bad line."""
    if form not in ("tsv", "csv"):
        raise InputError(f"entries_format is {form!r}; give tsv or csv")
    rows = csv.reader(StringIO(text)) if form == "csv" else (line.split("\t") for line in text.splitlines())
    entries: Entries = {}
    problems = []
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) < 2 or not cells[0] or not cells[1]:
            problems.append(f"line {number}: give a source and a target term")
        elif cells[0] in entries and entries[cells[0]] != cells[1]:
            problems.append(f"line {number}: {cells[0]!r} has two targets")
        else:
            entries[cells[0]] = cells[1]
    if not entries and not problems:
        problems = ["no entries in it"]
    if problems:
        raise InputError(f"glossary entries: {'; '.join(problems[:20])}")
    return entries


def tsv_of(entries: Mapping[str, str]) -> str:
    return "\n".join(f"{source}\t{target}" for source, target in entries.items())
