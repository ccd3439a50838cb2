"""XLIFF 1.2 and 2.x: targets are put in place, all else stays byte for byte.

Options: existing = keep (what is translated stays), redo (it is translated anew, but for what is approved or final) or
draft (translations are handed on to be checked and repaired); accelerator = the mark of accelerator keys, "auto" to
find it, "" for none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtpipe.document.segment import Document, Segment
from mtpipe.errors import ConfigError, InputError, amount
from mtpipe.formats.editing import accelerators, entries, xml
from mtpipe.formats.editing.encoding import Encoding, write_text
from mtpipe.formats.editing.entries import Labels, Message
from mtpipe.formats.editing.inplace import Edit, replaced
from mtpipe.formats.editing.xml import Element
from mtpipe.formats.xliff import inline, units
from mtpipe.formats.xliff.inline import Content
from mtpipe.formats.xliff.units import XliffUnit
from mtpipe.languages import tags

EXISTING = ("keep", "redo", "draft")
_NOTHING = entries.message("")


@dataclass(frozen=True, slots=True)
class _XliffSlot:
    """A unit to translate: for each part the source's content and message, its pieces' drafts, and what is kept."""

    unit: XliffUnit
    contents: tuple[Content, ...]
    messages: tuple[Message, ...]
    drafts: tuple[list[str | None], ...]
    kept: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class _XliffSkeleton:
    text: str
    encoding: Encoding
    slots: tuple[_XliffSlot, ...]


class XliffFormat:
    """XLIFF, also Trados', memoQ's and Phrase's: segments, states, locks; notes, matches and metadata are kept."""

    suffixes = (".xlf", ".xliff", ".sdlxliff", ".mqxliff", ".mxliff")

    def __init__(self, existing: str = "keep", accelerator: str = "auto", source_lang: str = "", target_lang: str = ""):
        if existing not in EXISTING:
            raise ConfigError(f"format option existing={existing!r}: use {', '.join(EXISTING)}")
        if accelerator not in ("auto", "", *accelerators.MARKS):
            raise ConfigError(
                f"format option accelerator={accelerator!r}: use auto, {' '.join(accelerators.MARKS)} or nothing"
            )
        self._existing, self._accelerator = existing, accelerator
        self._source_lang, self._target_lang = source_lang, target_lang

    def read(self, path: Path, name: str) -> Document:
        """A segment for each part of each unit, or for each of its lines; raises InputError."""
        text, encoding = xml.read(path, name)
        every = list(units.units(text, name))
        fitting = [unit for unit in every if self._fits(unit)]
        if every and not fitting:
            source, target = every[0].languages
            raise InputError(f"{name}: translates {source} into {target}, the job {self._source_lang} into "
                             f"{self._target_lang}; correct the languages or translate it in another job")
        translatable = [unit for unit in fitting if unit.is_translatable]
        todo = [unit for unit in translatable if self._is_wanted(unit)]
        slots = tuple(self._slots(text, todo))
        segments: list[Segment] = []
        for slot in slots:
            for message, drafts in zip(slot.messages, slot.drafts, strict=True):
                for piece, draft in zip(message.pieces, drafts, strict=True):
                    segments.append(Segment(f"{name}#{len(segments) + 1}", piece.source, draft=draft,
                                            codes=piece.codes))
        counts = ((len(every) - len(fitting), "of other languages"),
                  (len(fitting) - len(translatable), 'not to be translated (translate="no", or locked)'),
                  (len(translatable) - len(slots), "translated already"))
        return Document(name, tuple(segments), _XliffSkeleton(text, encoding, slots),
                        tuple(f"{amount(count, 'unit')} left unchanged: {why}" for count, why in counts if count))

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets, marked as machine translations to be reviewed; raises OutputError."""
        skeleton: _XliffSkeleton = document.skeleton
        text = skeleton.text
        text = replaced(text, sorted(self._edits(document)))
        write_text(text, skeleton.encoding, path, errors="xmlcharrefreplace")

    def _fits(self, unit: XliffUnit) -> bool:
        source, target = unit.languages
        return tags.fits(source, self._source_lang) and tags.fits(target, self._target_lang)

    def _is_wanted(self, unit: XliffUnit) -> bool:
        return not unit.is_translated or self._existing != "keep" and not unit.is_locked

    def _slots(self, text: str, todo: Sequence[XliffUnit]) -> Iterator[_XliffSlot]:
        sources = [tuple(inline.content(text, part, unit.keeps_space) for part in unit.parts) for unit in todo]
        texts = [content.text for contents in sources for content in contents]
        marks = accelerators.marks(texts) if self._accelerator == "auto" else self._accelerator
        labels = Labels(marks, accelerators.words(texts) if marks else ())
        for unit, contents in zip(todo, sources, strict=True):
            kept = tuple(unit.kept(text) if self._existing != "redo" else [None] * len(contents))
            messages = tuple(_NOTHING if old else entries.message(content.text, content.codes, labels)
                             for content, old in zip(contents, kept, strict=True))
            drafts: list[list[str | None]] = [[None] * len(message.pieces) for message in messages]
            if unit.is_translated and self._existing == "draft":
                drafts = list(_drafts(text, unit, contents, messages, labels))
            if len(drafts) == len(messages):
                yield _XliffSlot(unit, contents, messages, tuple(drafts), kept)

    def _edits(self, document: Document) -> list[Edit]:
        skeleton: _XliffSkeleton = document.skeleton
        edits: list[Edit] = []
        stated: dict[int, Element] = {}
        for slot, targets in entries.to_write(skeleton.slots, document.segments):
            is_copied = not any(message.pieces for message in slot.messages)
            values = [old or _rendered(message, content, part) for old, message, content, part
                      in zip(slot.kept, slot.messages, slot.contents, targets, strict=True)]
            if all(value is not None for value in values):
                edits += slot.unit.edits(skeleton.text, [value or "" for value in values], is_copied)
                stated[slot.unit.stated_at.start] = slot.unit.stated_at
        for element in stated.values():
            edits += units.language_edits(skeleton.text, element, self._target_lang)
        return edits


def _drafts(text: str, unit: XliffUnit, contents: Sequence[Content], messages: Sequence[Message],
            labels: Labels) -> Iterator[list[str | None]]:
    """What the unit's target says for each message's pieces; none where it can't be told or has codes of its own."""
    for old, content, message in zip(unit.old_parts, contents, messages, strict=True):
        if old is not None:
            target = inline.content(text, old, unit.keeps_space, content.names)
            drafts = entries.drafts(message, entries.message(target.text, target.codes, labels))
            if drafts is not None and target.markup.keys() <= content.markup.keys():
                yield drafts


def _rendered(message: Message, content: Content, targets: Sequence[str | None]) -> str | None:
    """A part's target as XML; None where there is none."""
    present = [target for target in targets if target is not None]
    filled = entries.filled(message, present) if len(present) == len(targets) else None
    return None if filled is None else inline.as_xml(filled, content)
