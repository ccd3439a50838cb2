"""The job's memory: one SQLite file with a row a unit, a draft and a document, so that nothing is done twice.

A unit is a distinct sentence under its terms; its key changes with everything that changes its translation. A draft's
changes with what the translator reads only, so that other editors start from the drafts at hand. One writer a file: its
folder stays locked while a job runs, and a killed job's lock goes with its process. Of several writers (shards, workers
of an engine) each has a file of its own and reads those of its peers; `absorb` makes them one.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import astuple, replace
from math import exp
from pathlib import Path
from typing import Any, Self, TypeVar

from mtpipe.config.job import PARTS
from mtpipe.document.segment import Code, Edit, Segment, TermError, TermMatch
from mtpipe.errors import JobStateError
from mtpipe.glossary.model import Term
from mtpipe.io import lock, object_store
from mtpipe.io.digest import of_file, of_text
from mtpipe.io.sqlite import transaction

T = TypeVar("T")
FILE = "job.sqlite"
SEEN = "seen.sqlite"
DONE = ("checked", "repaired", "failed")  # not yet: waiting; pending units have no row
_VERSION = 8
_TABLES = """
CREATE TABLE units (key TEXT PRIMARY KEY, state TEXT, source TEXT, draft TEXT, score REAL, postedit TEXT,
                    notes TEXT, errors TEXT, edits TEXT, terms TEXT, alternatives TEXT) WITHOUT ROWID;
CREATE TABLE drafts (key TEXT PRIMARY KEY, draft TEXT, score REAL, notes TEXT, alternatives TEXT) WITHOUT ROWID;
CREATE TABLE documents (path TEXT PRIMARY KEY, digest TEXT, output TEXT) WITHOUT ROWID;
CREATE TABLE sentences (path TEXT, n INTEGER, id TEXT, key TEXT, source TEXT, codes TEXT, matches TEXT,
                        PRIMARY KEY (path, n)) WITHOUT ROWID;
