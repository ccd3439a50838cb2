"""Word documents (DOCX): paragraphs of the body, tables, text boxes, headers, footers and notes, edited in place.

Only the runs of a translated paragraph are written anew, each with its own format; all other bytes of all parts stay.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from mtpipe.document.segment import Document
from mtpipe.errors import ConfigError, InputError, amount
from mtpipe.formats.ooxml.document import Kind, read, write

TRACKED = ("accept", "refuse")
_MAIN = (r"wordprocessingml\.(?:document|template)\.main\+xml$|"
         r"ms-word\.(?:document|template)\.macroEnabled(?:Template)?\.main\+xml$")
_KIND = Kind("Word document", tuple(map(re.compile, (
    _MAIN, r"wordprocessingml\.header\+xml$", r"wordprocessingml\.footer\+xml$", r"wordprocessingml\.footnotes\+xml$",
    r"wordprocessingml\.endnotes\+xml$"))))  # fmt: skip


class WordFormat:
    """DOCX, DOCM, DOTX and DOTM; comments stay as they are.

    tracked: what becomes of a document with tracked changes: read as if they were accepted (accept) or not at all.
    properties: whether its title, subject, keywords and description are translated, too.
    """

    suffixes = (".docx", ".docm", ".dotx", ".dotm")

    def __init__(self, tracked: str = "accept", properties: bool = False, source_lang: str = "", target_lang: str = ""):
        if tracked not in TRACKED:
            raise ConfigError(f"docx.tracked is {tracked!r}; use {' or '.join(TRACKED)}")
        self._tracked, self._has_properties = tracked, properties
        self._languages = source_lang, target_lang

    def read(self, path: Path, name: str) -> Document:
        """Every paragraph with its formats as codes; raises InputError for damaged, locked and dangerous files."""
        document = read(path, name, _KIND, self._has_properties)
        changes = sum(text.count(f"<w:{tag} ") for _, text, _ in document.skeleton.parts
                      for tag in ("ins", "del", "moveFrom", "moveTo"))  # fmt: skip
        return replace(document, notes=self._notes(changes, name))

    def write(self, document: Document, path: Path) -> None:
        """The document with its segments' targets in place; raises OutputError."""
        write(document, path, self._languages)

    def _notes(self, changes: int, name: str) -> tuple[str, ...]:
        if changes and self._tracked == "refuse":
            raise InputError(f"{name}: has {amount(changes, 'tracked change')}; accept or reject them first, or "
                             "translate as if "
                             "they were accepted with --format-option docx.tracked=accept")
        note = "translated as if accepted, translated paragraphs no longer show them"
        return (f"{amount(changes, 'tracked change')}: {note}",) if changes else ()
