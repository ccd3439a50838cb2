"""Terms and glossaries: the values. `loading` reads them from files, `writer` writes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms of one language pair; digest changes with the terms, not with the file's layout.

    origin: of a large one that was read from a file, the same for the same terms in the same order, to keep things by.
    """

    name: str
    source_lang: str
    target_lang: str
    terms: tuple[Term, ...] = ()
    digest: str = ""
    notes: tuple[str, ...] = ()
    origin: str = ""

    @classmethod
    def of(
        cls, terms: Iterable[Term], source_lang: str, target_lang: str, name: str = "", notes: Iterable[str] = ()
    ) -> Glossary:
        """A glossary of these terms, with their digest."""
        entries = tuple(terms)
        return cls(name, source_lang, target_lang, entries, digest(entries), tuple(notes))


def digest(terms: Iterable[Term]) -> str:
    """SHA-256 over what the terms demand; their order, lines and notes do not count."""
    demands = ((t.sources, t.targets, t.status, t.forms, t.case_sensitive, t.domain, t.regex) for t in terms)
    lines = sorted(map(json.JSONEncoder(ensure_ascii=False).encode, demands))
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
