"""simplemma's dictionaries, as they are after it has read them, kept in the user's cache: that takes it half a second.

Where nothing can be kept there (`io.user_cache`), they are read anew each time.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

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
    try:
        path = user_cache.folder() / f"simplemma-{simplemma.__version__}.{lang}.pickle"
        kept = _kept(path)
    except (OSError, RuntimeError):  # no cache, or no home
        return StreamMap(lang)
    if kept is None:
        kept = StreamMap(lang)
        with suppress(OSError):
            _keep(path, kept)
    return kept


def _kept(path: Path) -> StreamMap | None:
    """What the file holds, None where there is none or it is damaged; raises OSError where it can't be read."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        dictionary = _Unpickler(BytesIO(data)).load()
    except Exception:  # a damaged pickle may raise anything
        return None
    return dictionary if isinstance(dictionary, StreamMap) else None


class _Unpickler(pickle.Unpickler):
    """Makes nothing but dictionaries, whatever the file says."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == (StreamMap.__module__, StreamMap.__name__):
            return StreamMap
        raise pickle.UnpicklingError(f"{module}.{name}")


def _keep(path: Path, dictionary: StreamMap) -> None:
    """Writes the file, whole or not at all, whoever else does so now; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as file:
        try:
            pickle.dump(dictionary, file, protocol=5)
            file.close()
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
