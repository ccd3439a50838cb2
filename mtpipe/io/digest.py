"""Digests of texts, files and folders: the first 16 hexadecimal digits of SHA-256."""

from __future__ import annotations

import hashlib
from pathlib import Path

_LENGTH = 16


def of_text(text: str) -> str:
    """Of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def of_file(path: Path) -> str:
    """Of a file's bytes; raises OSError."""
    return _of_file(path)[:_LENGTH]


def of_folder(folder: Path | None) -> str:
    """Of the names and contents of a folder's files; "" for None. Raises OSError."""
    if folder is None:
        return ""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return of_text("".join(f"{path.relative_to(folder)} {_of_file(path)}\n" for path in files))


def _of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
