"""E-books (EPUB 2 and 3): the pages in reading order, the navigation, and title and description in the metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from mtpipe.document.segment import Document, Segment
from mtpipe.errors import InputError
from mtpipe.formats.editing import package, xml, xml_text
from mtpipe.formats.editing.inplace import Edit, replaced
from mtpipe.formats.editing.xml import Element
from mtpipe.formats.editing.xml_text import Passage, Rules
from mtpipe.formats.html import markup
from mtpipe.formats.html.document import language_edits
from mtpipe.formats.html.markup import HtmlSlot

_METADATA = Rules(frozenset(("title", "description", "subject")), frozenset(("manifest",)), has_only_blocks=True)
_NAVIGATION = Rules(frozenset(("text",)), frozenset(("docAuthor",)), has_only_blocks=True)
_LANGUAGE = re.compile(r"(<dc:language\b[^>]*>)[^<]*(?=</dc:language)")
_CONTAINER, _LOCKED = "META-INF/container.xml", "META-INF/encryption.xml"


@dataclass(frozen=True, slots=True)
class _BookPart:
    """A part of the book: a page with its slots, or XML with its passages; each is a segment."""

    name: str
    text: str
    slots: tuple[HtmlSlot, ...] = ()
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class _BookSkeleton:
    path: Path
    parts: tuple[_BookPart, ...]


class EpubFormat:
    """EPUB 2 and 3; with a target_lang the pages and the metadata say what the book was translated into."""

    suffixes = (".epub",)

    def __init__(self, target_lang: str = ""):
        self._target_lang = target_lang

    def read(self, path: Path, name: str) -> Document:
        """Every text with its inline tags as codes; raises InputError for damaged, locked and dangerous books."""
        parts: list[_BookPart] = []
        segments: list[Segment] = []
        with package.opened(path, name, "e-book") as opened:
            for part in _parts(opened, name):
                inside: tuple[HtmlSlot | Passage, ...] = (*part.slots, *part.passages)
                for one in inside:
                    segments.append(Segment(f"{name}#{len(segments) + 1}", one.source, codes=one.codes))
                # the segments have the slots' codes
                parts.append(replace(part, slots=tuple(replace(slot, codes=()) for slot in part.slots)))
        return Document(name, tuple(segments), _BookSkeleton(path, tuple(parts)))

    def write(self, document: Document, path: Path) -> None:
        """The book with its segments' targets in place, all else byte for byte; raises OutputError."""
        skeleton: _BookSkeleton = document.skeleton
        targets = iter([segment.target for segment in document.segments])
        changed = {}
        for part in skeleton.parts:
            pages = [next(targets) for _ in part.slots]
            others = [next(targets) for _ in part.passages]
            lang = self._target_lang if any(pages) else ""
            edits = language_edits(part.text, lang) if lang else []
            new = markup.fill(part.text, part.slots, pages, edits) if part.slots else part.text
            edits = xml_text.edits(part.text, part.passages, others)
            new = replaced(part.text, sorted([*edits, *self._language(part, others)])) if part.passages else new
            if new != part.text:
                changed[part.name] = new.encode()
        package.write(skeleton.path, changed, path)

    def _language(self, part: _BookPart, targets: list[str | None]) -> Iterator[Edit]:
        stated = _LANGUAGE.search(part.text)
        if stated and self._target_lang and any(targets):
            yield stated.start(), stated.end(), stated[1] + xml.escaped(self._target_lang)


def _parts(opened: package.ZipFile, name: str) -> Iterator[_BookPart]:
    """The metadata, the pages in the order of the spine, other pages (the navigation) and EPUB 2's navigation."""
    try:
        roots = [e.attributes.get("full-path", "") for e in _elements(package.part(opened, _CONTAINER, name))
                 if e.name == "rootfile"]  # fmt: skip
        text = package.part(opened, roots[0] if roots else "", name)
    except KeyError as error:
        raise InputError(f"{name}: a ZIP file, but not an e-book ({error.args[0]})") from error
    elements = _elements(text)
    yield _BookPart(roots[0], text, passages=tuple(xml_text.passages(text, _METADATA)))
    items = {e.attributes.get("id", ""): e for e in elements if e.name == "item"}
    spine = [e.attributes.get("idref", "") for e in elements if e.name == "itemref"]
    there = set(opened.namelist())
    locked = opened.read(_LOCKED).decode("utf-8", "replace") if _LOCKED in there else ""
    for key in dict.fromkeys([*(key for key in spine if key in items), *items]):
        kind = items[key].attributes.get("media-type", "")
        part = normpath(join(dirname(roots[0]), unquote(items[key].attributes.get("href", ""))))
        if part not in there or kind not in ("application/xhtml+xml", "application/x-dtbncx+xml"):
            continue
        if f'"{part}"' in locked:
            raise InputError(f"{name}: its pages are encrypted (DRM); only books without that can be translated")
        text = package.part(opened, part, name, may_have_doctype=True)
        if kind == "application/xhtml+xml":
            yield _BookPart(part, text, slots=tuple(markup.extract(text)))
        else:
            yield _BookPart(part, text, passages=tuple(xml_text.passages(text, _NAVIGATION)))


def _elements(text: str) -> list[Element]:
    return [element for element, _ in xml.elements(text, frozenset())]
