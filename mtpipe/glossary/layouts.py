"""Tables as other programs export them: a title above the header, comments, DeepL's and OmegaT's glossaries.

What is left out of a table here is said in a note.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mtpipe.errors import GlossaryError
from mtpipe.glossary.columns import COLUMNS, Header, column, is_language, read_header
from mtpipe.glossary.rows import Line, known_status
from mtpipe.languages import tags

_OMEGAT = (".txt", ".tab", ".utf8")  # there each line that begins with # is a comment
_TITLE_LINES = 10  # that may stand above a header
PLAIN = Header({0: "source", 1: "target"}, 2)
_SHOWN = 60  # characters of what is left out


def without_comments(lines: Sequence[Line], path: Path) -> tuple[list[Line], list[str]]:
    """The lines but for comments (a # and no second cell, or in OmegaT's files any # at the beginning), and notes."""
    is_omegat = path.suffix.lower() in _OMEGAT
    rows = [line for line in lines if not _is_comment(line[1], is_omegat)]
    count = len(lines) - len(rows)
    return rows, [f"lines left out as comments, beginning with #: {count}"] if count else []


def find_header(lines: Sequence[Line], languages: tuple[str, str]) -> tuple[int, Header] | None:
    """The header and how many lines stand above it: none, or titles and the like above one of both languages."""
    for number, (_, cells) in enumerate(lines[:_TITLE_LINES]):
        header = read_header(cells, languages) if isinstance(cells, list) else None
        if header is not None and (number == 0 or {"source", "target"} <= set(header.columns.values())):
            return number, header
    return None


def titles_note(lines: Sequence[Line]) -> list[str]:
    """What stands above a header."""
    texts = "; ".join(" ".join(filter(None, cells)) for _, cells in lines if isinstance(cells, list))
    return [f"lines above the header left out: {len(lines)} ({texts[:_SHOWN]})"] if lines else []


def language_columns(
    lines: Sequence[Line], languages: tuple[str, str], path: Path
) -> tuple[list[Line], list[str]] | None:
    """The rows of the job's languages in DeepL's layout (source, target, source language, target language), and notes.

    None for another layout. Raises GlossaryError where all rows are of other languages.
    """
    tables = [cells for _, cells in lines if isinstance(cells, list)]
    if not tables or not all(_ends_in_languages(cells, languages) for cells in tables):
        return None
    rows: list[Line] = [(line, cells if isinstance(cells, str) else cells[:2]) for line, cells in lines
                        if isinstance(cells, str) or _is_pair(cells, languages)]  # fmt: skip
    others = [f"{cells[2].strip()} → {cells[3].strip()}" for cells in tables if not _is_pair(cells, languages)]
    if len(others) == len(tables):
        raise GlossaryError(
            f"{path}: its rows are {', '.join(sorted({*others}))}, the job is {' → '.join(languages)} — use a glossary"
            " of these languages"
        )
    notes = ["read as DeepL's layout: source, target and their languages"]
    if others:
        notes.append(f"rows of other languages left out: {len(others)} ({', '.join(sorted({*others}))})")
    return rows, notes


def assumed_header(lines: Sequence[Line], path: Path) -> Header:
    """The columns of a table without a header; in OmegaT's a third one is a note unless it holds statuses."""
    thirds = [cells[2] for _, cells in lines if isinstance(cells, list) and len(cells) > 2 and cells[2].strip()]
    width = max((len(cells) for _, cells in lines if isinstance(cells, list)), default=2)
    if path.suffix.lower() in _OMEGAT and width == 3 and not any(map(known_status, thirds)):
        return Header(dict(enumerate(("source", "target", "note"))), width)
    return Header(dict(enumerate(COLUMNS)), len(COLUMNS))


def _is_comment(cells: list[str] | str, is_omegat: bool) -> bool:
    return isinstance(cells, list) and cells[0].startswith("#") and (is_omegat or not any(map(str.strip, cells[1:])))


def _ends_in_languages(cells: Sequence[str], languages: tuple[str, str]) -> bool:
    codes = [cell.strip() for cell in cells[2:]]
    while len(codes) > 2 and not codes[-1]:
        codes.pop()
    if len(codes) != 2 or any(column(cell) for cell in cells[:2]):
        return False
    return codes[0] != codes[1] and all(is_language(code, languages) for code in codes)


def _is_pair(cells: Sequence[str], languages: tuple[str, str]) -> bool:
    return all(tags.is_same(cell.strip(), lang) for cell, lang in zip(cells[2:4], languages, strict=True))
