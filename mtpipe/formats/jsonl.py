"""Segments as JSON Lines: {"id"?, "source", "draft"?, "postedit"?, "reference"?, "terms"?, …}, one a line.

Also row by row, for files of any size. Unknown keys and the lines of untouched rows are kept as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mtpipe.document import inline_codes
from mtpipe.document.segment import Document, Segment, TermError
from mtpipe.errors import InputError
from mtpipe.formats.editing.encoding import NEWLINE, read_text, write_text
from mtpipe.glossary.model import STATUSES, Term
from mtpipe.io import json_lines
from mtpipe.io.lines import numbered

Row = tuple[str, Segment]  # a line as it stands in the file, without its line end, and its segment


class JsonLinesFormat:
    """Bilingual or monolingual segments; rows keyed by language codes ({"en", "es"}) need source_lang, target_lang."""

    suffixes = (".jsonl",)

    def __init__(self, source_lang: str = "", target_lang: str = ""):
        self.source_lang = source_lang
        self.target_lang = target_lang

    def read(self, path: Path, name: str) -> Document:
        """One segment a row; blank lines are kept. Raises InputError with file:line for a bad row."""
        text, encoding, notes = read_text(path, name)
        lines = _lines(text)
        segments = tuple(self.segment(line, name, n) for n, line in enumerate(lines[::2], 1) if line.strip())
        return Document(name, segments, (lines, encoding), notes)

    def write(self, document: Document, path: Path) -> None:
        """The rows with draft, postedit, target and errors added where there are new ones; raises OutputError."""
        lines, encoding = document.skeleton
        rest = iter(document.segments)
        rows = list(lines)
        for i, line in enumerate(lines):
            if i % 2 == 0 and line.strip() and not _is_untouched(json.loads(line), segment := next(rest)):
                rows[i] = format_row(line, segment)
        write_text("".join(rows), encoding, path)

    def read_rows(self, path: Path, name: str = "") -> Iterator[Row]:
        """(line, segment) one after another without loading the file (UTF-8 only); raises InputError."""
        name = name or path.name
        return ((line, self.segment(line, name, n)) for n, line in numbered(path, name) if line.strip())

    def segment(self, line: str, name: str, n: int) -> Segment:
        """The segment on line n (from 1) of the file called name."""
        where = f"{name}:{n}"
        row = json_lines.parse(line, where)
        source = _text(row, "source" if "source" in row else self.source_lang or "source", where)
        if source is None:
            raise InputError(f'{where}: no "source"; the row has {", ".join(sorted(map(str, row))) or "nothing"}')
        draft, postedit = _text(row, "draft" if "draft" in row else "target", where), _text(row, "postedit", where)
        reference = _text(row, "reference", where)
        if reference is None and "source" not in row and self.target_lang:
            reference = _text(row, self.target_lang, where)
        return Segment(
            str(row.get("id", f"{name}#{n}")),
            source,
            draft=draft,
            postedit=postedit,
            reference=reference,
            errors=_errors(row.get("errors")),
            codes=inline_codes.find(source),
            terms=tuple(_terms(row.get("terms"), where)),
            notes=("lone surrogates replaced",) if "\ufffd" in source and "\ufffd" not in line else (),
        )


def format_row(line: str, segment: Segment) -> str:
    """The row's line with its segment's draft, postedit (if any), target and errors added."""
    row = json.loads(line)
    added: dict[str, Any] = {}
    if segment.target is not None:
        added["draft"] = segment.draft
        if segment.postedit is not None or "postedit" in row:
            added["postedit"] = segment.postedit
        added["target"] = segment.target
    added["errors"] = _listed(segment.errors)
    # A row that escapes what is not ASCII goes on doing so: a lone surrogate in it can't be written otherwise.
    return json.dumps({**row, **added}, ensure_ascii="\\u" in line)


def _is_untouched(row: dict[str, Any], segment: Segment) -> bool:
    if (segment.draft, segment.postedit) != (row.get("draft", row.get("target")), row.get("postedit")):
        return False
    return _listed(segment.errors) == _listed(_errors(row.get("errors")))


def _listed(errors: Iterable[TermError]) -> list[dict[str, Any]]:
    return [{"kind": error.kind, "term": error.term.source if error.term else None, "expected": list(error.expected),
             "found": error.found, "rule": error.rule} for error in errors]


def _errors(value: Any) -> tuple[TermError, ...]:
    """The errors an earlier run wrote; others' errors are unknown keys like any other."""
    errors = []
    for item in value if isinstance(value, list) else []:
        if not isinstance(item, dict) or not isinstance(item.get("kind"), str):
            return ()
        expected = _texts(item.get("expected")) or ()
        term = Term((item["term"],), expected) if isinstance(item.get("term"), str) else None
        errors.append(TermError(item["kind"], term, expected, str(item.get("found", "")), str(item.get("rule", ""))))
    return tuple(errors)


def _lines(text: str) -> list[str]:
    """Lines and their ends in turn: [line, end, line, …]."""
    pieces: list[str] = []
    position = 0
    for match in NEWLINE.finditer(text):
        pieces += (text[position:match.start()], match[0])
        position = match.end()
    return [*pieces, text[position:]]


def _text(row: dict[str, Any], key: str, where: str) -> str | None:
    """The row's text under key, with lone surrogates (no engine takes them) replaced."""
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(f'{where}: "{key}" is {type(value).__name__}, a string is expected')
    return value if value is None else value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _terms(value: Any, where: str) -> Iterator[Term]:
    """Terms of {"terms": [{"source", "target" or "targets", "status"?, "forms"?}]} or {"terms": {source: target}}."""
    if isinstance(value, dict):
        value = [{"source": source, "targets": target} for source, target in value.items()]
    if value is not None and not isinstance(value, list):
        raise InputError(f'{where}: "terms" is {type(value).__name__}, a list of objects is expected')
    for item in value or []:
        if not isinstance(item, dict):
            raise InputError(f'{where}: a term is {type(item).__name__}, {{"source", "targets"}} is expected')
        source = item.get("source")
        targets = _texts(item.get("targets", item.get("target")))
        forms = _texts(item.get("forms"))
        status = item.get("status") or ("do-not-translate" if targets == (source,) else "preferred")
        if status == "do-not-translate" and not targets and isinstance(source, str):
            targets = (source,)
        if not isinstance(source, str) or not source.strip() or not targets or forms is None:
            raise InputError(f'{where}: a term needs "source" and "target" or "targets": {json.dumps(item)[:200]}')
        if status not in STATUSES:
            raise InputError(f'{where}: term {source!r} has status {status!r}; available: {", ".join(STATUSES)}')
        yield Term((source.strip(),), targets, status, forms)


def _texts(value: Any) -> tuple[str, ...] | None:
    """A string or a list of strings as a tuple; None for anything else."""
    values = [value] if isinstance(value, str) else value or []
    if not isinstance(values, list) or not all(isinstance(text, str) and text.strip() for text in values):
        return None
    return tuple(text.strip() for text in values)
