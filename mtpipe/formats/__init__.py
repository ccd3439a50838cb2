"""Document formats: one a file, all behind `Format`; a format knows its file type and nothing of terms or engines."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from mtpipe.document.segment import Document


class Format(Protocol):
    """Reads a file into segments and writes the same file back with their targets."""

    suffixes: tuple[str, ...]

    def read(self, path: Path, name: str) -> Document:
        """The document at path, called name ("<relative path>") in its segment ids; raises InputError."""
        ...

    def write(self, document: Document, path: Path) -> None:
        """Writes the document with each segment's target (its source where there is none); raises OutputError."""
        ...
