"""The plural categories a language needs for whole numbers, by CLDR; Android, Apple, Rails and ICU name them so."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from babel import Locale, UnknownLocaleError

from mtpipe.formats.editing.inplace import PluralForm, Span
from mtpipe.languages.tags import primary_subtag

NAMES = ("zero", "one", "two", "few", "many", "other")
_ENGLISH = ("one", "other")
_NUMBERS = range(1001)


@cache
def of(lang: str) -> tuple[str, ...]:
    """The categories of a language (BCP 47), "other" last; those of English for one that CLDR does not know."""
    for tag in (lang.replace("-", "_"), primary_subtag(lang)):
        try:
            rule = Locale.parse(tag).plural_form
        except (UnknownLocaleError, ValueError):
            continue
        needed = {rule(number) for number in _NUMBERS} | {"other"}
        return tuple(name for name in NAMES if name in needed)
    return _ENGLISH


def form(text: str, span: Span, name: int, present: Collection[str], lang: str, separator: str = "") -> PluralForm:
    """The form "other" (spelled at name) that stands at span, to be repeated for those of lang that are not present.

    separator: what else stands between two forms, beside the white space before this one. Where the source makes no
    difference between one and more, nothing is missing.
    """
    before = text[:span[0]]
    blanks = before[len(before.rstrip()):]
    missing = tuple(category for category in of(lang) if category not in present) if "one" in present else ()
    return PluralForm(*span, (name, name + len("other")), missing, separator + blanks)
