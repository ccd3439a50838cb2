"""Which morphology serves a language: rules and dictionaries where there are some, else what the corpus attests."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.languages.tags import primary_subtag
from mtpipe.morphology.protocol import Morphology

LANGUAGES = {"de": "german:German", "es": "spanish:Spanish", "ru": "east_slavic:Russian", "uk": "east_slavic:Ukrainian"}
_PACKAGES = {"ru": ("pymorphy3", "pymorphy3_dicts_ru"), "uk": ("pymorphy3", "pymorphy3_dicts_uk")}


def morphology(lang: str, lexicon: Lexicon | None = None) -> Morphology | None:
    """The grammar of lang; None where only the corpus knows its forms (`inflection`, `agreement`), because there is
    none or its dictionary is not installed."""
    code = primary_subtag(lang)
    if code not in LANGUAGES or not all(map(find_spec, _PACKAGES.get(code, ()))):
        return None
    module, _, name = LANGUAGES[code].partition(":")
    return getattr(import_module(f"mtpipe.morphology.{module}"), name)(lexicon)
