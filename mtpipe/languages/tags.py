"""Language tags (BCP 47, and as people and programs write them): what they name, which are the same, which come near.

A language is compared by its primary subtag, with old and macrolanguage codes as one (iw is he, nb is no, cmn is zh).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from functools import lru_cache

from mtpipe.errors import InputError

ANY = "mul"  # the tag of "multiple languages"
_REGIONAL = 5  # langcodes' distance of variants of one language: es-419 is es, nb is no, but gsw is not de
_RELATED = 30  # and of languages that people may have meant
_NORWEGIAN = {"nb": "no", "nn": "no"}
_MODIFIERS = {"latin": "latn", "cyrillic": "cyrl"}  # scripts in names of locales: sr@latin
_SEPARATOR = re.compile("[-_@]")
# what a bare language means in the names of catalogues, where the region is not the language's own name
_HOMES = {"zh": "CN", "cs": "CZ", "ja": "JP", "ko": "KR", "sv": "SE", "da": "DK", "uk": "UA", "el": "GR", "he": "IL",
          "hi": "IN", "en": "US", "sl": "SI", "et": "EE", "nb": "NO", "sr": "RS", "ca": "ES"}  # fmt: skip
# in English, then in the language itself
_NAMES = {code: names.split(",") for code, names in (pair.split("=") for pair in (
    "ar=arabic bg=bulgarian ca=catalan cs=czech da=danish,dansk de=german,deutsch el=greek en=english,englisch "
    "es=spanish,español et=estonian fa=persian fi=finnish,suomi fr=french,français he=hebrew hi=hindi hr=croatian "
    "hu=hungarian,magyar id=indonesian it=italian,italiano ja=japanese,日本語 ko=korean,한국어 lt=lithuanian lv=latvian "
    "nl=dutch,nederlands no=norwegian,norsk pl=polish,polski pt=portuguese,português ro=romanian,română "
    "ru=russian,русский sk=slovak sl=slovenian sr=serbian sv=swedish,svenska tr=turkish,türkçe uk=ukrainian,українська "
    "vi=vietnamese zh=chinese,中文"
).split())}  # fmt: skip
_CODE_OF_NAME = {name: code for code, names in _NAMES.items() for name in names}


def primary_subtag(tag: str) -> str:
    """The language alone, in lower case: `de` of `de-AT`, of `de_AT.UTF-8` and of `de@euro`."""
    return _subtags(tag)[0]


@lru_cache(1000)  # each unit of a memory asks the same again
def is_same(one: str, other: str) -> bool:
    """Do both tags name the same language, whatever their regions?"""
    return _language(one) == _language(other)


def fits(stated: str, expected: str) -> bool:
    """Is a document's language the expected one, or is one of the two unknown? Regions may differ, scripts may not."""
    if not stated or not expected:
        return True
    scripts = {_script(stated), _script(expected)} - {None}
    return is_same(stated, expected) and len(scripts) < 2


def is_reversed(source: str, target: str, source_lang: str, target_lang: str, where: str) -> bool:
    """Does a file from source into target hold the job's pair the other way round?

    Raises InputError, which begins with where, for other languages.
    """
    if is_same(source, source_lang) and is_same(target, target_lang):
        return False
    if is_same(source, target_lang) and is_same(target, source_lang):
        return True
    raise InputError(f"{where}: translates {source} into {target}, not {source_lang} into {target_lang}")


def distance(tag: str, other: str) -> int | None:
    """How many subtags two tags of one language differ in, 0 for the same; None for another language."""
    if not is_same(tag, other):
        return None
    ours, theirs = _subtags(tag)[1:], _subtags(other)[1:]
    shared = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
    return len(ours) + len(theirs) - 2 * shared


@lru_cache(1000)
def closest_variant(tags: tuple[str, ...], target: str) -> str | None:
    """The tag of the target's language that differs least from it, of equals the first; None if there is none."""
    distances = {tag: far for tag in tags if (far := distance(tag, target)) is not None}
    return min(distances, key=distances.__getitem__, default=None)


