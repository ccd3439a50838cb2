"""The list that a reviewer works through: filters, order and pages of a job's sentences, and decisions about them.

It lives in temporary tables of the job's own SQLite file, made when it is opened; decisions are in the file at once.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp
from pathlib import Path
from typing import Any, NamedTuple

from mtpipe.document.segment import Segment, TermError
from mtpipe.errors import MtpipeError
from mtpipe.glossary.model import Term
from mtpipe.io.sqlite import transaction
from mtpipe.pipeline import review, steps
from mtpipe.pipeline.job_store import Store, error_text, sentence_of, unit_of

STATUSES = ("", "approved", "rejected")
ORDERS = {"worst": "rank", "confidence": "doubt", "document": "n"}
_SEVERITY = {"untranslated": 8, "missing": 4, "forbidden": 4, "changed": 4, "altered": 3, "suspected": 3, "check": 1,
             "suggestion": 0.5}  # fmt: skip
_LOW = 0.1  # the share of sentences whose confidence counts as low
_TABLES = """
PRAGMA temp_store = MEMORY;
CREATE TEMP TABLE items (n INTEGER PRIMARY KEY, path TEXT, place INTEGER, id TEXT, key TEXT, rank INTEGER,
                         doubt INTEGER, kinds TEXT, status TEXT, is_edited INTEGER);
CREATE TEMP TABLE texts (n INTEGER PRIMARY KEY, text TEXT);
CREATE TEMP TABLE item_terms (term INTEGER, n INTEGER, is_missing INTEGER, PRIMARY KEY (term, n)) WITHOUT ROWID;
"""
_FIRST = """
CREATE INDEX temp.items_by_rank ON items (rank, kinds, status, is_edited, path);
CREATE INDEX temp.items_by_key ON items (key);
"""
_LATER = (
    "CREATE INDEX temp.items_by_kinds ON items (kinds, status, is_edited)",
    "CREATE INDEX temp.items_by_path ON items (path, status)",
    "CREATE INDEX temp.items_by_doubt ON items (doubt, kinds, status, is_edited, path)",
)
_ROWS_AT_ONCE = 2000
_ROWS = """SELECT {columns} FROM sentences s JOIN units u ON u.key = s.key {joins}
           LEFT JOIN edits e ON e.id = s.id AND e.source = s.source
           LEFT JOIN reviews r ON r.id = s.id AND r.source = s.source"""
_COLUMNS = """s.path, s.n, s.id, s.key, s.source, s.codes, s.matches, e.target, coalesce(r.status, ''),
              coalesce(r.comment, ''), coalesce(r.version, 0), u.*"""

_BRIEFLY = """s.path, s.n, s.id, s.key, s.matches, e.target IS NOT NULL, coalesce(r.status, ''),
              coalesce(r.comment, '') != '', u.score, u.errors, instr(u.edits, '"uncertain"') > 0,
              CASE WHEN instr(u.notes, 'hallucination') THEN u.notes ELSE '' END, u.postedit"""
_TEXTS = """SELECT i.n, i.id, s.source, coalesce(e.target, u.postedit, u.draft, '')
            FROM items i JOIN sentences s ON s.path = i.path AND s.n = i.place JOIN units u ON u.key = i.key
            LEFT JOIN edits e ON e.id = i.id AND e.source = s.source WHERE i.n >= ? AND i.n < ?"""
_DECODER = json.JSONDecoder()


class _Row(NamedTuple):
    """What the list takes from a sentence of the file; notes: where they tell of a possible hallucination."""

    path: str
    place: int
    id: str
    key: str
    matches: str
    is_edited: int
    status: str
    is_commented: int
    score: float | None
    errors: str
    is_uncertain: int
    notes: str
    postedit: str | None


class Unknown(MtpipeError):
    """No such sentence or action."""


class Conflict(MtpipeError):
    """Somebody else has changed the sentence since it was shown; item is what it is like now."""

    def __init__(self, item: Item):
        super().__init__(f"{item.segment.id}: changed by somebody else in the meantime; look at it again")
        self.item = item


@dataclass(frozen=True, slots=True)
class Query:
    """Which sentences, in which order (of ORDERS). kind: of error, or "suspected", "low", "suggestion", "commented";
    status: "open", "approved", "rejected" or "edited"; term: its number; text: in id, source or target."""

    kind: str = ""
    status: str = ""
    document: str = ""
    term: int | None = None
    text: str = ""
    order: str = "worst"

    def condition(self) -> tuple[str, list[Any]]:
        """For a WHERE clause over items, and its values."""
        parts: list[tuple[str, list[Any]]] = [
            ("instr(kinds, ?)", [f" {self.kind} "]) if self.kind else ("", []),
            ("is_edited", []) if self.status == "edited"
            else ("status = ?", ["" if self.status == "open" else self.status]) if self.status else ("", []),
            ("path = ?", [self.document]) if self.document else ("", []),
            ("n IN (SELECT n FROM item_terms WHERE term = ?)", [self.term]) if self.term is not None else ("", []),
            ("n IN (SELECT n FROM texts WHERE instr(text, ?))", [self.text.casefold()]) if self.text else ("", []),
        ]  # fmt: skip
        parts = [part for part in parts if part[0]]
        return " AND ".join(text for text, _ in parts) or "1", [value for _, values in parts for value in values]


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence of the list, by number n; segment is the machine's, errors are those of target, the current text.

    equal: how many other open sentences are the same unit. version counts the decisions about it. terms: the numbers of
    the segment's matches.
    """

    n: int
    document: str
    segment: Segment
    target: str
    errors: tuple[TermError, ...]
    terms: tuple[int, ...]
    status: str = ""
    comment: str = ""
    version: int = 0
    is_edited: bool = False
    equal: int = 0

    @property
    def confidence(self) -> float | None:
        """e to the draft's log-probability a token, 0…1."""
        return None if self.segment.score is None else round(exp(min(0.0, self.segment.score)), 4)

    @property
    def problems(self) -> tuple[str, ...]:
        """The errors, one text each."""
        return tuple(error_text(error.kind, error.expected, error.found, error.rule) for error in self.errors)

    @property
    def suggestions(self) -> tuple[str, ...]:
        """Other targets: what repair methods were not certain of, the rest of the n-best list, the draft."""
        uncertain = [edit.after for edit in self.segment.edits if edit.reason == "uncertain"]
        texts = (*uncertain, *self.segment.alternatives, self.segment.target or "", self.segment.draft or "")
        return tuple(text for text in dict.fromkeys(texts) if text and text != self.target)


