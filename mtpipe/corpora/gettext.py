"""Message catalogues (.po, .mo): program texts and their translations, accelerators taken out."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import polib

from mtpipe.corpora import Located, Pair, accelerators, runs
from mtpipe.errors import InputError
from mtpipe.languages.tags import is_same, primary_subtag


def located(path: Path, source_lang: str, target_lang: str) -> Iterator[Located]:
    """Pairs in runs of neighbours, turned round where the asked target is the catalogue's source, English.

    Raises InputError when the catalogue says that it is in neither language.
    """
    catalogue = _read(path)
    language = catalogue.metadata.get("Language", "").strip()
    is_english_wanted = primary_subtag(target_lang) == "en" and primary_subtag(source_lang) != "en"
    is_turned = is_same(language, source_lang) if language else is_english_wanted
    if language and not is_turned and not is_same(language, target_lang):
        raise InputError(f"{path}: a catalogue in {language}, neither in {source_lang} nor {target_lang}")
    found = accelerators.cleaned(_messages(catalogue))
    return runs(path.name, ((target, source) if is_turned else (source, target) for source, target in found))


def pairs(path: Path) -> Iterator[Pair]:
    """The finished messages as (message, translation): not the fuzzy, the obsolete and those left as they are.

    A singular goes with the first plural form, the plural with the others. Raises InputError for what is no catalogue.
    """
    yield from accelerators.cleaned(_messages(_read(path)))


def _read(path: Path) -> polib.POFile | polib.MOFile:
    try:
        if path.suffix == ".po":
            return polib.pofile(str(path))
        _check_size(path.read_bytes())
        return polib.mofile(str(path))
    except (OSError, ValueError, LookupError, struct.error) as error:
        raise InputError(f"{path}: not a readable {path.suffix} catalogue ({error})") from error


def _check_size(data: bytes) -> None:
    """Raises ValueError or struct.error for a .mo that does not hold all its texts, which polib would cut short."""
    order = "<" if data[:4] == b"\xde\x12\x04\x95" else ">"
    count, *tables = struct.unpack(f"{order}3I", data[8:20])
    for table in tables:
        entries = struct.unpack(f"{order}{2 * count}I", data[table:table + 8 * count])
        if any(length + start > len(data) for length, start in zip(entries[::2], entries[1::2])):
            raise ValueError("it is cut short")


def _messages(catalogue: polib.POFile | polib.MOFile) -> Iterator[Pair]:
    for entry in catalogue:
        if entry.obsolete or "fuzzy" in entry.flags or not entry.msgid:
            continue
        if not entry.msgid_plural:
            yield entry.msgid, entry.msgstr
            continue
        forms = [text for _, text in sorted(entry.msgstr_plural.items(), key=lambda form: int(form[0]))]
        if len(forms) == 1:  # languages without plural forms
            yield entry.msgid_plural, forms[0]
        else:
            yield entry.msgid, forms[0] if forms else ""
            yield from ((entry.msgid_plural, form) for form in forms[1:])
