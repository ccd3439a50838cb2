"""All parallel text below a folder: catalogues, TMX, XLIFF, named TSV, manuals and descriptions in both languages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from mtpipe.corpora import Located, descriptions, lyx, man_pages, pages, paired_html, reader, structure
from mtpipe.errors import InputError
from mtpipe.io import compression
from mtpipe.languages.tags import closest_variant, folder_names, is_same, primary_subtag

_SELF_DESCRIBED = (".tmx", ".xlf", ".xliff", ".sdlxliff", ".mqxliff", ".mxliff")
_MANUALS = (man_pages, lyx, pages)  # kinds without ids, aligned by structure


def located(
    folder: Path, source_lang: str, target_lang: str, on_problem: Callable[[InputError], object]
) -> Iterator[Located]:
    """Pairs of all files found, with documents named relative to folder; those of pages relative to their language's.

    Raises InputError when nothing is found; a file that can't be read is told to on_problem.
    """
    is_empty = True
    with_ids: set[Path] = set()  # pages whose paragraphs are paired by their ids
    for path, names, files in _walk(folder):
        source, target = (closest_variant(tuple(names), lang) for lang in (source_lang, target_lang))
        if source and target and source != target and any((path / source).rglob("*.html")):
            for page, pair in paired_html.located(path / source, path / target):
                is_empty = False
                with_ids.add(path / source / page)
                yield page, pair
        for file in map(path.joinpath, files):
            if not _is_asked(file.relative_to(folder), source_lang, target_lang):
                continue
            is_empty = False
            beside = file.parent.relative_to(folder)
            try:
                for place, pair in reader(compression.suffix(file)).located(file, source_lang, target_lang):
                    yield (beside / place).as_posix(), pair
            except InputError as error:
                on_problem(error)
    for kind in _MANUALS:
        ours, theirs = (kind.files(folder, lang) for lang in (source_lang, target_lang))
        ours = {name: file for name, file in ours.items() if file not in with_ids}
        is_empty = is_empty and not ours.keys() & theirs.keys()
        yield from structure.located(ours, theirs, kind.blocks, on_problem)
    ours, theirs = (descriptions.files(folder, lang) for lang in (source_lang, target_lang))
    for place in sorted(ours.keys() & theirs.keys()):
        is_empty = False
        for package, pair in descriptions.located(ours[place], theirs[place]):
            yield f"{place}/{package}", pair
    if is_empty:
        raise InputError(f"{folder}: no catalogue of {_other(source_lang, target_lang)}, TMX, XLIFF, or manual in "
                         f"{source_lang} and {target_lang} below this folder")  # fmt: skip


def _walk(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    for path, names, files in os.walk(folder):
        names.sort()
        yield Path(path), names, sorted(files)


def _is_asked(file: Path, source_lang: str, target_lang: str) -> bool:
    """Does the file say by its kind, name or place that it may hold the languages?"""
    kind = compression.suffix(file)
    if kind in (".mo", ".po"):
        own = folder_names(_other(source_lang, target_lang))
        return "en" in (primary_subtag(source_lang), primary_subtag(target_lang)) and (
            bool(own & set(file.parts[:-1])) or any(file.stem == tag or file.stem.endswith(f"-{tag}") for tag in own))
    if kind == ".tsv":
        pair = file.name.split(".")[0].split("-")
        languages = [primary_subtag(source_lang), primary_subtag(target_lang)]
        return len(pair) == 2 and sorted(map(primary_subtag, pair)) == sorted(languages)
    return kind in _SELF_DESCRIBED


def _other(source_lang: str, target_lang: str) -> str:
    """The language that a catalogue, whose own is English, is in."""
    return source_lang if is_same(target_lang, "en") and not is_same(source_lang, "en") else target_lang
