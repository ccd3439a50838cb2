"""PO catalogues and their templates: translations are put in place, all else stays byte for byte.

Options: existing = keep (what is translated stays), redo (everything is translated anew) or draft (translations are
handed on to be checked and repaired); fuzzy = machine output is marked fuzzy, so that programs don't show it before
somebody has seen it; accelerator = the mark of accelerator keys, "auto" to find it, "" for none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtpipe.document import inline_codes as inline
from mtpipe.document.segment import SUGGESTED, Document, Segment
from mtpipe.errors import ConfigError, InputError, amount
from mtpipe.formats.editing import accelerators, entries
from mtpipe.formats.editing.encoding import Encoding, write_text
from mtpipe.formats.editing.entries import Labels, Message
from mtpipe.formats.editing.inplace import Edit, replaced
from mtpipe.formats.po import directives, header_fields, plurals, syntax
from mtpipe.formats.po.plurals import Plurals
from mtpipe.formats.po.syntax import Entry, quoted
from mtpipe.languages import tags

EXISTING = ("keep", "redo", "draft")
_CREDITS = frozenset(("translator-credits", "translator_credits", "NAME OF TRANSLATORS", "EMAIL OF TRANSLATORS"))
_WIDTH = 79  # columns: gettext's own
_NOTE = re.compile(r"#\. mtpipe: .*(?:\r?\n)")
_FUZZY = re.compile(r",\s*fuzzy(?=\s*(?:,|\Z))")


@dataclass(frozen=True, slots=True)
class _PoSlot:
    """An entry to be translated: a message, and the drafts of its pieces, for each of its forms."""

    entry: Entry
    kind: str
    messages: tuple[Message, ...]
    drafts: tuple[list[str | None], ...]


@dataclass(frozen=True, slots=True)
class _PoSkeleton:
    """The file as read, the entries to translate, and its header if it has one."""

    text: str
    encoding: Encoding
    slots: tuple[_PoSlot, ...]
    header: Entry | None
    plurals: Plurals


class PoFormat:
    """gettext's PO and POT: contexts, plural forms, flags, accelerator keys; obsolete entries and comments are kept."""

    suffixes = (".po", ".pot")

    def __init__(self, existing: str = "keep", fuzzy: bool = True, accelerator: str = "auto", target_lang: str = ""):
        if existing not in EXISTING:
            raise ConfigError(f"format option existing={existing!r}: use {', '.join(EXISTING)}")
        if accelerator not in ("auto", "", *accelerators.MARKS):
            raise ConfigError(
                f"format option accelerator={accelerator!r}: use auto, {' '.join(accelerators.MARKS)} or nothing"
            )
        self._existing, self._fuzzy, self._accelerator, self._target_lang = existing, fuzzy, accelerator, target_lang

    def read(self, path: Path, name: str) -> Document:
        """A segment for each line or wrapped paragraph of each form of each message; raises InputError."""
        text, encoding, catalogue = syntax.read(path, name)
        header = next((entry for entry in catalogue if entry.is_header), None)
        stated = header_fields.fields(header)
        language = stated.get("Language", "")
        if not tags.fits(language, self._target_lang):
            raise InputError(f"{name}: a catalogue of {language}, the job translates into {self._target_lang}; correct "
                             "its Language field or translate it in another job")
        forms = plurals.read(stated.get("Plural-Forms", "")) or plurals.of(self._target_lang or language)
        labels = self._labels(catalogue, stated)
        slots = tuple(self._slots(catalogue, forms, labels))
        segments: list[Segment] = []
        for slot in slots:
            for message, drafts in zip(slot.messages, slot.drafts, strict=True):
                for piece, draft in zip(message.pieces, drafts, strict=True):
                    segments.append(Segment(f"{name}#{len(segments) + 1}", piece.source, draft=draft,
                                            codes=piece.codes))
        count = sum(not entry.is_header for entry in catalogue) - len(slots)
        note = f"{amount(count, 'entry', 'entries')} left unchanged: translated already, or not to be translated"
        notes = [note] if count else []
        return Document(name, tuple(segments), _PoSkeleton(text, encoding, slots, header, forms),
                        (*notes, *_key_notes(slots)))

    def write(self, document: Document, path: Path) -> None:
        """The catalogue with its segments' targets; for a template, with the target's header. Raises OutputError."""
        skeleton: _PoSkeleton = document.skeleton
        text, encoding = skeleton.text, skeleton.encoding
        edits = self._edits(document)
        if edits:
            edits += header_fields.edits(text, skeleton.header, self._target_lang, skeleton.plurals.rule)
            text = replaced(text, sorted(edits))
        if not _is_writable(text, encoding):
            text, encoding = header_fields.in_utf8(text), Encoding()
        write_text(text, encoding, path)

    def _labels(self, catalogue: Sequence[Entry], stated: dict[str, str]) -> Labels:
        texts = [entry.msgid for entry in catalogue if not entry.is_header]
        marks = self._accelerator
        if marks == "auto":
            found_marks = accelerators.marks(texts) + stated.get("X-Accelerator-Marker", "")
            marks = "".join(mark for mark in accelerators.MARKS if mark in found_marks)
        return Labels(marks, accelerators.words(texts) if marks else ())

    def _slots(self, catalogue: Sequence[Entry], forms: Plurals, labels: Labels) -> Iterator[_PoSlot]:
        for entry in catalogue:
            is_done = all(part.value for part in entry.translations)
            if entry.is_header or {entry.msgid, entry.value("msgctxt")} & _CREDITS:
                continue
            if is_done and (self._existing == "keep" or self._existing == "draft" and len(_old(entry)) != _count(
                    entry, forms)):
                continue
            kind = directives.kind(entry.flags)
            messages = tuple(_message(source, kind, labels) for source in _sources(entry, forms, kind))
            drafts: list[list[str | None] | None] = [[None] * len(message.pieces) for message in messages]
            if is_done and self._existing == "draft":
                drafts = [entries.drafts(message, _message(old, kind, labels))
                          for message, old in zip(messages, _old(entry), strict=True)]
            complete = tuple(draft for draft in drafts if draft is not None)
            if len(complete) == len(messages):
                yield _PoSlot(entry, kind, messages, complete)

    def _edits(self, document: Document) -> list[Edit]:
        skeleton: _PoSkeleton = document.skeleton
        width = 0 if _is_unwrapped(skeleton.text) else _WIDTH
        newline = "\r\n" if "\r\n" in skeleton.text else "\n"
        edits: list[Edit] = []
        for slot, targets in entries.to_write(skeleton.slots, document.segments):
            values = [_value(message, part, slot.kind) for message, part in zip(slot.messages, targets, strict=True)]
            if all(value is not None for value in values):
                edits += self._entry_edits(skeleton.text, slot, [value or "" for value in values], (newline, width))
        for slot, notes in _suggestions(skeleton.slots, document.segments):
            edits += _note_edits(skeleton.text, slot.entry, notes, newline)
        return edits

    def _entry_edits(self, text: str, slot: _PoSlot, values: Sequence[str], style: tuple[str, int]) -> Iterator[Edit]:
        entry, (newline, width) = slot.entry, style
        old = _old(entry)
        if self._existing == "keep" and len(old) == len(values):
            values = [was or value for was, value in zip(old, values, strict=True)]
        fits = all(not slot.kind or directives.fits(value, message.text, slot.kind)
                   for value, message in zip(values, slot.messages, strict=True))
        is_copied = not any(message.pieces for message in slot.messages)
        yield from _flag_edits(text, entry, not fits or self._fuzzy and not is_copied, newline)
        keywords = ["msgstr"] if entry.value("msgid_plural") is None else [f"msgstr[{n}]" for n in range(len(values))]
        width = 0 if "no-wrap" in entry.flags else width
        strings = [quoted(keyword, value, newline, width) for keyword, value in zip(keywords, values, strict=True)]
        yield entry.translations[0].start, entry.translations[-1].end, newline.join(strings)


