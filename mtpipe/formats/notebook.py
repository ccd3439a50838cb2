"""Jupyter notebooks: the Markdown cells, edited in place; code, outputs and metadata stay byte for byte."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtpipe.document.segment import Document, Segment
from mtpipe.errors import InputError
from mtpipe.formats.editing.encoding import Encoding, read_text, write_text
from mtpipe.formats.editing.inplace import Edit, replaced
from mtpipe.formats.markdown.document import MarkdownFormat, MarkdownSkeleton
from mtpipe.formats.messages.json_file import strings

_SOURCE = re.compile(r"cells\.(\d+)\.source(\.\d+)?")


@dataclass(frozen=True, slots=True)
class _NotebookCell:
    """A Markdown cell: its source stands at text[start:end], as a list of lines or one string."""

    start: int
    end: int
    is_list: bool
    markdown: MarkdownSkeleton


@dataclass(frozen=True, slots=True)
class _NotebookSkeleton:
    text: str
    encoding: Encoding
    cells: tuple[_NotebookCell, ...]


class NotebookFormat:
    """IPYNB: the text of Markdown cells as in Markdown files."""

    suffixes = (".ipynb",)

    def __init__(self) -> None:
        self._markdown = MarkdownFormat()

    def read(self, path: Path, name: str) -> Document:
        """Every text block of every Markdown cell; raises InputError."""
        text, encoding, notes = read_text(path, name)
        try:
            notebook = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{name}: not a notebook: broken JSON ({error}); open and save it again") from error
        if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
            raise InputError(f"{name}: not a notebook of format 4 (no list of cells); convert it with nbformat")
        places = _places(text)
        cells: list[_NotebookCell] = []
        segments: list[Segment] = []
        for number, cell in enumerate(notebook["cells"]):
            source = _source(cell)
            if source is None or number not in places:
                continue
            inside, skeleton = self._markdown.read_text(source, name, len(segments))
            segments += inside
            cells.append(_NotebookCell(*places[number], isinstance(cell["source"], list), skeleton))
        return Document(name, tuple(segments), _NotebookSkeleton(text, encoding, tuple(cells)), notes)

    def write(self, document: Document, path: Path) -> None:
        """The notebook with its segments' targets in place; raises OutputError."""
        skeleton: _NotebookSkeleton = document.skeleton
        rest = iter(document.segments)
        is_ascii = skeleton.text.isascii() and "\\u" in skeleton.text
        edits: list[Edit] = []
        for cell in skeleton.cells:
            new = self._markdown.written_text(cell.markdown, rest)
            if new != cell.markdown.text:
                old = skeleton.text[cell.start:cell.end]
                edits.append((cell.start, cell.end, _spelled(new, old, cell.is_list, is_ascii)))
        write_text(replaced(skeleton.text, edits), skeleton.encoding, path)


def _source(cell: Any) -> str | None:
    """The text of a Markdown cell; None for any other."""
    if not isinstance(cell, dict) or cell.get("cell_type") != "markdown":
        return None
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    return source if isinstance(source, str) else None


def _places(text: str) -> dict[int, tuple[int, int]]:
    """Where the source of each cell stands, by number; a list of lines with its brackets."""
    places: dict[int, tuple[int, int]] = {}
    for key, start, end in strings(text):
        if match := _SOURCE.fullmatch(key):
            first = places.get(int(match[1]), (start, end))[0]
            places[int(match[1])] = first, end
            if match[2]:
                opening = text.rindex("[", 0, start) if match[2] == ".0" else first
                places[int(match[1])] = opening, text.index("]", end) + 1
    return places


def _spelled(new: str, old: str, is_list: bool, is_ascii: bool) -> str:
    """The new source as JSON, with the old one's layout."""
    if not is_list:
        return json.dumps(new, ensure_ascii=is_ascii)
    gap = re.match(r"\[(\s*)", old)
    last = re.search(r"(\s*)\]\Z", old)
    assert gap is not None and last is not None
    lines = [json.dumps(line, ensure_ascii=is_ascii) for line in new.splitlines(keepends=True)]
    between = gap[1] if "\n" in gap[1] else " "
    return f"[{gap[1]}{f',{between}'.join(lines)}{last[1]}]"
