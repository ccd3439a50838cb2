"""Presentations (PPTX): paragraphs of slides, tables, charts, SmartArt and notes, edited in place."""

from __future__ import annotations

import re
from pathlib import Path

from mtpipe.document.segment import Document
from mtpipe.formats.ooxml.document import Kind, read, write

_MAIN = (r"presentationml\.(?:presentation|slideshow|template)\.main\+xml$|"
         r"ms-powerpoint\.(?:presentation|slideshow|template)\.macroEnabled\.main\+xml$")
_KIND = Kind("presentation", tuple(map(re.compile, (
    _MAIN, r"presentationml\.slide\+xml$", r"drawingml\.diagramData\+xml$", r"drawingml\.diagramDrawing\+xml$",
    r"drawingml\.chart\+xml$", r"presentationml\.notesSlide\+xml$"))), is_main_read=False)  # fmt: skip


class PowerPointFormat:
    """PPTX, PPTM, PPSX and POTX: slides, tables, titles of charts, SmartArt and notes; masters stay as they are.

    properties: whether its title, subject, keywords and description are translated, too.
    """

    suffixes = (".pptx", ".pptm", ".ppsx", ".potx")

    def __init__(self, properties: bool = False, source_lang: str = "", target_lang: str = ""):
        self._has_properties, self._languages = properties, (source_lang, target_lang)

    def read(self, path: Path, name: str) -> Document:
        """Every paragraph with its formats as codes; raises InputError for damaged, locked and dangerous files."""
        return read(path, name, _KIND, self._has_properties)

    def write(self, document: Document, path: Path) -> None:
        """The presentation with its segments' targets in place; raises OutputError."""
        write(document, path, self._languages)
