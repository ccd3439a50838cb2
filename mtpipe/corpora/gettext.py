"""Compiled message catalogues (.mo): program texts and their translations, accelerators taken out."""

from __future__ import annotations

import gettext
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from mtpipe.corpora import Pair
from mtpipe.errors import InputError

# "_File", "&File", "~File" mark a key; "(_F)" is how East Asian translations add one
_KEY_AFTER = re.compile(r"\s?\([_&~]\w\)")
_KEY = re.compile(r"(?<!\w)[_&~](?=\w)|(?<=\w)[_&~](?=\w)")
_NAME = re.compile(r"\b[A-Z]+&[A-Z]\b")  # R&D, AT&T


def pairs(path: Path) -> Iterator[Pair]:
    """The translated messages of one catalogue, every plural form apart; raises InputError when it is not one."""
    try:
        with open(path, "rb") as file:
            catalog = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]  # no public way to list it
    except (OSError, ValueError, LookupError, struct.error) as error:
        raise InputError(f"{path}: not a readable .mo catalogue ({error})") from error
    for key, target in catalog.items():
        source = key[0] if isinstance(key, tuple) else key
        source, target = (_clean(text.rsplit("\x04", 1)[-1]) for text in (source, target))
        if source and target and source != target:
            yield source, target


def folder_pairs(folder: Path, source_lang: str, target_lang: str) -> Iterator[Pair]:
    """The distinct pairs of all catalogues of target_lang below folder (…/de/LC_MESSAGES/x.mo, de_DE/…).

    Sources are taken to be in source_lang, as the catalogues' keys are English. A broken catalogue is passed over:
    one bad file of a distribution must not lose the rest. Raises InputError when there is no catalogue at all.
    """
    if source_lang.split("-")[0] != "en":
        raise InputError(f"{folder}: catalogues hold English sources, not {source_lang}; use TSV pairs")
    names = {target_lang, target_lang.replace("-", "_"), f"{target_lang}_{target_lang.upper()}"}
    files = sorted(path for path in folder.rglob("*.mo") if names & set(path.parts))
    if not files:
        raise InputError(f"{folder}: no .mo catalogue of '{target_lang}' below this folder")
    seen: set[int] = set()
    for path in files:
        try:
            for pair in pairs(path):
                if hash(pair) not in seen:
                    seen.add(hash(pair))
                    yield pair
        except InputError:
            continue


def _clean(text: str) -> str:
    marked = _KEY_AFTER.sub("", text)
    return " ".join((marked if _NAME.search(marked) else _KEY.sub("", marked)).split())
