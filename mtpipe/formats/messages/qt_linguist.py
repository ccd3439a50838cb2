"""Qt Linguist's translation sources (.ts): unfinished messages are filled in and stay unfinished, to be reviewed.

Numerus forms all get the translation of their message, as the source (%n file(s)) does not tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
from mtpipe.formats.po.plurals import Plurals
from mtpipe.languages import tags

EXISTING = ("keep", "redo")


@dataclass(frozen=True, slots=True)
class _QtEntry:
    """A message to translate and the element of its translation; with a number, one message for each form."""

    translation: Element
    is_numerus: bool
    messages: tuple[Message, ...]


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
        sources = [xml.unescaped(text[source.inner:source.outer]) for _, source, _ in todo]
        marks = accelerators.marks(sources)
        labels = Labels(marks, accelerators.words(sources) if marks else ())
        forms = plurals.of(self._target_lang)
        rows = tuple(_QtEntry(translation, is_numerus, tuple(
            entries.message(form, icu.html_tags(form), labels)
            for form in (_forms(source, forms) if is_numerus else [source])
        )) for (translation, _, is_numerus), source in zip(todo, sources, strict=True))
        pieces = (piece for entry in rows for message in entry.messages for piece in message.pieces)
        segments = tuple(Segment(f"{name}#{n}", piece.source, codes=piece.codes) for n, piece in enumerate(pieces, 1))
        root.children = []
        return Document(name, segments, _QtSkeleton(text, encoding, root, rows))

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place, all else byte for byte; raises OutputError."""
        skeleton: _QtSkeleton = document.skeleton
        rest = iter([segment.target for segment in document.segments])
        edits: list[Edit] = []
        for entry in skeleton.entries:
            texts = [_filled(message, [next(rest) for _ in message.pieces]) for message in entry.messages]
            if all(text is not None for text in texts):
                edits.append(_translation(skeleton.text, entry, [xml.escaped(text or "") for text in texts]))
        if edits and self._target_lang and not skeleton.root.attributes.get("language"):
            tag = xml.with_attributes(skeleton.text[skeleton.root.start:skeleton.root.inner],
                                      {"language": self._target_lang.replace("-", "_")})
            edits.append((skeleton.root.start, skeleton.root.inner, tag))
        write_text(replaced(skeleton.text, sorted(edits)), skeleton.encoding, path, errors="xmlcharrefreplace")

    def _todo(self, text: str, root: Element) -> Iterator[tuple[Element, Element, bool]]:
        """(translation, source, is it for a number) of each message that is to be translated."""
        for context in root.children:
            for message in context.children:
                source, translation = message.child("source"), message.child("translation")
                if message.name != "message" or source is None or translation is None or source.children:
                    continue
                state = translation.attributes.get("type", "")
                is_filled = bool(re.sub(r"<[^>]*>", "", text[translation.inner:translation.outer]).strip())
                if state == "unfinished" and (not is_filled or self._existing == "redo"):
                    yield translation, source, message.attributes.get("numerus") == "yes"


def _forms(source: str, forms: Plurals) -> list[str]:
    """What each form of the target language is a translation of: "%n file(s)" is "%n file" for 1, else "%n files"."""
    singular, plural = source.replace("(s)", ""), source.replace("(s)", "s")
    return [singular if forms.is_singular(form) or forms.has_one(form) else plural
            for form in range(len(forms.numbers))]


def _filled(message: Message, targets: Sequence[str | None]) -> str | None:
    """The message with its targets, None where one is missing."""
    present = [target for target in targets if target is not None]
    return entries.filled(message, present) if present and len(present) == len(targets) else None


def _translation(text: str, entry: _QtEntry, texts: Sequence[str]) -> Edit:
    opening = re.sub(r"\s*/?>\Z", ">", text[entry.translation.start:entry.translation.inner])
    if not entry.is_numerus:
        return entry.translation.start, entry.translation.end, f"{opening}{texts[0]}</translation>"
    blank = re.match(r"\s*", text[entry.translation.inner:entry.translation.outer])
    indent = blank[0] if blank and entry.translation.children else ""
    end = re.search(r"\s*\Z", text[entry.translation.inner:entry.translation.outer])
    closing = end[0] if end and entry.translation.children else ""
    new = "".join(f"{indent}<numerusform>{form}</numerusform>" for form in texts)
    return entry.translation.start, entry.translation.end, f"{opening}{new}{closing}</translation>"
