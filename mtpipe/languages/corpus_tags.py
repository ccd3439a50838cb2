"""Which of a file's language tags is the one asked for (BCP 47, by leading subtags: `de` is also `de-AT`)."""

from __future__ import annotations

from functools import lru_cache

from mtpipe.errors import InputError

# what a bare language means in the names of catalogues, where the region is not the language's own name
_HOMES = {"zh": "CN", "cs": "CZ", "ja": "JP", "ko": "KR", "sv": "SE", "da": "DK", "uk": "UA", "el": "GR", "he": "IL",
          "hi": "IN", "en": "US", "sl": "SI", "et": "EE", "nb": "NO", "sr": "RS", "ca": "ES"}  # fmt: skip


def primary(tag: str) -> str:
    """`de` of `de-AT` and of `de_AT.UTF-8`."""
    return _subtags(tag)[0]


def is_same(one: str, other: str) -> bool:
    """Do both tags name the same language, whatever their regions?"""
    return primary(one) == primary(other)


@lru_cache(1000)  # each unit of a memory asks the same again
def closest(tags: tuple[str, ...], wanted: str) -> str | None:
    """The tag of the wanted language that shares most subtags with it, of equals the first; None if there is none."""
    return max((tag for tag in tags if is_same(tag, wanted)), key=lambda tag: _shared(tag, wanted), default=None)


def is_reversed(source: str, target: str, source_lang: str, target_lang: str, where: str) -> bool:
    """Does a file from source into target hold the asked pair the other way round?

    Raises InputError, which begins with where, for other languages.
    """
    if is_same(source, source_lang) and is_same(target, target_lang):
        return False
    if is_same(source, target_lang) and is_same(target, source_lang):
        return True
    raise InputError(f"{where}: translates {source} into {target}, not {source_lang} into {target_lang}")


def directories(tag: str) -> frozenset[str]:
    """Names that folders of catalogues have for a tag: {"de", "de_DE", "de-DE"} for `de`, {"pt-BR", "pt_BR"}."""
    if _subtags(tag)[1:]:
        names = {tag}
    else:
        names = {tag, f"{tag}-{_HOMES.get(tag, tag.upper())}"}
    if tag in ("zh", "zh-CN"):
        names |= {"zh-CN", "zh-Hans", "zh-Hans-CN"}
    return frozenset(names | {name.replace("-", "_") for name in names})


def _subtags(tag: str) -> list[str]:
    return tag.split(".")[0].replace("_", "-").lower().split("-")


def _shared(tag: str, wanted: str) -> tuple[int, int]:
    """(subtags in common from the left, fewer others): `de` before `de-AT` for `de`, but `de-AT` first for itself."""
    both = list(zip(_subtags(tag), _subtags(wanted)))
    shared = next((i for i, (one, other) in enumerate(both) if one != other), len(both))
    return shared, -len(_subtags(tag))
