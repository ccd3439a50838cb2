"""Which JSON and YAML files are catalogues of messages, and which of their keys are chosen.

Nobody's settings are translated by surprise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from mtpipe.errors import UnsuitedError

# Words that name a catalogue's file or a folder of catalogues.
_NAMES = frozenset("""locale locales i18n l10n lang langs language languages translation translations messages strings
    localization localisation localizations _locales""".split())
# ISO 639-1: a catalogue in another language is no source
_LANGUAGES = frozenset("""
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee
    el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is
    it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms
    mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk
    sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi
    yo za zh zu""".split())
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
    said = {word for word in (stem, *_ENDING.findall(stem), *folders[-1:])
            if _LANGUAGE.fullmatch(word) and word[:2] in _LANGUAGES}
    if said and re.split("[-_]", lang.lower())[0] not in {word[:2] for word in said}:
        raise UnsuitedError(f"{name}: not translated, its name says that it is in {', '.join(sorted(said))}; "
                            f"choose keys to translate it all the same, such as --format-option {option}")
    if not said and not words & _NAMES:
        raise UnsuitedError(f"{name}: not translated, its name doesn't say that it is a catalogue of messages; "
                            f"choose keys to translate it, such as --format-option {option}")


def _globs(given: str | Iterable[str]) -> tuple[str, ...]:
    return tuple(glob.strip() for glob in (given.split(",") if isinstance(given, str) else given) if glob.strip())


def _fits(key: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(key, glob) or fnmatchcase(key, f"{glob}.*") for glob in globs)