@dataclass(frozen=True, slots=True)
class Page:
    """Items of a query: total in all, first: the place of the first of them, from 0."""

    items: tuple[Item, ...]
    total: int
    first: int


@dataclass(frozen=True, slots=True)
class TermCount:
    """A term of the job: in how many sentences it is, and in how many of their targets it is missing now."""

    n: int
    term: Term
    sentences: int
    missing: int


class ReviewList(Store):
    """The list of a finished job by its state folder; holds the job's lock. Raises InputError, JobStateError."""

    def __init__(self, folder: Path):
        super().__init__(folder, is_shared=True)
        self.job_settings = review.settings_of(self, folder)
        self._terms = self.terms_by_number()
        with self._guarded():
            self._db.executescript(_TABLES)
            with transaction(self._db):
                self._fill()
            self._db.executescript(_FIRST)
        self._later = self._completed()

    def complete(self) -> Iterator[None]:
        """Makes what the list can be read without for a while, a little at each step: indexes, texts to search in."""
        with self._guarded():
            for _ in self._later:
                yield

    def _completed(self) -> Iterator[None]:
        for index in _LATER:
            self._db.execute(index)
            yield
        number = self._db.execute("SELECT count(*) FROM items").fetchone()[0]
        for start in range(0, number, _ROWS_AT_ONCE):
            rows = self._db.execute(_TEXTS, (start, start + _ROWS_AT_ONCE)).fetchall()
            self._db.executemany("INSERT OR REPLACE INTO texts VALUES (?, ?)", ((n, _text(*row)) for n, *row in rows))
            yield

    def page(self, query: Query, size: int, after: int | None = None, before: int | None = None) -> Page:
        """The first items of a query, or those after or before item n, in the query's order."""
        if query.text:
            deque(self.complete(), 0)
        place, (condition, values) = ORDERS[query.order], query.condition()
        edge, way = (before, "<") if before is not None else (after, ">")
        part = f" AND {place} {way} (SELECT {place} FROM items WHERE n = ?)" if edge is not None else ""
        limits, turn = [edge] * (edge is not None), "DESC" if way == "<" else "ASC"
        with self._guarded():
            rows = self._db.execute(f"SELECT n, {place} FROM items WHERE {condition}{part} ORDER BY {place} {turn} "
                                    "LIMIT ?", [*values, *limits, size]).fetchall()  # fmt: skip
            rows.sort(key=lambda row: row[1])
            start = rows[0][1] if rows else 0
            total, first = self._db.execute(
                f"SELECT count(*), coalesce(sum({place} < ?), 0) FROM items WHERE {condition}", [start, *values]
            ).fetchone()
        return Page(tuple(self.items([n for n, _ in rows])), total, first)

    def items(self, numbers: Sequence[int]) -> list[Item]:
        """The items of these numbers that there are, in this order."""
        marks = ",".join("?" * len(numbers))
        joins = f"JOIN items i ON i.path = s.path AND i.place = s.n AND i.n IN ({marks})"
        equal = "(SELECT count(*) FROM items o WHERE o.key = i.key AND o.status = '' AND o.n != i.n)"
        with self._guarded():
            query = _ROWS.format(columns=f"i.n, {equal}, {_COLUMNS}", joins=joins)
            rows = self._db.execute(query, list(numbers)).fetchall()
        by_number = {row[0]: self._item(row[0], row[2:], row[1]) for row in rows}
        return [by_number[n] for n in numbers if n in by_number]

    def worst_first(self) -> Iterator[Item]:
        """All items, a few of them in memory at a time."""
        with self._guarded():
            numbers = [n for n, in self._db.execute("SELECT n FROM items ORDER BY rank")]
        yield from self._several(numbers)

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Sentences by status ("all", "open", "approved", "rejected", "edited") and by kind."""
        by_status, by_kind = Counter[str](), Counter[str]()
        with self._guarded():
            query = "SELECT kinds, status, sum(is_edited), count(*) FROM items GROUP BY kinds, status"
            for kinds, status, edited, number in self._db.execute(query):
                by_status.update({"all": number, status or "open": number, "edited": edited})
                by_kind.update({kind: number for kind in kinds.split()})
        return dict(by_status), dict(by_kind)

    def documents(self) -> list[tuple[str, int, int]]:
        """(path, sentences, open ones) of each document."""
        with self._guarded():
            query = "SELECT path, count(*), sum(status = '') FROM items GROUP BY path ORDER BY path"
            return self._db.execute(query).fetchall()

    def terms(self) -> list[TermCount]:
        """All terms of the job, those that are missing most first."""
        with self._guarded():
            rows = self._db.execute("SELECT term, count(*), sum(is_missing) FROM item_terms GROUP BY term").fetchall()
        counts = [TermCount(n, self._terms[n], number, missing) for n, number, missing in rows]
        return sorted(counts, key=lambda count: (-count.missing, -count.sentences, count.term.source))

    def term(self, n: int) -> TermCount | None:
        """One of them."""
        with self._guarded():
            query = "SELECT count(*), coalesce(sum(is_missing), 0) FROM item_terms WHERE term = ?"
            row = self._db.execute(query, (n,)).fetchone()
        return TermCount(n, self._terms[n], *row) if n in self._terms else None

    def check(self, item: Item, target: str) -> tuple[TermError, ...]:
        """What is wrong with another target of the item, as the job checks it."""
        lang = self.job_settings["target_lang"]
        checked = steps.check([replace(item.segment, postedit=target)], lang)
        return steps.review(checked, self.job_settings.get("checks", ()), lang)[0].errors

    # decisions

    def decide(self, n: int, version: int, changes: Mapping[str, str]) -> tuple[int, list[int]]:
        """Changes target, status or comment of an item that is still at this version; (number of the action, [n]).

        Raises Conflict where it is not, Unknown where there is none.
        """
        with self._action() as action:
            item = self._current(n, version)
            self._decide(action, item, changes)
        return action, [n]

    def decide_equal(self, n: int, version: int) -> tuple[int, list[int]]:
        """Approves the item, and with its target all open sentences that are the same unit."""
        with self._action() as action:
            item = self._current(n, version)
            query = "SELECT n FROM items WHERE key = (SELECT key FROM items WHERE n = ?) AND n != ? AND status = ''"
            numbers = [number for number, in self._db.execute(query, (n, n))]
            for other in [item, *self._several(numbers)]:
                self._decide(action, other, {"target": item.target, "status": "approved"})
        return action, [n, *numbers]

    def undo(self, action: int) -> tuple[int, list[int]]:
        """Takes an action back, its sentences are as before; raises Conflict where one was changed after it."""
        with self._action() as new:
            query = """SELECT i.n, h.target, h.status, h.comment, h.version FROM history h JOIN items i ON i.id = h.id
                       WHERE h.action = ?"""
            rows = {row[0]: row[1:] for row in self._db.execute(query, (action,))}
            if not rows:
                raise Unknown(f"no action {action}")
            for item in self._several(list(rows)):
                target, status, comment, version = rows[item.n]
                if item.version != version:
                    raise Conflict(item)
                before = item.segment.target or "" if target is None else target
                self._decide(new, item, {"target": before, "status": status, "comment": comment})
        return new, list(rows)

    def reviewed(self) -> set[str]:
        """The ids of the sentences that people edited or approved, for a translation memory; none that was rejected."""
        with self._guarded():
            query = "SELECT id FROM items WHERE status = 'approved' OR is_edited AND status = ''"
            return {id for id, in self._db.execute(query)}

    @contextmanager
    def _action(self) -> Iterator[int]:
        """A transaction, with the number of the action that it is."""
        with self._guarded(), transaction(self._db):
            yield self._db.execute("SELECT coalesce(max(action), 0) + 1 FROM history").fetchone()[0]

    def _current(self, n: int, version: int) -> Item:
        items = self.items([n])
        if not items:
            raise Unknown(f"no sentence {n}")
        if items[0].version != version:
            raise Conflict(items[0])
        return items[0]

    def _several(self, numbers: Sequence[int]) -> Iterator[Item]:
        for i in range(0, len(numbers), 500):
            yield from self.items(numbers[i : i + 500])

    def _decide(self, action: int, item: Item, changes: Mapping[str, str]) -> None:
        """Writes what changes, and what was there before into the history."""
        segment = item.segment
        target = changes.get("target", item.target)
        status, comment = changes.get("status", item.status), changes.get("comment", item.comment)
        is_edited = target != (segment.target or "")
        self._db.execute("INSERT INTO history (action, id, target, status, comment, version) VALUES (?, ?, ?, ?, ?, ?)",
                         (action, segment.id, item.target if item.is_edited else None, item.status, item.comment,
                          item.version + 1))  # fmt: skip
        if target != item.target:
            if is_edited:
                row = (segment.id, item.document, segment.source, target)
                self._db.execute("INSERT OR REPLACE INTO edits VALUES (?, ?, ?, ?)", row)
            else:
                self._db.execute("DELETE FROM edits WHERE id = ?", (segment.id,))
            self._db.execute("INSERT OR IGNORE INTO unwritten VALUES (?)", (item.document,))
        self._db.execute("INSERT OR REPLACE INTO reviews VALUES (?, ?, ?, ?, ?, ?)",
                         (segment.id, item.document, segment.source, status, comment, item.version + 1))  # fmt: skip
        errors = item.errors if target == item.target else self.check(item, target)
        new = replace(item, target=target, status=status, comment=comment, is_edited=is_edited, errors=errors)
        is_low = self._db.execute("SELECT instr(kinds, ' low ') FROM items WHERE n = ?", (item.n,)).fetchone()[0]
        self._db.execute("UPDATE items SET kinds = ?, status = ?, is_edited = ? WHERE n = ?",
                         (_kinds(new, bool(is_low)), status, is_edited, item.n))  # fmt: skip
        self._db.execute("INSERT OR REPLACE INTO texts VALUES (?, ?)",
                         (item.n, _text(segment.id, segment.source, target)))  # fmt: skip
        self._db.executemany("UPDATE item_terms SET is_missing = ? WHERE term = ? AND n = ?",
                             [(is_missing, term, n) for term, n, is_missing in _term_rows(new)])  # fmt: skip

    # the list

    def _fill(self) -> None:
        """The list's tables; only sentences whose errors are not in the file are checked."""
        query = _ROWS.format(columns=_BRIEFLY, joins="") + " ORDER BY s.path, s.n"
        rows = list(map(_Row._make, self._db.execute(query)))
        scores = sorted(row.score for row in rows if row.score is not None)
        limit = scores[int(len(scores) * _LOW)] if scores else 0.0
        kinds: list[str] = []
        terms: list[tuple[int, int, bool]] = []
        is_known = not self.job_settings.get("checks")
        for n, row in enumerate(rows):
            is_low = row.score is not None and row.score < limit
            if is_known and not row.is_edited:
                errors = _parsed(row.errors)
                kinds.append(_stored_kinds(row, errors, is_low))
                if row.matches != "[]":
                    terms += self._stored_terms(n, row.matches, errors)
            else:
                whole = _ROWS.format(columns=_COLUMNS, joins="") + " WHERE s.path = ? AND s.n = ?"
                item = self._item(n, self._db.execute(whole, (row.path, row.place)).fetchone())
                kinds.append(_kinds(item, is_low))
                terms += _term_rows(item)
        doubt = _places(row.score if row.score is not None else 1.0 for row in rows)
        severity = {names: -sum(_SEVERITY.get(kind, 0) for kind in names.split()) for names in set(kinds)}
        rank = _places((severity[names], place) for names, place in zip(kinds, doubt, strict=True))
        self._db.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (
            (n, row.path, row.place, row.id, row.key, rank[n], doubt[n], kinds[n], row.status, row.is_edited)
            for n, row in enumerate(rows)))  # fmt: skip
        self._db.executemany("INSERT INTO item_terms VALUES (?, ?, ?)", sorted(terms))

    def _stored_terms(self, n: int, matches: str, errors: Sequence[Any]) -> list[tuple[int, int, bool]]:
        """What _term_rows says of a sentence as the job left it, with these errors."""
        numbers = list(dict.fromkeys(match[3] for match in _parsed(matches)))
        is_untranslated = any(error[0] == "untranslated" for error in errors)
        wrong = {error[1] for error in errors if error[0] in ("missing", "changed")}
        return [(number, n, self._terms[number].status != "forbidden" and (is_untranslated or place in wrong))
                for place, number in enumerate(numbers)]  # fmt: skip

    def _item(self, n: int, row: Sequence[Any], equal: int = 0) -> Item:
        path, _, id, _, source, codes, matches, edited, status, comment, version, *unit = row
        segment = unit_of(unit, sentence_of(id, source, codes, matches, self._terms))
        numbers = tuple(match[3] for match in json.loads(matches))
        target = edited if edited is not None else segment.target or ""
        item = Item(n, path, segment, target, segment.errors, numbers, status, comment, version,
                    edited is not None, equal)  # fmt: skip
        if item.is_edited or self.job_settings.get("checks"):
            item = replace(item, errors=self.check(item, item.target))
        return item