CREATE TABLE terms (n INTEGER PRIMARY KEY, term TEXT UNIQUE);
"""
_OF_THE_DISK = ("full", "readonly", "disk I/O", "unable to open")  # in SQLite's words
# beside those, kept whatever the version of the others: what people made of the sentences. reviews: their decisions;
# history: what a sentence was like before each of them; unwritten: documents whose file does not have all edits yet
_REVIEW = """
CREATE TABLE IF NOT EXISTS job (settings TEXT);
CREATE TABLE IF NOT EXISTS edits (id TEXT PRIMARY KEY, path TEXT, source TEXT, target TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reviews (id TEXT PRIMARY KEY, path TEXT, source TEXT, status TEXT, comment TEXT,
                                    version INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (n INTEGER PRIMARY KEY, action INTEGER, id TEXT, target TEXT, status TEXT,
                                    comment TEXT, version INTEGER);
CREATE INDEX IF NOT EXISTS history_by_action ON history (action);
CREATE TABLE IF NOT EXISTS unwritten (path TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_BATCH = 500  # variables in one query
_ENDING = 5.0  # seconds in which a worker ends whose parent was killed
_PATIENCE = 60.0  # seconds that a writer waits for others to read, and they for it to write
_MACHINE = "machine"  # a file with the name of the one that a writer is on, beside its store
_SIBLINGS = 16  # in whose stores one looks at most, however many there are
_TERM_DIGITS = 12  # hexadecimal, of a term's number, which JavaScript can hold as well
_SEEN = "CREATE TABLE IF NOT EXISTS run.seen (key TEXT PRIMARY KEY, is_reused INTEGER) WITHOUT ROWID"


# what another store has: a finished unit before a waiting one, a document as it was written last
_UNION = """
DELETE FROM units WHERE state = 'waiting' AND key IN (SELECT key FROM part.units WHERE state != 'waiting');
INSERT OR IGNORE INTO units SELECT * FROM part.units;
INSERT OR IGNORE INTO drafts SELECT * FROM part.drafts;
INSERT OR REPLACE INTO documents SELECT * FROM part.documents;
INSERT OR IGNORE INTO terms SELECT * FROM part.terms;
DELETE FROM sentences WHERE path IN (SELECT DISTINCT path FROM part.sentences);
INSERT INTO sentences SELECT * FROM part.sentences;
INSERT OR IGNORE INTO edits SELECT * FROM part.edits;
INSERT INTO job SELECT * FROM part.job WHERE NOT EXISTS (SELECT * FROM job)
"""


def unit_key(segment: Segment, settings: str) -> str:
    """settings: digest of what is to be done with it; the rest is the segment's text, codes, terms and draft."""
    matched = terms_of(segment)
    content = [
        settings,
        segment.source,
        segment.draft,
        [(code.start, code.end, code.kind) for code in segment.codes],
        [(match.start, match.end, matched.index(match.term)) for match in segment.matches],
        [(term.sources, term.targets, term.status, term.forms, term.case_sensitive) for term in matched],
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def terms_of(segment: Segment) -> list[Term]:
    """The segment's distinct matched terms, in order: rows name a term by its place in this list."""
    return list(dict.fromkeys(match.term for match in segment.matches))


def is_current(folder: Path) -> bool:
    """Whether the file of the job in folder is of this version, which a Store would else begin anew; True where that
    can't be told now."""
    try:
        with closing(sqlite3.connect(f"{(folder / FILE).resolve().as_uri()}?mode=rw", uri=True, timeout=0)) as db:
            return bool(db.execute("PRAGMA user_version").fetchone()[0] == _VERSION)
    except sqlite3.Error:
        return True  # locked or damaged: opening it says which


class Store:
    """The state of the job in folder, opened for writing; raises JobStateError where that can't be.

    peers: folders of other stores, in which units, drafts, documents and edits are looked up that this one lacks.
    siblings: where others that may be at work have their folders; of those units and drafts are looked up, too.
    is_part: one writer of several, whose file others may read at any time; is_local: and all of them on one machine,
    which is faster. is_locked: whether the caller holds the folder's lock already. is_shared: whether one thread
    may read while another, always the same, writes.
    """

    def __init__(
        self, folder: Path, peers: Sequence[Path] = (), *, siblings: Sequence[Path] = (), is_part: bool = False,
        is_local: bool = False, is_locked: bool = False, is_shared: bool = False,
    ):  # fmt: skip
        self._path = folder / FILE
        self._peers: dict[Path, sqlite3.Connection | None] = {peer / FILE: None for peer in peers}
        self._places = siblings
        self._siblings: dict[Path, sqlite3.Connection | None] = {}
        self._patience: dict[Path, float] = {}  # seconds, with each of them
        self._is_local = is_local
        with self._guarded():
            self._lock = None if is_locked else lock.Lock(folder)
            self._db = sqlite3.connect(self._path, timeout=_PATIENCE * (is_part or is_locked), isolation_level=None,
                                       check_same_thread=not is_shared)  # fmt: skip
            # a write-ahead log needs one machine; EXCLUSIVE before the first read spares it its shared memory
            self._db.execute(f"PRAGMA locking_mode = {'NORMAL' if is_part else 'EXCLUSIVE'}")
            self._db.execute(f"PRAGMA journal_mode = {'TRUNCATE' if is_part and not is_local else 'WAL'}")
            self._db.execute("PRAGMA synchronous = NORMAL")
            with transaction(self._db):
                version = self._db.execute("PRAGMA user_version").fetchone()[0]
                if version != _VERSION:
                    self._create(version)
                for statement in _REVIEW.split(";"):
                    self._db.execute(statement)
            # of this run only, and not in memory, which must not grow with the job
            seen = folder / SEEN if is_part else ""
            if is_part:
                Path(seen).unlink(missing_ok=True)
                (folder / _MACHINE).write_text(platform.node(), encoding="utf-8")
            self._db.execute("ATTACH ? AS run", (str(seen),))
            self._db.execute("PRAGMA run.journal_mode = OFF")
            self._db.execute("PRAGMA run.synchronous = OFF")
            self._db.execute(_SEEN)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for peer in filter(None, (*self._peers.values(), *self._siblings.values())):
            peer.close()
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA journal_mode = DELETE")  # one plain file, which any number of readers may share
        self._db.close()
        if self._lock:
            self._lock.release()

    @contextmanager
    def together(self) -> Iterator[None]:
        """One transaction around all that is written inside: on a slow disk, it counts how often one ends."""
        with self._guarded(), self._transaction():
            yield

    def load(self, units: Mapping[str, Segment]) -> dict[str, tuple[str, Segment]]:
        """(state, segment with what is stored of it) of those units that have a row."""
        with self._guarded():
            return {row[0]: (row[1], unit_of(row, units[row[0]])) for row in self._select("units", list(units))}

    def drafted(self, units: Mapping[str, Segment]) -> dict[str, Segment]:
        """Those units, by the keys of their drafts, that have one, with it."""
        with self._guarded():
            return {
                key: replace(units[key], draft=draft, score=score, notes=tuple(json.loads(notes)),
                             alternatives=tuple(json.loads(alternatives)))
                for key, draft, score, notes, alternatives in self._select("drafts", list(units))
            }  # fmt: skip

    def save_drafts(self, units: Iterable[tuple[str, Segment]]) -> None:
        """Writes the drafts of a chunk by their keys, all or nothing."""
        self._insert("drafts", [(key, unit.draft, unit.score, json.dumps(unit.notes), json.dumps(unit.alternatives))
                                for key, unit in units])  # fmt: skip

    def save(self, units: Iterable[tuple[str, str, Segment]]) -> None:
        """Writes (key, state, segment) of a chunk, all or nothing."""
        rows = [
            (
                key, state, unit.source, unit.draft, unit.score, unit.postedit, json.dumps(unit.notes),
                json.dumps([_error_row(error, unit) for error in unit.errors]),
                json.dumps([_edit_row(edit, unit) for edit in unit.edits]),
                json.dumps([_term_row(term) for term in terms_of(unit)] if unit.edits else []),
                json.dumps(unit.alternatives),
            )
            for key, state, unit in units
        ]  # fmt: skip
        self._insert("units", rows)

    def edited(self) -> Iterator[Segment]:
        """The finished units that have edits, with sources, targets, terms without places and edits without errors."""
        with self._guarded():
            query = "SELECT key, source, draft, postedit, edits, terms FROM units WHERE edits != '[]' AND state != ?"
            for key, source, draft, postedit, edits, terms in self._db.execute(query, ("waiting",)):
                yield Segment(key, source, draft=draft, postedit=postedit, terms=tuple(map(_term, json.loads(terms))),
                              edits=tuple(Edit(*item[:4]) for item in json.loads(edits)))  # fmt: skip

    def first_seen(self, keys: Iterable[str], reused: Collection[str] = ()) -> set[str]:
        """Which of the keys this run had not asked about before; reused: those that an earlier run had finished."""
        names = list(keys)
        new = set(names) - {row[0] for row in self._select("run.seen", names)}
        self._insert("run.seen", [(key, key in reused) for key in new])
        return new

    def is_finished(self, path: str, digest: str) -> bool:
        """Whether a document was finished under this digest."""
        return any(row[1] == digest for row in self._select("documents", [path]))

    def is_intact(self, path: str, out: Path) -> bool:
        """Whether the output of a finished document is as it was written."""
        return any(row[2] == _digest(out) for row in self._select("documents", [path]))

    def finish(self, path: str, digest: str, out: Path) -> None:
        """Keeps that a document was written to out."""
        self._insert("documents", [(path, digest, _digest(out))])

    def paths_beside(self, names: Iterable[str]) -> list[str]:
        """Of documents that were ever finished in this job's folder, those that are not among names."""
        with self._guarded(), self._transaction():
            self._db.execute("CREATE TABLE run.present (path TEXT PRIMARY KEY) WITHOUT ROWID")  # on disk: may be many
            self._db.executemany("INSERT OR IGNORE INTO run.present VALUES (?)", ((name,) for name in names))
            query = "SELECT path FROM documents WHERE path NOT IN (SELECT path FROM run.present) ORDER BY path"
            paths = [path for path, in self._db.execute(query)]
            self._db.execute("DROP TABLE run.present")
        return paths

    # for people: sentences and edits

    def save_settings(self, settings: Mapping[str, Any]) -> None:
        """What reading and writing the documents again needs; no keys of anything."""
        with self._guarded(), self._transaction():
            self._db.execute("DELETE FROM job")
            self._db.execute("INSERT INTO job VALUES (?)", (json.dumps(settings, default=str),))

    def settings(self) -> dict[str, Any] | None:
        with self._guarded():
            row = self._db.execute("SELECT settings FROM job").fetchone()
            return json.loads(row[0]) if row else None

    def save_sentences(self, path: str, sentences: Iterable[tuple[Segment, str]]) -> None:
        """The (sentence, key of its unit) of a document, in order, in the place of those it had."""
        pairs = list(sentences)
        with self._guarded(), self._transaction():
            numbers = self._numbers({match.term for segment, _ in pairs for match in segment.matches})
            self._db.execute("DELETE FROM sentences WHERE path = ?", (path,))
            rows = [(path, n, segment.id, key, segment.source, _codes_row(segment.codes), json.dumps(
                [(match.start, match.end, match.rule, numbers[match.term]) for match in segment.matches]
            )) for n, (segment, key) in enumerate(pairs)]  # fmt: skip
            self._db.executemany("INSERT INTO sentences VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def _numbers(self, terms: set[Term]) -> dict[Term, int]:
        """The number of each term, the same in every store."""
        texts = {term: json.dumps(astuple(term)) for term in terms}
        numbers = {term: int(of_text(text)[:_TERM_DIGITS], 16) for term, text in texts.items()}
        rows = [(numbers[term], texts[term]) for term in terms]
        self._db.executemany("INSERT OR IGNORE INTO terms VALUES (?, ?)", rows)
        return numbers

    def document_paths(self) -> list[str]:
        """Of the documents that have sentences."""
        with self._guarded():
            return [path for path, in self._db.execute("SELECT DISTINCT path FROM sentences ORDER BY path")]

    def keys(self, path: str) -> list[tuple[str, str, str]]:
        """(id, source, key) of a document's sentences."""
        with self._guarded():
            query = "SELECT id, source, key FROM sentences WHERE path = ? ORDER BY n"
            return self._db.execute(query, (path,)).fetchall()

    def terms_by_number(self) -> dict[int, Term]:
        """The job's terms."""
        with self._guarded():
            rows = [(n, json.loads(row)) for n, row in self._db.execute("SELECT n, term FROM terms")]
            return {n: Term(tuple(sources), tuple(targets), status, tuple(forms), *rest)
                    for n, (sources, targets, status, forms, *rest) in rows}  # fmt: skip

    def segments(self, path: str, terms: Mapping[int, Term]) -> list[Segment]:
        """The sentences of a document as the job left them; terms: the job's."""
        query = """SELECT s.id, s.source, s.codes, s.matches, u.* FROM sentences s JOIN units u ON u.key = s.key
                   WHERE s.path = ? ORDER BY s.n"""
        with self._guarded():
            return [unit_of(unit, sentence_of(id, source, codes, matches, terms))
                    for id, source, codes, matches, *unit in self._db.execute(query, (path,))]  # fmt: skip

    def sentences(self, make: Callable[..., T]) -> Iterator[T]:
        """make(id, document, source, codes, draft, target, errors, confidence, is_edited, alternatives, status,
        comment) of each sentence."""
        query = """SELECT s.id, s.path, s.source, s.codes, u.draft, u.postedit, u.errors, u.score, e.target,
                          u.alternatives, coalesce(r.status, ''), coalesce(r.comment, '')
                   FROM sentences s JOIN units u ON u.key = s.key
                   LEFT JOIN edits e ON e.id = s.id AND e.source = s.source
                   LEFT JOIN reviews r ON r.id = s.id AND r.source = s.source ORDER BY s.path, s.n"""
        with self._guarded():
            for id, path, source, codes, draft, postedit, errors, score, edited, *more in self._db.execute(query):
                texts = () if edited is not None else tuple(
                    error_text(kind, *rest) for kind, _, *rest in json.loads(errors)
                )
                target = draft if postedit is None else postedit
                confidence = None if score is None else round(exp(min(0.0, score)), 4)
                alternatives, *decision = more
                yield make(id, path, source, tuple(Code(*code) for code in json.loads(codes)), draft,
                           target if edited is None else edited, texts, confidence, edited is not None,
                           tuple(json.loads(alternatives)), *decision)  # fmt: skip

    def save_edits(self, edits: Iterable[tuple[str, str, str, str]]) -> None:
        """(document, id, source, target) of sentences that a person changed."""
        self._insert("edits", [(id, path, source, target) for path, id, source, target in edits])

    def edits(self, path: str) -> dict[str, tuple[str, str]]:
        """(source, target) by id of what people changed in a document."""
        query = "SELECT id, source, target FROM edits WHERE path = ?"
        with self._guarded():
            rows = [row for db in self._files() for row in db.execute(query, (path,))]
            return {id: (source, target) for id, source, target in reversed(rows)}

    def remarks(self, path: str) -> dict[str, tuple[str, str]]:
        """(source, note) by id of the sentences of a document that a person rejected or commented on."""
        with self._guarded():
            query = """SELECT id, source, status, comment FROM reviews
                       WHERE path = ? AND (status = 'rejected' OR comment != '')"""
            return {id: (source, ": ".join(filter(None, (f"{status or 'commented on'} by a person", comment))))
                    for db in self._files() for id, source, status, comment in db.execute(query, (path,))}  # fmt: skip

    def unwritten(self) -> list[str]:
        """The documents whose file does not have all edits yet."""
        with self._guarded():
            return [path for path, in self._db.execute("SELECT path FROM unwritten ORDER BY path")]

    def last_decision(self) -> int:
        """The number of the last one, 0 before the first."""
        with self._guarded():
            return self._db.execute("SELECT coalesce(max(n), 0) FROM history").fetchone()[0]

    def set_written(self, path: str, decision: int) -> None:
        """The document has all edits up to that decision."""
        query = """DELETE FROM unwritten WHERE path = ?1 AND NOT EXISTS (
                   SELECT 1 FROM history h JOIN sentences s ON s.id = h.id WHERE h.n > ?2 AND s.path = ?1)"""
        with self._guarded():
            self._db.execute(query, (path, decision))

    def absorb(self, parts: Iterable[Path]) -> None:
        """Takes over all that the stores in the folders of parts hold, the later ones counting more."""
        for part in parts:
            if (part / FILE).is_file():
                with _guarded(part / FILE):
                    self._db.execute("ATTACH ? AS part", (str(part / FILE),))
                    try:
                        if self._db.execute("PRAGMA part.user_version").fetchone()[0] == _VERSION:
                            with transaction(self._db):
                                for statement in filter(str.strip, _UNION.split(";")):
                                    self._db.execute(statement)
                    finally:
                        self._db.execute("DETACH part")

    def _insert(self, table: str, rows: list[tuple]) -> None:
        with self._guarded(), self._transaction():
            if rows:
                self._db.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)

    def _select(self, table: str, keys: list[str]) -> Iterator[tuple]:
        """The rows of the keys, the store's own before those of its peers, each key's first one."""
        column = "path" if table == "documents" else "key"
        wanted = dict.fromkeys(keys)
        with self._guarded():
            for db in self._files() if table != "run.seen" else [self._db]:
                for row in _rows(db, table, column, list(wanted)):
                    yield row
                    if table != "documents":
                        del wanted[row[0]]
        if table in ("units", "drafts"):
            for path in self._at_work() if wanted else ():
                for row in self._of_sibling(path, table, list(wanted)):
                    yield row
                    del wanted[row[0]]

    def _of_sibling(self, path: Path, table: str, keys: list[str]) -> list[tuple]:
        """Its rows of the keys; none where it can't be read now: they are made here as well then."""
        patience, self._patience[path] = self._patience.get(path, _PATIENCE), 0.0  # not after a wait in vain
        try:
            rows = self._read(path, table, keys, patience)
        except (sqlite3.Error, OSError):
            return []
        self._patience[path] = _PATIENCE
        return rows

    def _read(self, path: Path, table: str, keys: list[str], patience: float) -> list[tuple]:
        try:
            mode = "rw" if self._is_local else "ro"
            db = self._siblings[path] = self._siblings.get(path) or _opened(path, patience, mode)
            if db is None:
                return []
            db.execute(f"PRAGMA busy_timeout = {patience * 1000:.0f}")
            return _rows(db, table, "key", keys)
        except sqlite3.Error as error:
            is_half_written = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY_ROLLBACK
            if not is_half_written or _machine(path.parent) != platform.node():
                raise
        if (writable := _opened(path, patience, "rw")) is not None:  # which undoes it
            writable.close()
        return self._read(path, table, keys, patience)

    def _at_work(self) -> Iterator[Path]:
        """The files of the siblings, those whose folders follow its own in a circle."""
        own = self._path.parent.name
        for place in self._places:
            with suppress(OSError):
                names = sorted(name for name in os.listdir(place) if name != own)
                following = [*(name for name in names if name > own), *(name for name in names if name < own)]
                paths = (place / name / FILE for name in following[:_SIBLINGS])
                yield from (path for path in paths if path not in self._peers)

    def _files(self) -> Iterator[sqlite3.Connection]:
        """The own file and those of the peers that are there by now."""
        yield self._db
        for path in self._peers:
            db = self._peers[path] = self._peers[path] or _opened(path, _PATIENCE, "rw")
            if db is not None:
                yield db

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Of its own, or within the one that is open."""
        if self._db.in_transaction:
            yield
        else:
            with transaction(self._db):
                yield

    def _create(self, version: int) -> None:
        if version:
            for table in ("units", "drafts", "documents", "sentences", "terms"):
                self._db.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in _TABLES.split(";"):
            self._db.execute(statement)
        self._db.execute(f"PRAGMA user_version = {_VERSION}")

    def _guarded(self) -> AbstractContextManager[None]:
        return _guarded(self._path)


def parts(folder: Path) -> list[Path]:
    """The folders of the writers in a job's folder, those that wrote last at the end."""
    if not (folder / PARTS).is_dir():
        return []
    return sorted((path for path in (folder / PARTS).iterdir() if path.is_dir()), key=_last_change)


@contextmanager
def locked(folder: Path, seconds: float = 0.0) -> Iterator[None]:
    """Holds the lock of a folder of state; seconds: to wait for it. Raises JobStateError."""
    with _guarded(folder / FILE):
        held = lock.Lock(folder, seconds)
    with held:
        yield


def take_over(folder: Path, gone: Sequence[Path], *, is_kept: bool = False) -> None:
    """Makes the stores in the folders gone, whose writers have ended, part of the store in folder, and removes them.

    The caller holds the lock of folder. is_kept: whether all that is beside the stores stays. Raises JobStateError
    where one of gone is at work.
    """
    for part in gone:
        try:
            lock.Lock(part, _ENDING).release()
        except BlockingIOError as error:
            raise JobStateError(f"{part}: another mtpipe job is running in this folder; wait for it, or give the same "
                                "number of shards as it has") from error  # fmt: skip
    if gone:
        with Store(folder, is_locked=True) as store:
            store.absorb(gone)
    for part in gone:
        if is_kept:
            (part / FILE).unlink(missing_ok=True)
        else:
            shutil.rmtree(part, ignore_errors=True)


def distinct(seen: Iterable[Path]) -> tuple[int, int]:
    """How many distinct units the runs of several writers saw, and how many of them were finished before all of these.

    seen: the writers' folders.
    """
    with closing(sqlite3.connect("", isolation_level=None)) as db:  # on disk, in a file that goes with it
        db.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, is_reused INTEGER) WITHOUT ROWID")
        for folder in seen:
            if (folder / SEEN).is_file():
                db.execute("ATTACH ? AS run", (str(folder / SEEN),))
                db.execute("INSERT INTO seen SELECT * FROM run.seen WHERE true ON CONFLICT DO UPDATE "
                           "SET is_reused = min(is_reused, excluded.is_reused)")  # fmt: skip
                db.execute("DETACH run")
        unique, reused = db.execute("SELECT count(*), coalesce(sum(is_reused), 0) FROM seen").fetchone()
    return unique, reused


def _opened(path: Path, seconds: float, mode: str) -> sqlite3.Connection | None:
    """Another's file, for reading; None where it is not there yet. seconds: to wait while it is being written.

    mode: rw lets a reader undo what a killed writer left half done, which needs locks that work: on one machine they
    do, on a network not always.
    """
    if not path.is_file():
        return None
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    db = sqlite3.connect(uri, uri=True, timeout=seconds, isolation_level=None)
    try:
        if db.execute("PRAGMA user_version").fetchone()[0] == _VERSION:
            return db
    except sqlite3.Error:
        db.close()
        raise
    db.close()  # of a writer that is only beginning
    return None


def _machine(folder: Path) -> str:
    """The name of the machine that the writer in a folder is on, or was."""
    path = folder / _MACHINE
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _rows(db: sqlite3.Connection, table: str, column: str, keys: list[str]) -> list[tuple]:
    rows = []
    for i in range(0, len(keys), _BATCH):
        part = keys[i : i + _BATCH]
        query = f"SELECT * FROM {table} WHERE {column} IN ({','.join('?' * len(part))})"
        rows += db.execute(query, part).fetchall()
    return rows


@contextmanager
def _guarded(path: Path) -> Iterator[None]:
    """Turns what the disk or another process does to the file into a JobStateError."""
    try:
        yield
    except (sqlite3.Error, OSError, ValueError, TypeError, LookupError, OverflowError) as error:
        hint = "check the folder's permissions and the free space, then run the same command again"
        if "locked" in str(error):
            hint = "another mtpipe job is running in this folder; wait for it or choose another --out"
        elif not isinstance(error, OSError) and not any(word in str(error) for word in _OF_THE_DISK):
            hint = "the file is damaged: delete it and run again"
        raise JobStateError(f"{path}: the job's state can't be kept ({error}); {hint}") from error


def _digest(out: Path) -> str:
    return object_store.token(out) if object_store.is_remote(out) else of_file(out)


def _last_change(folder: Path) -> tuple[float, str]:
    path = folder / FILE
    return path.stat().st_mtime if path.is_file() else 0.0, folder.name


def unit_of(row: Sequence[Any], segment: Segment) -> Segment:
    """The segment with what its row of units holds."""
    _, _, _, draft, score, postedit, notes, errors, edits, _, alternatives = row
    return replace(
        segment, draft=draft, score=score, postedit=postedit, notes=tuple(json.loads(notes)),
        alternatives=tuple(json.loads(alternatives)),
        errors=tuple(_error(item, segment) for item in json.loads(errors)),
        edits=tuple(_edit(item, segment) for item in json.loads(edits)),
    )  # fmt: skip


def sentence_of(id: str, source: str, codes: str, matches: str, terms: Mapping[int, Term]) -> Segment:
    """A segment of a row of sentences, with what it has before it is translated."""
    places = tuple(TermMatch(terms[term], start, end, rule) for start, end, rule, term in json.loads(matches))
    return Segment(id, source, places, codes=tuple(Code(*code) for code in json.loads(codes)))


def _term_row(term: Term) -> list:
    return [term.sources, term.targets, term.status, term.forms]


def _term(row: list) -> Term:
    sources, targets, status, forms = row
    return Term(tuple(sources), tuple(targets), status, tuple(forms))


def _codes_row(codes: Iterable[Code]) -> str:
    return json.dumps([(code.start, code.end, code.kind) for code in codes])


def error_text(kind: str, expected: Sequence[str], there: str, rule: str) -> str:
    """An error as people read it in a table or a note."""
    accepted = f", expected {' | '.join(expected[:5])}" if expected else ""
    return f"{kind}{accepted}{f', found {there}' if there else ''} ({rule})"


def _edit_row(edit: Edit, segment: Segment) -> list:
    errors = [_error_row(error, segment) for error in edit.errors]
    return [edit.editor, edit.before, edit.after, edit.reason, errors, edit.confidence]


def _edit(row: list, segment: Segment) -> Edit:
    editor, before, after, reason, errors, confidence = row
    return Edit(editor, before, after, reason, tuple(_error(error, segment) for error in errors), confidence)


def _error_row(error: TermError, segment: Segment) -> list:
    place = terms_of(segment).index(error.term) if error.term is not None else None
    return [error.kind, place, error.expected, error.found, error.rule]


def _error(row: list, segment: Segment) -> TermError:
    kind, place, expected, text, rule = row
    return TermError(kind, None if place is None else terms_of(segment)[place], tuple(expected), text, rule)
