"""Readers of parallel text: each yields (source, target) pairs from what others publish."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from mtpipe.errors import InputError

Pair = tuple[str, str]
Located = tuple[str, Pair]  # (document the pair comes from, pair)
# one text says little about where it belongs: neighbours do; so many make a document where a file names none
RUN = 100

_READERS = {".mo": "gettext", ".po": "gettext", ".tmx": "tmx", ".jsonl": "segments",
            **dict.fromkeys((".xlf", ".xliff", ".sdlxliff", ".mqxliff", ".mxliff"), "xliff")}  # fmt: skip
_T = TypeVar("_T")


def pairs(path: Path, source_lang: str, target_lang: str) -> Iterator[Pair]:
    """The pairs of path, inline codes literal; of a folder each once.

    path: a TSV file, a TMX, an XLIFF, a .po or .mo catalogue, segments JSON Lines, one of two line-aligned files
    (`x.en`, `x.de`, or `x` for both), or a folder searched for catalogues, TMX, XLIFF and HTML pages in both languages;
    all but catalogues may be packed (.gz, .xz). Raises InputError for what can't be read, after the pairs before it.
    """
    digests: set[int] = set()
    for _, pair in located(path, source_lang, target_lang):
        if path.is_dir():
            if hash(pair) in digests:
                continue
            digests.add(hash(pair))
        yield pair


def located(
    path: Path, source_lang: str, target_lang: str, on_problem: Callable[[InputError], object] | None = None
) -> Iterator[Located]:
    """The pairs of path with the documents they come from, as in `pairs`.

    A file of a folder that can't be read is told to on_problem and passed over: it must not lose the rest.
    """
    from mtpipe.corpora import folder, moses
    from mtpipe.io import compression  # on use: most jobs read no corpus

    if path.is_dir():
        return folder.located(path, source_lang, target_lang, on_problem or _pass_over)
    if both := moses.files(path, source_lang, target_lang):
        return moses.located(*both)
    if path.is_file():
        return reader(compression.suffix(path)).located(path, source_lang, target_lang)
    raise InputError(f"{path}: no such file or folder; give TSV (source TAB target), TMX, XLIFF, .po, .mo, segments "
                     "JSON Lines, two line-aligned files, or a folder of catalogues or HTML pages")  # fmt: skip


def reader(suffix: str) -> Any:
    """The module that reads files with this suffix: TSV's where no other does."""
    return import_module(f"mtpipe.corpora.{_READERS.get(suffix, 'tsv')}")


def runs(name: str, items: Iterable[_T]) -> Iterator[tuple[str, _T]]:
    """Items with the name of their run of RUN neighbours, "<name>@<run>"."""
    return ((f"{name}@{number // RUN}", item) for number, item in enumerate(items))


def _pass_over(error: InputError) -> None:
    """A distribution's catalogues hold broken ones; who wants to know gives on_problem."""
