"""Word documents (DOCX): paragraphs of the body, tables, text boxes, headers, footers and notes, edited in place.

Only the runs of a translated paragraph are written anew, each with its own format; all other bytes of all parts stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mtpipe.document.segment import Document, Segment
from mtpipe.errors import ConfigError, InputError
from mtpipe.formats.docx import package, paragraphs
from mtpipe.formats.docx.paragraphs import Piece
from mtpipe.formats.editing.inplace import replaced

TRACKED = ("accept", "refuse")


@dataclass(frozen=True, slots=True)
class _Skeleton:
    """The package it was read from, its text of each part and the pieces in it; each piece is a segment."""

    path: Path
    parts: tuple[tuple[str, str, tuple[Piece, ...]], ...]


class WordFormat:
    """DOCX, DOCM, DOTX and DOTM; comments stay as they are.

    tracked: what becomes of a document with tracked changes: read as if they were accepted (accept) or not at all.
    """

    suffixes = (".docx", ".docm", ".dotx", ".dotm")

    def __init__(self, tracked: str = "accept"):
        if tracked not in TRACKED:
            raise ConfigError(f"docx.tracked is {tracked!r}; use {' or '.join(TRACKED)}")
        self._tracked = tracked

    def read(self, path: Path, name: str) -> Document:
        """Every paragraph with its formats as codes; raises InputError for damaged, locked and dangerous files."""
        parts = []
        segments: list[Segment] = []
        changes = 0
        for part, data in package.read(path, name).items():
            try:
                text = data.decode("utf-8")
            except UnicodeDecodeError as error:
                raise InputError(f"{name}: {part} is not in UTF-8; open and save the document again") from error
            changes += sum(text.count(f"<w:{tag} ") for tag in ("ins", "del", "moveFrom", "moveTo"))
            pieces = tuple(paragraphs.pieces(text))
            segments += (Segment(f"{name}#{n}", piece.source, codes=piece.codes)
                         for n, piece in enumerate(pieces, len(segments) + 1))
            parts.append((part, text, pieces))
        return Document(name, tuple(segments), _Skeleton(path, tuple(parts)), self._notes(changes, name))

    def write(self, document: Document, path: Path) -> None:
        """The document with its segments' targets in place; raises OutputError."""
        skeleton: _Skeleton = document.skeleton
        targets = iter([segment.target for segment in document.segments])
        changed = {}
        for part, text, pieces in skeleton.parts:
            edits = paragraphs.edits(text, pieces, [next(targets) for _ in pieces])
            if edits:
                changed[part] = replaced(text, edits).encode("utf-8")
        package.write(skeleton.path, changed, path)

    def _notes(self, changes: int, name: str) -> tuple[str, ...]:
        if changes and self._tracked == "refuse":
            raise InputError(f"{name}: has {changes} tracked changes; accept or reject them first, or translate as if "
                             "they were accepted with --format-option docx.tracked=accept")
        said = f"{changes} tracked changes: translated as if accepted, translated paragraphs no longer show them"
        return (said,) if changes else ()
