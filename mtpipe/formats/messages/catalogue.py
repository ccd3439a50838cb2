"""Which JSON and YAML files are catalogues of messages, and which of their keys are chosen.

Nobody's settings are translated by surprise.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase

from mtpipe.errors import UnsuitedError
from mtpipe.languages.tags import is_two_letter_code, primary_subtag

# Words that name a catalogue's file or a folder of catalogues.
_NAMES = frozenset("""locale locales i18n l10n lang langs language languages translation translations messages strings
    localization localisation localizations _locales""".split())
# What stands beside a text in an entry and is none.
_REMARKS = ("description", "id", "hash", "leftDelim", "rightDelim")
_PART = re.compile(r"[^a-z0-9_]+")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2,4})?")
_ENDING = re.compile(rf"[._-]({_LANGUAGE.pattern})$")  # app.en


class Keys:
    """Key paths ("menu.file.open") that fit one of include (all, if there is none) and none of exclude, as globs."""

    def __init__(self, include: str | Sequence[str] = (), exclude: str | Sequence[str] = ()):
        self.include, self.exclude = _globs(include), _globs(exclude)

    def fits(self, key: str) -> bool:
        """Is the key chosen? A glob that names a branch ("menu") stands for all in it."""
        return (not self.include or _fits(key, self.include)) and not _fits(key, self.exclude)


def check_name(name: str, lang: str, option: str) -> None:
    """Raises UnsuitedError unless a relative path itself says that it is a catalogue, in lang if in any language."""
    *folders, file = name.lower().split("/")
    stem = file.rpartition(".")[0]
    words = {stem, *(word for word in _PART.split(stem) if word), *folders}
    languages = {word for word in (stem, *_ENDING.findall(stem), *folders[-1:])
                 if _LANGUAGE.fullmatch(word) and is_two_letter_code(word[:2])}
    if languages and primary_subtag(lang) not in {word[:2] for word in languages}:
        raise UnsuitedError(f"{name}: not translated, its name says that it is in {', '.join(sorted(languages))}; "
                            f"choose keys to translate it all the same, such as --format-option {option}")
    if not languages and not words & _NAMES:
        raise UnsuitedError(f"{name}: not translated, its name doesn't say that it is a catalogue of messages; "
                            f"choose keys to translate it, such as --format-option {option}")


def remarks(keys: Collection[str]) -> frozenset[str]:
    """The keys of entries that are no texts: descriptions, ids and placeholders beside a text, by who writes such.

    Chrome's messages.json has nothing but entries with a "message"; react-intl's have a "defaultMessage", go-i18n's a
    "translation" or an "other".
    """
    is_chromes = all(f"{key.partition('.')[0]}.message" in keys for key in keys)
    texts = ("message", "defaultMessage", "translation", "other")[0 if is_chromes else 1:]
    without_text = set()
    for key in keys:
        entry, _, own = key.rpartition(".")
        before = f"{entry}." if entry else ""
        if own in _REMARKS and any(f"{before}{name}" in keys for name in texts):
            without_text.add(key)
        elif is_chromes and ".placeholders." in key:
            without_text.add(key)
    return frozenset(without_text)


def _globs(value: str | Iterable[str]) -> tuple[str, ...]:
    return tuple(glob.strip() for glob in (value.split(",") if isinstance(value, str) else value) if glob.strip())


def _fits(key: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(key, glob) or fnmatchcase(key, f"{glob}.*") for glob in globs)
