"""Tab-separated pairs: the source in the first column, the target in the second."""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from mtpipe.corpora import Pair
from mtpipe.errors import InputError

_OPENERS: dict[str, Callable[..., IO[str]]] = {".gz": gzip.open, ".xz": lzma.open}


def pairs(path: Path) -> Iterator[Pair]:
    """The pairs of a TSV file, plain or packed; rows with an empty side are left out.

    Raises InputError at the first row without a TAB, or when the file is not UTF-8.
    """
    opener = _OPENERS.get(path.suffix, open)
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                columns = line.rstrip("\r\n").split("\t")
                if len(columns) < 2:
                    raise InputError(f"{path}:{number}: no TAB in this line; a pair is source TAB target")
                if columns[0].strip() and columns[1].strip():
                    yield columns[0].strip(), columns[1].strip()
    except (UnicodeDecodeError, OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise InputError(f"{path}: can't be read as UTF-8 text ({error}); convert or unpack it again") from error
