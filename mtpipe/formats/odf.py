"""OpenDocument files (ODT, ODS, ODP): paragraphs of texts, sheets and slides, edited in place.

In sheets only cells of text are read, without what formulas make and what they compare with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mtpipe.document.segment import Document, Segment
from mtpipe.errors import InputError
from mtpipe.formats.editing import package, xml, xml_text
from mtpipe.formats.editing.encoding import Encoding, write_text
from mtpipe.formats.editing.inplace import replaced
from mtpipe.formats.editing.xml import Element
from mtpipe.formats.editing.xml_text import Passage, Rules

_PARTS = ("content.xml", "styles.xml")
_LITERAL = re.compile(r'"((?:[^"]|"")*)"')
_COMPARING = re.compile(r"""\stable:(?:formula|condition)=(?:"([^"]*)"|'([^']*)')""")
# Fields show what the program puts there; comments and what was deleted are not of the text.
_OPAQUE = frozenset("""annotation annotation-end tracked-changes bookmark-ref reference-ref sequence sequence-ref
    note-ref date time page-number page-count page-continuation author-name author-initials chapter file-name
    template-name title subject keywords description initial-creator creator creation-date creation-time
    modification-date modification-time editing-cycles user-defined variable-set variable-get user-field-get
    expression database-display note-citation sheet-name table-formula conditional-text hidden-text dde-connection
    forms scripts font-face-decls automatic-styles""".split())


def _is_opaque(element: Element) -> bool:
    """Is it a cell of a number, a date or a formula?"""
    attributes = element.attributes
    return element.name == "table-cell" and (
        "table:formula" in attributes or attributes.get("office:value-type", "string") != "string")


_RULES = Rules(frozenset(("p", "h")), _OPAQUE, has_only_blocks=True, is_opaque=_is_opaque)


@dataclass(frozen=True, slots=True)
class _OpenDocumentSkeleton:
    """The package (or the one XML file, encoding not None) it was read from, and the passages of each part."""

    path: Path
    parts: tuple[tuple[str, str, tuple[Passage, ...]], ...]
    encoding: Encoding | None


class OpenDocumentFormat:
    """ODT, ODS, ODP, ODG, their templates and flat XML: paragraphs, headings, cells, notes, headers and footers."""

    suffixes = (".odt", ".ods", ".odp", ".odg", ".ott", ".ots", ".otp", ".fodt", ".fods", ".fodp")

    def read(self, path: Path, name: str) -> Document:
        """Every paragraph with its formats as codes; raises InputError for damaged, locked and dangerous files."""
        encoding = None
        if path.suffix.lower().startswith(".fod"):
            text, encoding = xml.read(path, name)
            texts = {"": text}
        else:
            texts = _texts(path, name)
        compared = set(_compared(texts))
        parts = tuple((part, text, tuple(p for p in xml_text.passages(text, _RULES) if p.source not in compared))
                      for part, text in texts.items())  # fmt: skip
        segments = tuple(Segment(f"{name}#{n}", passage.source, codes=passage.codes)
                         for n, passage in enumerate((p for _, _, inside in parts for p in inside), 1))
        return Document(name, segments, _OpenDocumentSkeleton(path, parts, encoding))

    def write(self, document: Document, path: Path) -> None:
        """The document with its segments' targets in place; raises OutputError."""
        skeleton: _OpenDocumentSkeleton = document.skeleton
        targets = iter([segment.target for segment in document.segments])
        changed = {}
        for part, text, inside in skeleton.parts:
            edits = xml_text.edits(text, inside, [next(targets) for _ in inside])
            if edits or skeleton.encoding:
                changed[part] = replaced(text, edits)
        if skeleton.encoding:
            write_text(changed[""], skeleton.encoding, path, errors="xmlcharrefreplace")
        else:
            package.write(skeleton.path, {part: text.encode() for part, text in changed.items()}, path)


def _texts(path: Path, name: str) -> dict[str, str]:
    with package.opened(path, name, "OpenDocument file") as opened:
        there = set(opened.namelist())
        if "content.xml" not in there:
            raise InputError(f"{name}: a ZIP file, but not an OpenDocument file (no content.xml)")
        if "META-INF/manifest.xml" in there and b"encryption-data" in opened.read("META-INF/manifest.xml"):
            raise InputError(f"{name}: protected by a password; save it without one")
        return {part: package.part(opened, part, name) for part in _PARTS if part in there}


def _compared(texts: dict[str, str]) -> Iterator[str]:
    """Texts that formulas and conditions of cells compare with."""
    for text in texts.values():
        for match in _COMPARING.finditer(text):
            for literal in _LITERAL.findall(xml.unescaped(match[1] or match[2] or "")):
                yield literal.replace('""', '"')
