"""A translation memory as one SQLite file: distinct pairs, the neighbours they were seen with, and an index of grams.

Pairs are found by key at once, similar ones by the grams they share: of each gram the file holds the units it stands
in, so that a look-up reads a few lists and not the memory.
"""

from __future__ import annotations

import hashlib
import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np

from mtpipe.errors import ConfigError, InputError, OutputError
from mtpipe.io.sqlite import transaction
from mtpipe.languages.tags import is_same
from mtpipe.tm.keys import grams, number
from mtpipe.tm.units import Placed, TranslationUnit, surrounded

_VERSION = 1
_APPLICATION = 0x6D74746D  # "mttm", in the file's header
_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE units (id INTEGER PRIMARY KEY, pair INTEGER UNIQUE, key INTEGER, source TEXT, target TEXT, changed TEXT);
CREATE INDEX by_key ON units (key);
CREATE TABLE contexts (unit INTEGER, previous INTEGER, following INTEGER, PRIMARY KEY (unit, previous, following))
 WITHOUT ROWID;
CREATE TABLE grams (gram TEXT, count INTEGER, units BLOB);
CREATE INDEX by_gram ON grams (gram, count);
CREATE TABLE lengths (first INTEGER PRIMARY KEY, lengths BLOB);
"""
_PATIENCE = 30.0  # seconds, while another process writes
_BATCH = 100_000  # units in one transaction, with their part of the index
_POSTINGS = 100_000  # entries of the index read in one search: the rarest grams first
_GRAMS = 2000  # looked at in one search: a book as one segment must not exceed SQLite's limits
_CANDIDATES = 100  # of them compared letter by letter
_SAME_KEY = 50  # units looked at that have the same words
_LONGEST = 0xFFFF


@dataclass(frozen=True, slots=True)
class Hit:
    """A unit found; neighbours: how many of the two it was seen with, uses: in how many surroundings."""

    source: str
    target: str
    changed: str = ""
    neighbours: int = 0
    uses: int = 0


class TmFile:
    """The memory in path, of one language pair; is_new: make it if it isn't there, and let it be added to.

    Raises InputError for another kind of file, ConfigError for other languages than those asked for.
    """

    def __init__(self, path: Path, languages: tuple[str, str] | None = None, *, is_new: bool = False):
        self.path = path
        with self._guarded():
            if is_new:
                path.parent.mkdir(parents=True, exist_ok=True)
            mode = "rwc" if is_new else "ro"
            uri = f"{path.resolve().as_uri()}?mode={mode}"
            self._db = sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)
            if languages and is_new and not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                self._create(*languages)
            kind = [self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
        if kind != [_APPLICATION, _VERSION]:
            raise InputError(f"{path}: not a translation memory of this version of mtpipe; make it with `mtpipe tm "
                             "import`")
        self.source_lang, self.target_lang = self.about["source_lang"], self.about["target_lang"]
        has = (self.source_lang, self.target_lang)
        if languages and not all(map(is_same, has, languages)):
            pairs = [" → ".join(pair) for pair in (has, languages)]
            raise ConfigError(f"{path}: a translation memory of {pairs[0]}, the job is {pairs[1]}; give another")

    def close(self) -> None:
        self._db.close()

    @property
    def about(self) -> dict[str, str]:
        """What is noted of the memory: source_lang, target_lang, digest (of all that it holds)."""
        with self._guarded():
            return dict(self._db.execute("SELECT name, value FROM about"))

    @property
    def digest(self) -> str:
        return self.about["digest"]

    def count(self) -> int:
        """How many distinct pairs it holds."""
        return self._one("SELECT coalesce(max(id), 0) FROM units")

    def stats(self) -> dict[str, int | str]:
        return self.about | {
            "units": self.count(),
            "sources": self._one("SELECT count(DISTINCT key) FROM units"),
            "contexts": self._one("SELECT count(*) FROM contexts"),
            "bytes": self.path.stat().st_size,
        }

    def units(self) -> Iterator[Hit]:
        """All pairs, in the order they came."""
        last = 0
        while rows := self._all("SELECT id, source, target, changed FROM units WHERE id > ? LIMIT 1000", (last,)):
            last = rows[-1][0]
            yield from (Hit(source, target, changed) for _, source, target, changed in rows)

    def add(self, units: Iterable[TranslationUnit]) -> int:
        """Keeps units, a batch at a time, and returns how many pairs were new.

        A pair whose sentences correspond is kept sentence by sentence. What was kept before an error stays.
        """
        before, failures = self.count(), list[InputError]()
        coming = surrounded(_until_failure(units, failures), self.source_lang, self.target_lang)
        while batch := list(islice(coming, _BATCH)):
            with self._guarded(), transaction(self._db):
                self._keep(batch)
        if failures:
            raise failures[0]
        return self.count() - before

    def find(self, key: int, previous: int, following: int) -> list[Hit]:
        """The units with that key, those seen with more of the given neighbours' keys (0 for none) first, then those
        seen in more surroundings, then the latest; a text without any neighbour has none in common either."""
        is_placed = bool(previous or following)
        rows = self._all("SELECT id, source, target, changed FROM units WHERE key = ? LIMIT ?", (key, _SAME_KEY))
        hits = []
        for unit, source, target, changed in rows:
            contexts = self._all("SELECT previous, following FROM contexts WHERE unit = ?", (unit,))
            near = max(((p == previous) + (f == following) for p, f in contexts), default=0) if is_placed else 0
            hits.append((near, len(contexts), changed, unit, Hit(source, target, changed, near, len(contexts))))
        return [hit for *_, hit in sorted(hits, key=_by_merit, reverse=True)]

    def search(self, text: str, threshold: float) -> list[Hit]:
        """Units that share the most telling grams with a masked text and may be as similar to it as threshold."""
        weighed = self._postings(grams(text)[:_GRAMS])
        if not weighed:
            return []
        ids = np.concatenate([units for units, _ in weighed])
        weights = np.repeat([weight for _, weight in weighed], [len(units) for units, _ in weighed])
        is_old = ids < len(self._lengths)  # another process may have added units since they were read
        ids, weights = ids[is_old], weights[is_old]
        lengths = self._lengths[ids].astype(np.int64)
        size = min(len(text), _LONGEST)
        least = threshold / (2 - threshold)  # of two lengths whose ratio of common letters is the threshold
        is_near = (lengths >= size * least) & (lengths * least <= size)
        units, places = np.unique(ids[is_near], return_inverse=True)
        merit = np.bincount(places, weights[is_near]) if len(units) else np.zeros(0)
        merit /= 1 + abs(self._lengths[units].astype(np.int64) - size) / size
        best = units[np.argsort(-merit, kind="stable")[:_CANDIDATES]]
        query = f"SELECT source, target, changed FROM units WHERE id IN ({','.join('?' * len(best))})"
        return [Hit(*row) for row in self._all(query, tuple(map(int, best)))]

    @cached_property
    def _lengths(self) -> np.ndarray:
        """Of each unit's masked source, by id (the first is 1); two bytes each."""
        blobs = self._all("SELECT lengths FROM lengths ORDER BY first")
        return np.concatenate([np.zeros(1, "<u2"), *(np.frombuffer(blob, "<u2") for blob, in blobs)])

    def _postings(self, names: Sequence[str]) -> list[tuple[np.ndarray, float]]:
        """(ids, weight) of the rarest grams, as many as may be read, one at least."""
        marks = ",".join("?" * len(names))
        counts = self._all(f"SELECT gram, sum(count) FROM grams WHERE gram IN ({marks}) GROUP BY gram", tuple(names))
        postings: list[tuple[np.ndarray, float]] = []
        total = 0
        for gram, count in sorted(counts, key=_by_count):
            total += count
            if postings and total > _POSTINGS:
                break
            blobs = self._all("SELECT units FROM grams WHERE gram = ?", (gram,))
            ids = np.concatenate([np.frombuffer(blob, "<u4") for blob, in blobs])
            postings.append((ids, math.log(1 + len(self._lengths) / count)))
        return postings

    def _keep(self, batch: list[Placed]) -> None:
        """Writes a batch: new pairs, their surroundings and their part of the index."""
        first = following = self.count() + 1
        rows, contexts, index, lengths = [], set(), defaultdict(list), []
        fresh: dict[int, int] = {}
        for unit, text, own_key, previous, after in batch:
            pair = number(f"{unit.source}\0{unit.target}")
            number_of_pair = fresh.get(pair) or self._one("SELECT max(id) FROM units WHERE pair = ?", (pair,))
            if not number_of_pair:
                number_of_pair = fresh[pair] = following
                following += 1
                rows.append((number_of_pair, pair, own_key, unit.source, unit.target, unit.changed))
                lengths.append(min(len(text), _LONGEST))
                for gram in grams(text):
                    index[gram].append(number_of_pair)
            contexts.add((number_of_pair, previous, after))
        self._db.executemany("INSERT INTO units VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._db.executemany("INSERT OR IGNORE INTO contexts VALUES (?, ?, ?)", sorted(contexts))
        if rows:
            self._db.executemany("INSERT INTO grams VALUES (?, ?, ?)", (
                (gram, len(ids), np.array(ids, "<u4").tobytes()) for gram, ids in sorted(index.items())
            ))  # fmt: skip
            self._db.execute("INSERT INTO lengths VALUES (?, ?)", (first, np.array(lengths, "<u2").tobytes()))
        content = repr((self.digest, [row[1] for row in rows], sorted(contexts)))
        digest = hashlib.sha256(content.encode()).hexdigest()[:16]
        self._db.execute("INSERT OR REPLACE INTO about VALUES ('digest', ?)", (digest,))

    def _create(self, source_lang: str, target_lang: str) -> None:
        with transaction(self._db):
            for statement in filter(str.strip, _TABLES.split(";")):
                self._db.execute(statement)
            about = {"source_lang": source_lang, "target_lang": target_lang, "digest": ""}
            self._db.executemany("INSERT INTO about VALUES (?, ?)", about.items())
            self._db.execute(f"PRAGMA application_id = {_APPLICATION}")
            self._db.execute(f"PRAGMA user_version = {_VERSION}")

    def _all(self, query: str, values: Sequence[object] = ()) -> list[tuple]:
        with self._guarded():
            return self._db.execute(query, values).fetchall()

    def _one(self, query: str, values: Sequence[object] = ()) -> int:
        return self._all(query, values)[0][0] or 0

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if "not a database" in str(error) or "malformed" in str(error):
                raise InputError(f"{self.path}: a damaged translation memory ({error}); import it again") from error
            hint = "check its path, its permissions and the free space"
            if "locked" in str(error):
                hint = "an import into it is running; wait for it"
            raise OutputError(f"{self.path}: the translation memory can't be used ({error}); {hint}") from error
        except OSError as error:
            raise OutputError(f"{self.path}: can't be made ({error.strerror}); check the permissions") from error


def _until_failure(units: Iterable[TranslationUnit], failures: list[InputError]) -> Iterator[TranslationUnit]:
    try:
        yield from units
    except InputError as error:
        failures.append(error)


def _by_merit(item: tuple) -> tuple:
    return item[:-1]


def _by_count(item: tuple[str, int]) -> int:
    return item[1]
