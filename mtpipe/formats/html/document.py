"""HTML pages: block-level text with its inline tags as codes, and the attributes that people read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from mtpipe.document.segment import Document, Segment
from mtpipe.formats.editing.encoding import Encoding, read_text, write_text
from mtpipe.formats.editing.inplace import Edit
from mtpipe.formats.html.markup import HtmlSlot, extract, fill
from mtpipe.formats.html.tags import attributes, tokens
from mtpipe.languages.scripts import is_right_to_left

_DECLARED = re.compile(
    rb"""<meta[^>]{0,300}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([A-Za-z0-9_:.-]{1,40})|"""
    rb"""<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _HtmlSkeleton:
    """The page as it was read, and a slot a segment."""

    text: str
    encoding: Encoding
    slots: tuple[HtmlSlot, ...]


class HtmlFormat:
    """HTML and XHTML pages; with a target_lang the page's lang (and dir) say what it was translated into."""

    suffixes = (".html", ".htm", ".xhtml")

    def __init__(self, target_lang: str = ""):
        self.target_lang = target_lang

    def read(self, path: Path, name: str) -> Document:
        """Broken markup is read as browsers would; raises InputError for a file that is no text at all."""
        text, encoding, notes = read_text(path, name, _DECLARED)
        slots = tuple(extract(text))
        segments = tuple(Segment(f"{name}#{n}", slot.source, codes=slot.codes) for n, slot in enumerate(slots, 1))
        slots = tuple(replace(slot, codes=()) for slot in slots)  # the segments have them
        return Document(name, segments, _HtmlSkeleton(text, encoding, slots), notes)

    def write(self, document: Document, path: Path) -> None:
        """The page with its segments' targets in place, all else byte for byte; raises OutputError."""
        skeleton: _HtmlSkeleton = document.skeleton
        targets = [segment.target for segment in document.segments]
        is_translated = self.target_lang and any(target is not None for target in targets)
        edits = language_edits(skeleton.text, self.target_lang) if is_translated else []
        text = fill(skeleton.text, skeleton.slots, targets, edits)
        write_text(text, skeleton.encoding, path, errors="xmlcharrefreplace")


def language_edits(text: str, lang: str) -> list[Edit]:
    """What makes the <html> tag say that the page is in lang; a page without that tag stays as it is."""
    root = next((token for token in tokens(text) if token.name == "html" and token.kind == "open"), None)
    if root is None:
        return []
    by_name = {attribute.name: attribute for attribute in attributes(text, root)}
    direction = "rtl" if is_right_to_left(lang) else "ltr"
    edits: list[Edit] = []
    added = ""
    for name, value in (("lang", lang), ("xml:lang", lang), ("dir", direction)):
        attribute = by_name.get(name)
        if attribute is not None:
            if attribute.value and attribute.value != value:
                edits.append((attribute.start, attribute.end, value))
        elif name == "lang" and "xml:lang" not in by_name or value == "rtl":
            added += f' {name}="{value}"'
    behind_name = root.start + len("<html")
    return [(behind_name, behind_name, added), *edits] if added else edits
