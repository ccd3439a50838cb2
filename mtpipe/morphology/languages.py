"""Which morphology serves a language: rules and dictionaries where there are some, else what the corpus attests."""

from __future__ import annotations

from importlib import import_module

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.languages.tags import primary_subtag
from mtpipe.morphology.protocol import Morphology

_LANGUAGES = {"de": "german:German", "es": "spanish:Spanish"}


def morphology(lang: str, lexicon: Lexicon | None = None) -> Morphology | None:
    """The grammar of lang; None where only the corpus knows its forms (`inflection`, `agreement`)."""
    module, _, name = _LANGUAGES.get(primary_subtag(lang), "").partition(":")
    return getattr(import_module(f"mtpipe.morphology.{module}"), name)(lexicon) if name else None
