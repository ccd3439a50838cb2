"""simplemma's dictionaries, as it has read them, kept in the user's cache: that takes it half a second."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import simplemma
from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES, DictionaryFactory
from simplemma.strategies.dictionaries.stream_dictionary_factory import StreamMap

from mtpipe.io import user_cache

__all__ = ["SUPPORTED_LANGUAGES", "Dictionaries"]


class Dictionaries(DictionaryFactory):
    """Gives each language's dictionary, read once in a process."""

    def get_dictionary(self, lang: str) -> Mapping[str, str]:
        return _dictionary(lang)


@cache
def _dictionary(lang: str) -> Mapping[str, str]:
    return user_cache.value(f"simplemma-{simplemma.__version__}.{lang}", lambda: StreamMap(lang), StreamMap)
