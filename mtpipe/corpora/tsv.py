"""Tab-separated pairs: the source in the first column, the target in the second."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mtpipe.corpora import Located, Pair, runs
from mtpipe.errors import InputError
from mtpipe.io import lines
from mtpipe.languages.tags import is_same


def located(path: Path, source_lang: str, target_lang: str) -> Iterator[Located]:
    """Pairs in runs of neighbours; columns change places if the name begins with the languages in the other order.

    `en-de.manuals.tsv` asked for German to English gives the German column as the source.
    """
    languages = path.name.split(".")[0].split("-")
    is_turned = len(languages) == 2 and is_same(languages[0], target_lang) and is_same(languages[1], source_lang)
    return runs(path.name, ((two, one) if is_turned else (one, two) for one, two in pairs(path)))


def pairs(path: Path) -> Iterator[Pair]:
    """The pairs of a TSV file, plain or packed; rows with an empty side are left out.

    Raises InputError at the first row without a TAB, when the file is not UTF-8, and at its end when no row was left.
    """
    number, is_empty = 0, True
    for number, line in lines.numbered(path):
        columns = line.split("\t")
        if len(columns) < 2 and line.strip():
            raise InputError(f"{path}:{number}: no TAB in this line; a pair is source TAB target")
        if columns[0].strip() and columns[1].strip():
            is_empty = False
            yield columns[0].strip(), columns[1].strip()
    if is_empty:
        raise InputError(f"{path}: {f'one side of all {number} lines is empty' if number else 'the file is empty'}; "
                         "a pair is source TAB target")  # fmt: skip
