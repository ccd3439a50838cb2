"""Qt Linguist's translation sources (.ts): unfinished messages are filled in and stay unfinished, to be reviewed.

Numerus forms all get the translation of their message, as the source (%n file(s)) does not tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mtpipe.document.segment import Document, Segment
from mtpipe.errors import ConfigError, InputError, UnsuitedError
from mtpipe.formats.editing import accelerators, entries, xml
from mtpipe.formats.editing.encoding import Encoding, write_text
from mtpipe.formats.editing.entries import Labels, Message
from mtpipe.formats.editing.inplace import Edit, replaced
from mtpipe.formats.editing.xml import Element
from mtpipe.formats.messages import icu
from mtpipe.formats.messages.xml_resources import begins_with
from mtpipe.formats.po import plurals
from mtpipe.languages import tags

EXISTING = ("keep", "redo")


@dataclass(frozen=True, slots=True)
class _QtEntry:
    """A message to translate and the element of its translation."""

    translation: Element
    forms: tuple[Element, ...]
    is_numerus: bool
    message: Message


@dataclass(frozen=True, slots=True)
class _QtSkeleton:
    text: str
    encoding: Encoding
    root: Element
    entries: tuple[_QtEntry, ...]


class QtLinguistFormat:
    """Qt's .ts files; TypeScript and others of that name are left alone.

    existing: keep (what has a translation stays) or redo (only what is finished stays).
    """

    suffixes = (".ts",)

    def __init__(self, existing: str = "keep", source_lang: str = "", target_lang: str = ""):
        if existing not in EXISTING:
            raise ConfigError(f"format option existing={existing!r}: use {', '.join(EXISTING)}")
        self._existing = existing
        self._source_lang, self._target_lang = source_lang, target_lang

    def read(self, path: Path, name: str) -> Document:
        """Every unfinished message; raises InputError, UnsuitedError for files of another kind."""
        if not begins_with(path, "TS"):
            raise UnsuitedError(f"{name}: not translated, of .ts files only Qt Linguist's are read")
        text, encoding = xml.read(path, name)
        root = xml.tree(text)
        for key, lang in (("language", self._target_lang), ("sourcelanguage", self._source_lang)):
            if (stated := root.attributes.get(key, "")) and lang and not tags.fits(stated, lang):
                raise InputError(f"{name}: its {key} is {stated}, not {lang}; correct it or translate it in another "
                                 "job")
        todo = list(self._todo(text, root))
        sources = [xml.unescaped(text[source.inner:source.outer]) for _, source, _, _ in todo]
        marks = accelerators.marks(sources)
        labels = Labels(marks, accelerators.words(sources) if marks else ())
        rows = tuple(_QtEntry(translation, forms, is_numerus, entries.message(source, icu.html_tags(source), labels))
                     for (translation, _, forms, is_numerus), source in zip(todo, sources, strict=True))
        pieces = (piece for entry in rows for piece in entry.message.pieces)
        segments = tuple(Segment(f"{name}#{n}", piece.source, codes=piece.codes) for n, piece in enumerate(pieces, 1))
        root.children = []
        return Document(name, segments, _QtSkeleton(text, encoding, root, rows))

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place, all else byte for byte; raises OutputError."""
        skeleton: _QtSkeleton = document.skeleton
        rest = iter([segment.target for segment in document.segments])
        edits: list[Edit] = []
        for entry in skeleton.entries:
            targets = [target for target in [next(rest) for _ in entry.message.pieces] if target is not None]
            if len(targets) == len(entry.message.pieces) and targets:
                new = entries.filled(entry.message, targets)
                edits += [] if new is None else self._filled(skeleton.text, entry, xml.escaped(new))
        if edits and self._target_lang and not skeleton.root.attributes.get("language"):
            tag = xml.with_attributes(skeleton.text[skeleton.root.start:skeleton.root.inner],
                                      {"language": self._target_lang.replace("-", "_")})
            edits.append((skeleton.root.start, skeleton.root.inner, tag))
        write_text(replaced(skeleton.text, sorted(edits)), skeleton.encoding, path, errors="xmlcharrefreplace")

    def _todo(self, text: str, root: Element) -> Iterator[tuple[Element, Element, tuple[Element, ...], bool]]:
        """(translation, source, numerus forms, has it such) of each message that is to be translated."""
        for context in root.children:
            for message in context.children:
                source, translation = message.child("source"), message.child("translation")
                if message.name != "message" or source is None or translation is None or source.children:
                    continue
                state = translation.attributes.get("type", "")
                forms = tuple(child for child in translation.children if child.name == "numerusform")
                is_filled = bool(re.sub(r"<[^>]*>", "", text[translation.inner:translation.outer]).strip())
                if state == "unfinished" and (not is_filled or self._existing == "redo"):
                    yield translation, source, forms, message.attributes.get("numerus") == "yes"

    def _filled(self, text: str, entry: _QtEntry, new: str) -> Iterator[Edit]:
        if entry.forms:
            for form in entry.forms:
                yield form.start, form.end, f"<numerusform>{new}</numerusform>"
            return
        if entry.is_numerus:
            count = len(plurals.of(self._target_lang).numbers)
            new = f"<numerusform>{new}</numerusform>" * count
        opening = re.sub(r"\s*/?>\Z", ">", text[entry.translation.start:entry.translation.inner])
        yield entry.translation.start, entry.translation.end, f"{opening}{new}</translation>"
