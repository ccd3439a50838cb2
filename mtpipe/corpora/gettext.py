"""Message catalogues (.po, .mo): program texts and their translations, without accelerator keys."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import polib

from mtpipe.corpora import Located, Pair, runs
from mtpipe.errors import InputError
from mtpipe.formats.editing.accelerators import without_keys
from mtpipe.formats.po import header_fields, syntax
from mtpipe.languages.tags import is_same, primary_subtag


def located(path: Path, source_lang: str, target_lang: str) -> Iterator[Located]:
    """Pairs in runs of neighbours, turned round where the asked target is the catalogue's source, English.

    Raises InputError when the catalogue says that it is in neither language.
    """
    language, messages = _catalogue(path)
    is_english_wanted = primary_subtag(target_lang) == "en" and primary_subtag(source_lang) != "en"
    is_turned = is_same(language, source_lang) if language else is_english_wanted
    if language and not is_turned and not is_same(language, target_lang):
        raise InputError(f"{path}: a catalogue in {language}, neither in {source_lang} nor {target_lang}")
    return runs(path.name, ((target, source) if is_turned else (source, target) for source, target in _tidy(messages)))


def pairs(path: Path) -> Iterator[Pair]:
    """The finished messages as (message, translation): not the fuzzy, the obsolete and those left as they are.

    A singular goes with the first plural form, the plural with the others. Raises InputError for what is no catalogue.
    """
    yield from _tidy(_catalogue(path)[1])


def _catalogue(path: Path) -> tuple[str, Iterator[Pair]]:
    """(its language or "", its messages)."""
    if path.suffix == ".po":
        _, _, entries = syntax.read(path, str(path))
        header = next((entry for entry in entries if entry.is_header), None)
        return header_fields.fields(header).get("Language", ""), _messages(entries)
    try:
        _check_size(path.read_bytes())
        binary = polib.mofile(str(path))
    except (OSError, ValueError, LookupError, struct.error) as error:
        raise InputError(f"{path}: not a readable .mo catalogue ({error})") from error
    return binary.metadata.get("Language", "").strip(), _binary_messages(binary)


def _check_size(data: bytes) -> None:
    """Raises ValueError or struct.error for a .mo that does not hold all its texts, which polib would cut short."""
    order = "<" if data[:4] == b"\xde\x12\x04\x95" else ">"
    count, *tables = struct.unpack(f"{order}3I", data[8:20])
    for table in tables:
        entries = struct.unpack(f"{order}{2 * count}I", data[table:table + 8 * count])
        if any(length + start > len(data) for length, start in zip(entries[::2], entries[1::2])):
            raise ValueError("it is cut short")


def _messages(entries: Iterable[syntax.Entry]) -> Iterator[Pair]:
    for entry in entries:
        if entry.msgid and "fuzzy" not in entry.flags:
            yield from _forms(entry.msgid, entry.value("msgid_plural"), [part.value for part in entry.translations])


def _binary_messages(catalogue: polib.MOFile) -> Iterator[Pair]:
    for entry in catalogue:
        plural = entry.msgid_plural
        forms = [text for _, text in sorted(entry.msgstr_plural.items(), key=lambda form: int(form[0]))]
        if entry.msgid:
            yield from _forms(entry.msgid, plural or None, forms if plural else [entry.msgstr])


def _forms(singular: str, plural: str | None, translations: list[str]) -> Iterator[Pair]:
    if plural is None:
        yield singular, translations[0]
    elif len(translations) == 1:  # languages without plural forms
        yield plural, translations[0]
    else:
        yield singular, translations[0] if translations else ""
        yield from ((plural, form) for form in translations[1:])


def _tidy(messages: Iterable[Pair]) -> Iterator[Pair]:
    """Pairs with white space folded and without keys, but for those that are empty or alike on both sides."""
    for pair in messages:
        source, target = (" ".join(text.split()) for text in without_keys(*pair))
        if source and target and source != target:
            yield source, target