def _kinds(item: Item, is_low: bool) -> str:
    """What can be said of an item, between spaces: kinds of its errors, and more."""
    kinds = [error.kind for error in item.errors]
    kinds += ["suspected"] * (steps.is_suspected(item.segment) and not item.is_edited)
    kinds += ["suggestion"] * (bool(item.errors) and any(edit.reason == "uncertain" for edit in item.segment.edits))
    kinds += ["commented"] * bool(item.comment) + ["low"] * is_low
    return f" {' '.join(dict.fromkeys(kinds))} "


def _stored_kinds(row: _Row, errors: Sequence[Any], is_low: bool) -> str:
    """What _kinds says of a sentence as the job left it, with these errors."""
    kinds = [error[0] for error in errors]
    if row.is_uncertain and kinds:
        kinds.append("suggestion")
    kinds += ["suspected"] * bool(row.notes and _is_suspected(row.notes, row.postedit is not None))
    kinds += ["commented"] * row.is_commented + ["low"] * is_low
    return f" {' '.join(dict.fromkeys(kinds))} "


@lru_cache(1000)
def _is_suspected(notes: str, is_repaired: bool) -> bool:
    return steps.is_suspected(Segment("", "", postedit="" if is_repaired else None, notes=tuple(json.loads(notes))))


def _parsed(text: str) -> Any:
    """A value in JSON as it was written here, without white space around it: read faster than by json.loads."""
    return [] if text == "[]" else _DECODER.raw_decode(text)[0]


def _term_rows(item: Item) -> list[tuple[int, int, bool]]:
    """(term, item, whether the target lacks it) of each term in an item's source."""
    is_untranslated = any(error.kind == "untranslated" for error in item.errors)
    wrong = {error.term for error in item.errors if error.kind in ("missing", "changed")}
    terms = dict(zip(item.terms, item.segment.matches, strict=True))
    return [(n, item.n, match.term.status != "forbidden" and (is_untranslated or match.term in wrong))
            for n, match in terms.items()]  # fmt: skip


def _places(values: Iterable[Any]) -> list[int]:
    """The place that each value has when they are sorted, equal ones as they come."""
    places, keys = {}, list(values)
    for place, n in enumerate(sorted(range(len(keys)), key=keys.__getitem__)):
        places[n] = place
    return [places[n] for n in range(len(keys))]


def _text(id: str, source: str, target: str) -> str:
    """Where a search looks."""
    return f"{id}\n{source}\n{target}".casefold()
