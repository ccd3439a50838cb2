"""Readers of parallel text: each yields (source, target) pairs from what others publish."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mtpipe.errors import InputError

Pair = tuple[str, str]


def pairs(path: Path, source_lang: str, target_lang: str) -> Iterator[Pair]:
    """The pairs under path: a TSV file (plain, .gz, .xz), a .mo catalogue, or a folder searched for catalogues.

    Raises InputError for a path that is none of these.
    """
    from mtpipe.corpora import gettext, tsv  # on use: most jobs read no corpus

    if path.is_dir():
        return gettext.folder_pairs(path, source_lang, target_lang)
    if path.suffix == ".mo":
        return gettext.pairs(path)
    if path.is_file():
        return tsv.pairs(path)
    raise InputError(f"{path}: no such file or folder; give a TSV file (source TAB target, .gz and .xz too), "
                     "a .mo catalogue, or a folder that holds catalogues")
