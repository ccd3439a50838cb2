"""Language tags (BCP 47): which of the tags that a model knows is meant by another, and which come near."""

from __future__ import annotations

import difflib
from collections.abc import Collection

import langcodes

ANY = "mul"  # the tag of "multiple languages"
_REGIONAL = 5  # langcodes' distance of variants of one language: es-419 is es, nb is no, but gsw is not de


def tag(code: str) -> str | None:
    """The shortest tag of what people and models write (deu_Latn → de, en_US → en-US); None for what is no language."""
    try:
        found = langcodes.Language.get(code.replace("_", "-"), normalize=True)
        return langcodes.standardize_tag(found, macro=True) if found.is_valid() else None
    except langcodes.LanguageTagError:
        return None


def closest(asked: str, known: Collection[str]) -> str | None:
    """The tag of known that is asked for, regions ignored where none has just that one; never another script."""
    if asked in known:
        return asked
    wanted = tag(asked)
    if wanted is None:
        return None
    distances = {other: _distance(wanted, other) for other in known}
    best = min(distances, key=lambda other: distances[other], default=None)
    return best if best is not None and distances[best] <= _REGIONAL else None


def near(asked: str, known: Collection[str], count: int = 6) -> list[str]:
    """Tags of known for people to choose from: related or similarly written ones first."""
    wanted = tag(asked)
    related = sorted(known, key=lambda other: _distance(wanted, other)) if wanted else []
    related = [other for other in related if wanted and _distance(wanted, other) < 30]
    alike = difflib.get_close_matches(asked.lower(), known, count, 0.4)
    return (list(dict.fromkeys([*related, *alike])) or sorted(known))[:count]


def _distance(one: str, other: str) -> int:
    first, second = (langcodes.Language.get(code).maximize() for code in (one, other))
    return langcodes.tag_distance(one, other) + (1000 if first.script != second.script else 0)
