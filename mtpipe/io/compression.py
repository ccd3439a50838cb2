"""Files that may be packed: plain, .gz or .xz, told by the suffix."""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

_OPENERS: dict[str, Callable[[Path], Any]] = {
    ".gz": lambda path: gzip.open(path, "rb"), ".xz": lambda path: lzma.open(path, "rb"),
}  # fmt: skip
# what reading a damaged one raises
BROKEN = (OSError, EOFError, lzma.LZMAError, zlib.error)


def open_bytes(path: Path) -> IO[bytes]:
    """The unpacked bytes of path."""
    return _OPENERS[path.suffix](path) if path.suffix in _OPENERS else path.open("rb")


def open_text(path: Path) -> TextIOWrapper:
    """The unpacked lines of path, which is UTF-8 with or without a mark; only "\\n" ends a line."""
    return TextIOWrapper(open_bytes(path), encoding="utf-8-sig", newline="\n")


def suffix(path: Path) -> str:
    """The suffix that says what is inside: ".tsv" of a.tsv and of a.tsv.xz."""
    return Path(path.stem if path.suffix in _OPENERS else path.name).suffix.lower()


def stem(path: Path) -> str:
    """The name without that suffix and the packing's."""
    return Path(path.stem if path.suffix in _OPENERS else path.name).stem
