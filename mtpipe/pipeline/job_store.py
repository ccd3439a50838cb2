"""The job's memory: one SQLite file with a row a unit, a draft and a document, so that nothing is done twice.

A unit is a distinct sentence under its terms; its key changes with everything that changes its translation. A draft's
changes with what the translator reads only, so that other editors start from the drafts at hand. One writer: the file
stays locked while a job runs, and a killed job's lock goes with its process.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, replace
from math import exp
from pathlib import Path
from typing import Any, TypeVar

from mtpipe.document.segment import Code, Edit, Segment, TermError
from mtpipe.errors import JobStateError
from mtpipe.glossary.model import Term
from mtpipe.io.digest import of_file
from mtpipe.io.sqlite import transaction

T = TypeVar("T")
FILE = "job.sqlite"
DONE = ("checked", "repaired", "failed")  # not yet: waiting; pending units have no row
_VERSION = 7
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


class Store:
    """The state of the job in folder, opened for writing; raises JobStateError where that can't be."""

    def __init__(self, folder: Path):
        self._path = folder / FILE
        with self._guarded():
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self._path, timeout=0, isolation_level=None)
            # EXCLUSIVE before the first read: the lock is then held until the process ends, however it ends
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            with transaction(self._db):
                version = self._db.execute("PRAGMA user_version").fetchone()[0]
                if version != _VERSION:
                    self._create(version)
                for statement in _REVIEW.split(";"):
                    self._db.execute(statement)
            # of this run only, and not in memory, which must not grow with the job
            self._db.execute("CREATE TEMP TABLE seen (key TEXT PRIMARY KEY) WITHOUT ROWID")

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error: object) -> None:
        self._db.close()

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

    def first_seen(self, keys: Iterable[str]) -> set[str]:
        """Which of the keys this run had not asked about before."""
        names = list(keys)
        new = set(names) - {row[0] for row in self._select("seen", names)}
        self._insert("seen", [(key,) for key in new])
        return new

    def is_finished(self, path: str, digest: str) -> bool:
        """Whether a document was finished under this digest."""
        return any(row[1] == digest for row in self._select("documents", [path]))

    def is_intact(self, path: str, out: Path) -> bool:
        """Whether the output of a finished document is as it was written."""
        return any(row[2] == of_file(out) for row in self._select("documents", [path]))

    def finish(self, path: str, digest: str, out: Path) -> None:
        """Keeps that a document was written to out."""
        self._insert("documents", [(path, digest, of_file(out))])

    def paths(self) -> list[str]:
        """Of all documents that were ever finished in this job's folder."""
        with self._guarded():
            return [path for path, in self._db.execute("SELECT path FROM documents ORDER BY path")]

    # for people: sentences and edits

    def save_settings(self, settings: Mapping[str, Any]) -> None:
        """What reading and writing the documents again needs; no keys of anything."""
        with self._guarded(), transaction(self._db):
            self._db.execute("DELETE FROM job")
            self._db.execute("INSERT INTO job VALUES (?)", (json.dumps(settings, default=str),))

    def settings(self) -> dict[str, Any] | None:
        with self._guarded():
            row = self._db.execute("SELECT settings FROM job").fetchone()
            return json.loads(row[0]) if row else None

    def save_sentences(self, path: str, sentences: Iterable[tuple[Segment, str]]) -> None:
        """The (sentence, key of its unit) of a document, in order, in the place of those it had."""
        pairs = list(sentences)
        with self._guarded(), transaction(self._db):
            numbers = self._numbers({match.term for segment, _ in pairs for match in segment.matches})
            self._db.execute("DELETE FROM sentences WHERE path = ?", (path,))
            rows = [(path, n, segment.id, key, segment.source, _codes_row(segment.codes), json.dumps(
                [(match.start, match.end, match.rule, numbers[match.term]) for match in segment.matches]
            )) for n, (segment, key) in enumerate(pairs)]  # fmt: skip
            self._db.executemany("INSERT INTO sentences VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def _numbers(self, terms: set[Term]) -> dict[Term, int]:
        """The number that each term has in this job's file."""
        texts = {json.dumps(astuple(term)): term for term in terms}
        self._db.executemany("INSERT OR IGNORE INTO terms (term) VALUES (?)", [(text,) for text in texts])
        numbers = {}
        for text, term in texts.items():
            numbers[term] = self._db.execute("SELECT n FROM terms WHERE term = ?", (text,)).fetchone()[0]
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
                texts = tuple(_error_text(*row) for row in json.loads(errors)) if edited is None else ()
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
        with self._guarded():
            rows = self._db.execute("SELECT id, source, target FROM edits WHERE path = ?", (path,))
            return {id: (source, target) for id, source, target in rows}

    def remarks(self, path: str) -> dict[str, tuple[str, str]]:
        """(source, note) by id of the sentences of a document that a person rejected or commented on."""
        with self._guarded():
            query = """SELECT id, source, status, comment FROM reviews
                       WHERE path = ? AND (status = 'rejected' OR comment != '')"""
            return {id: (source, ": ".join(filter(None, (f"{status or 'commented on'} by a person", comment))))
                    for id, source, status, comment in self._db.execute(query, (path,))}  # fmt: skip

    def unwritten(self) -> list[str]:
        """The documents whose file does not have all edits yet."""
        with self._guarded():
            return [path for path, in self._db.execute("SELECT path FROM unwritten ORDER BY path")]

    def set_written(self, path: str) -> None:
        with self._guarded():
            self._db.execute("DELETE FROM unwritten WHERE path = ?", (path,))

    def _insert(self, table: str, rows: list[tuple]) -> None:
        with self._guarded(), transaction(self._db):
            if rows:
                self._db.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)

    def _select(self, table: str, keys: list[str]) -> Iterator[tuple]:
        column = "path" if table == "documents" else "key"
        for i in range(0, len(keys), _BATCH):
            part = keys[i : i + _BATCH]
            with self._guarded():
                query = f"SELECT * FROM {table} WHERE {column} IN ({','.join('?' * len(part))})"
                yield from self._db.execute(query, part).fetchall()

    def _create(self, version: int) -> None:
        if version:
            for table in ("units", "drafts", "documents", "sentences", "terms"):
                self._db.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in _TABLES.split(";"):
            self._db.execute(statement)
        self._db.execute(f"PRAGMA user_version = {_VERSION}")

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turns what the disk or another process does to the file into a JobStateError."""
        try:
            yield
        except (sqlite3.Error, OSError, ValueError, TypeError, LookupError, OverflowError) as error:
            if "locked" in str(error):
                hint = "another mtpipe job is at work in this folder; wait for it or choose another --out"
            elif not isinstance(error, OSError) and not any(word in str(error) for word in _OF_THE_DISK):
                hint = "the file is damaged: delete it and run again"
            else:
                hint = "check the folder's permissions and the free space, then run the same command again"
            raise JobStateError(f"{self._path}: the job's state can't be kept ({error}); {hint}") from error


def unit_of(row: Sequence[Any], segment: Segment) -> Segment:
    """The segment with what its row of units holds."""
    _, _, _, draft, score, postedit, notes, errors, edits, _, alternatives = row
    return replace(
        segment, draft=draft, score=score, postedit=postedit, notes=tuple(json.loads(notes)),
        alternatives=tuple(json.loads(alternatives)),
        errors=tuple(_error(item, segment) for item in json.loads(errors)),
        edits=tuple(_edit(item, segment) for item in json.loads(edits)),
    )  # fmt: skip


def _term_row(term: Term) -> list:
    return [term.sources, term.targets, term.status, term.forms]


def _term(row: list) -> Term:
    sources, targets, status, forms = row
    return Term(tuple(sources), tuple(targets), status, tuple(forms))


def _codes_row(codes: Iterable[Code]) -> str:
    return json.dumps([(code.start, code.end, code.kind) for code in codes])


def _error_text(kind: str, place: int | None, expected: list[str], there: str, rule: str) -> str:
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