def standard(code: str) -> str | None:
    """The shortest tag of what people and models write (deu_Latn → de, en_US → en-US); None for what is no language."""
    if code in _NAMES:
        return code
    import langcodes  # on use: it takes a while, and usual codes are known without it

    try:
        language = langcodes.Language.get(code.replace("_", "-"), normalize=True)
        return langcodes.standardize_tag(language, macro=True) if language.is_valid() else None
    except langcodes.LanguageTagError:
        return None


def closest(code: str, available: Collection[str]) -> str | None:
    """The available tag that serves for a language code: itself, or another region; never another script."""
    if code in available:
        return code
    tag = standard(code)
    if tag is None:
        return None
    distances = {other: _distance(tag, other) for other in available}
    best = min(distances, key=distances.__getitem__, default=None)
    return best if best is not None and distances[best] <= _REGIONAL else None


def suggestions(code: str, available: Collection[str], count: int = 6) -> list[str]:
    """Available tags for people to choose from: related or similarly written ones first."""
    tag = standard(code)
    related = sorted(available, key=lambda other: _distance(tag, other)) if tag else []
    related = [other for other in related if tag and _distance(tag, other) < _RELATED]
    alike = difflib.get_close_matches(code.lower(), available, count, 0.4)
    return (list(dict.fromkeys([*related, *alike])) or sorted(available))[:count]


@lru_cache(1000)
def is_two_letter_code(code: str) -> bool:
    """Is it an ISO 639-1 code? (Of three letters nearly all are codes, "src" and "tgt" among them.)"""
    return len(code) == 2 and code.isascii() and standard(code) == code


def folder_names(tag: str) -> frozenset[str]:
    """Names that folders of catalogues have for a tag: {"de", "de_DE", "de-DE"} for `de`, {"pt-BR", "pt_BR"}."""
    names = {tag} if _subtags(tag)[1:] else {tag, f"{tag}-{_HOMES.get(tag, tag.upper())}"}
    if tag in ("zh", "zh-CN"):
        names |= {"zh-CN", "zh-Hans", "zh-Hans-CN"}
    return frozenset(names | {name.replace("-", "_") for name in names})


def with_territory(tag: str) -> str:
    """The tag with the country that most of its speakers are in, as office programs want it: de-DE of de."""
    import langcodes

    language = langcodes.Language.get(tag)
    territory = language.territory or language.maximize().territory
    return tag if language.territory or not territory else f"{language.language}-{territory}"


def language_name(tag: str) -> str:
    """The English name of a language with its tag, "German (de-AT)"; the tag alone where no name is known."""
    name = english_name(tag)
    return tag if name == tag else f"{name} ({tag})"


def english_name(tag: str) -> str:
    """The English name of a language, "German"; the tag where no name is known."""
    names = _NAMES.get(_language(tag))
    return names[0].capitalize() if names else tag


def from_name(name: str) -> str | None:
    """The code of a language by its name in English or in itself; None for any other word."""
    return _CODE_OF_NAME.get(name.casefold())


def _subtags(tag: str) -> list[str]:
    return [_MODIFIERS.get(part, part) for part in _SEPARATOR.split(tag.partition(".")[0].lower())]


@lru_cache(1000)
def _language(tag: str) -> str:
    primary = primary_subtag(tag)
    code = primary_subtag(standard(primary) or primary)
    return _NORWEGIAN.get(code, code)


def _script(tag: str) -> str | None:
    """The script that a tag states by itself or by its region: Hant of zh-TW, none of zh."""
    stated = standard("-".join(_subtags(tag)))
    if not stated or "-" not in stated:
        return None
    import langcodes

    return langcodes.Language.get(stated).maximize().script


def _distance(one: str, other: str) -> int:
    import langcodes

    first, second = (langcodes.Language.get(code).maximize() for code in (one, other))
    return langcodes.tag_distance(one, other) + (1000 if first.script != second.script else 0)
