"""Terms and glossaries: the values and their one way in.

glossary_table.py turns a file of any kind into rows, glossary_rows.py rows into terms, glossary_lint.py looks for traps
in them, glossary_write.py writes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtpipe.errors import GlossaryError

STATUSES = ("preferred", "admitted", "forbidden", "do-not-translate")


@dataclass(frozen=True, slots=True)
class Term:
    """One concept of a glossary in one language pair.

    sources: the source term first, then spellings that count as the same. targets: the preferred target first, then
    admitted ones; for status "forbidden" the targets that must not be used, for "do-not-translate" the source itself.
    forms: further accepted (inflected) target forms. line: where it stands in its file, 0 when it has none.
    entry: the id of its entry in a termbase, "#<n>" for the n-th of one without ids.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    status: str = "preferred"
    forms: tuple[str, ...] = ()
    case_sensitive: bool = False
    domain: str = ""
    note: str = ""
    regex: str = ""
    line: int = 0
    part_of_speech: str = ""
    definition: str = ""
    entry: str = ""

    @property
    def source(self) -> str:
        return self.sources[0]

    @property
    def target(self) -> str:
        return self.targets[0]

    @property
    def place(self) -> str:
        """Where it stands, for messages about other terms."""
        return f"entry {self.entry}" if self.entry else f"line {self.line}"

    @classmethod
    def from_item(cls, item: Mapping[str, Any], where: str) -> Term:
        """The term of a segment file's {"source" | "sources", "target" | "targets", "status"?, "forms"?, …}.

        where: file:line or segment id, for the message of the GlossaryError that names all that is wrong.
        """
        from mtpipe.glossary.rows import parse_item  # on use: it builds on this module

        parsed = parse_item(item)
        if parsed.problems:
            raise GlossaryError(f"{where}: bad term {json.dumps(dict(item), ensure_ascii=False)}", parsed.problems)
        return parsed.term


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms of one language pair; digest changes with the terms, not with the file's layout."""

    name: str
    source_lang: str
    target_lang: str
    terms: tuple[Term, ...] = ()
    digest: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, terms: Iterable[Term], source_lang: str, target_lang: str, name: str = "", notes: Iterable[str] = ()
    ) -> Glossary:
        """A glossary of these terms, with their digest."""
        kept = tuple(terms)
        return cls(name, source_lang, target_lang, kept, digest(kept), tuple(notes))

    @classmethod
    def read(
        cls, path: Path | str, source_lang: str, target_lang: str, *, skip_bad_rows: bool = False, sheet: str = "",
        columns: Mapping[str, str] | None = None,
    ) -> Glossary:
        """The glossary in a CSV, TSV, XLSX, TBX or TMX file; raises GlossaryError with every bad row at once.

        skip_bad_rows: keep the good rows and put the bad ones into notes. A file of other languages always raises.
        sheet: name or number (from 1) of the workbook's sheet. columns: of a table, as {"source": "B", "target": its
        header}; both are found out where they are not given.
        """
        from mtpipe.glossary.rows import assemble
        from mtpipe.glossary.table import read_table
        from mtpipe.glossary.validation import wrong_script  # on use: most importers of Term read no file

        path = Path(path)
        table = read_table(path, source_lang, target_lang, sheet, columns)
        build = assemble(table.rows)
        problems = tuple(remark.at(path.name) for remark in sorted(table.problems + build.problems))
        if problems and not skip_bad_rows:
            read_as = "".join(f" ({note})" for note in table.notes if note.startswith("no header"))
            raise GlossaryError(f"{path}: {len(problems)} problem{'s' * (len(problems) > 1)}{read_as}", problems)
        if not build.terms:
            raise GlossaryError(f"{path}: no terms in it — a row needs a source and a target", problems)
        notes = (*table.notes, f"{len(build.terms)} terms from {len(table.rows)} rows", *build.summary())
        notes += tuple(f"skipped {problem}" for problem in problems)
        glossary = cls.of(build.terms, source_lang, target_lang, path.name, notes)
        return replace(glossary, notes=(*notes, *wrong_script(glossary)))


def digest(terms: Iterable[Term]) -> str:
    """SHA-256 over what the terms demand; their order, lines and notes do not count."""
    demands = ((t.sources, t.targets, t.status, t.forms, t.case_sensitive, t.domain, t.regex) for t in terms)
    lines = sorted(json.dumps(demand, ensure_ascii=False) for demand in demands)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