def _old(entry: Entry) -> list[str]:
    return [part.value for part in entry.translations]


def _count(entry: Entry, forms: Plurals) -> int:
    return 1 if entry.value("msgid_plural") is None else len(forms.numbers)


def _sources(entry: Entry, forms: Plurals, kind: str) -> list[str]:
    """What each form is a translation of: the singular if it is for 1 alone, or loses no directive on other numbers."""
    plural = entry.value("msgid_plural")
    if plural is None:
        return [entry.msgid]
    has_all = not kind or directives.fits(entry.msgid, plural, kind)
    has_all = has_all and bool(re.search(r"[%{]", entry.msgid))  # a singular without the number says "one"
    return [entry.msgid if forms.is_singular(form) or forms.has_one(form) and has_all else plural
            for form in range(len(forms.numbers))]


def _message(text: str, kind: str, labels: Labels) -> Message:
    placeholders = inline.find(text)
    more = [code for code in (directives.find(text, kind) if kind else ())
            if not any(other.start <= code.start and code.end <= other.end for other in placeholders)]
    return entries.message(text, more, labels)


def _value(message: Message, targets: Sequence[str | None], kind: str) -> str | None:
    """The message translated; None where a target is missing."""
    present = [target for target in targets if target is not None]
    value = entries.filled(message, present) if len(present) == len(targets) else None
    return directives.fitted(value, message.text, kind) if kind and value else value


def _suggestions(slots: Sequence[_PoSlot], segments: Iterable[Segment]) -> Iterator[tuple[_PoSlot, list[str]]]:
    """Each translated slot with what the notes of its segments suggest to people."""
    rest = iter(segments)
    for slot in slots:
        own = [next(rest) for message in slot.messages for _ in message.pieces]
        notes = [note for segment in own for note in segment.notes]
        if any(segment.target is None for segment in own):
            continue
        yield slot, [" ".join(note.split()) for note in dict.fromkeys(notes) if note.startswith(SUGGESTED)]


def _note_edits(text: str, entry: Entry, notes: Sequence[str], newline: str) -> Iterator[Edit]:
    """What puts notes into comments that PO editors show and that the next template takes out, for those of earlier
    runs."""
    start = entry.begin
    while start and text[(line := text.rfind("\n", 0, start - 1) + 1) : start].startswith("#"):
        start = line
    old = list(_NOTE.finditer(text, start, entry.begin))
    new = [f"#. mtpipe: {note}{newline}" for note in notes]
    if [match.group() for match in old] != new:
        yield from ((match.start(), match.end(), "") for match in old)
        if new:
            yield entry.begin, entry.begin, "".join(new)


def _flag_edits(text: str, entry: Entry, is_fuzzy: bool, newline: str) -> Iterator[Edit]:
    """What makes the entry fuzzy or not."""
    if is_fuzzy == ("fuzzy" in entry.flags):
        return
    if entry.flags_at is None:
        yield entry.begin, entry.begin, f"#, fuzzy{newline}"
        return
    start, end = entry.flags_at
    if is_fuzzy:
        yield start + 2, start + 2, " fuzzy,"
        return
    remaining = _FUZZY.sub("", text[start + 1:end])
    if remaining:
        yield start, end, f"#{remaining}"
    else:
        yield start, end + len(newline), ""


def _key_notes(slots: Sequence[_PoSlot]) -> list[str]:
    count = sum(bool(message.key and message.key.letter) for slot in slots for message in slot.messages)
    place = "put on the same letter of the translation where it has it, else on a word's first letter"
    return [f"{amount(count, 'accelerator key')}: {place}"] if count else []


def _is_unwrapped(text: str) -> bool:
    return any(len(line) > _WIDTH + 3 and line.count(" ") > 3 and line.rstrip().endswith('"')
               and not line.startswith("#") for line in text.splitlines())


def _is_writable(text: str, encoding: Encoding) -> bool:
    try:
        text.encode(encoding.name)
    except UnicodeEncodeError:
        return False
    return True
