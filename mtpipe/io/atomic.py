"""Files that take their place whole or not at all: written beside it, flushed to the disk, then moved there at once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mtpipe.errors import OutputError

_LONGEST_NAME = 255  # bytes


@contextmanager
def replacement(
    path: Path, advice: str = "check permissions and free space", is_flushed: bool = True
) -> Iterator[Path]:
    """The path of a temporary file beside path, which replaces it where the block ends without an error.

    Makes the folder. is_flushed: whether its bytes are on the disk before that; who leaves it out sees to it later.
    Raises OutputError, which ends with advice, for an OSError in the block.
    """
    part = _part(path)
    if path.is_dir():
        raise OutputError(f"{path}: is a folder, a file must go there; move the folder away")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)  # of a run that was killed
        try:
            yield part
            commit(part, path) if is_flushed else os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: can't be written ({error.strerror or error}); {advice}") from error


def _part(path: Path) -> Path:
    """A hidden name beside path, as short as its own where that is as long as names can be."""
    name = f".{path.name}.part"
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}.part"
    return path.with_name(name)


def commit(part: Path, path: Path) -> None:
    """Moves a finished file to path, once its bytes are on the disk; raises OSError."""
    flush(part)
    os.replace(part, path)


def flush(path: Path) -> None:
    """Waits until a file's bytes are on the disk; raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def write_text(path: Path, text: str, errors: str = "strict") -> None:
    """Writes text in UTF-8; errors is the codec's error handler. Raises OutputError."""
    with replacement(path) as part:
        part.write_bytes(text.encode("utf-8", errors))


def write_json(path: Path, data: Any) -> None:
    """Writes data as JSON for people to read; what JSON does not know becomes its str(). Raises OutputError."""
    write_text(path, json.dumps(data, ensure_ascii=False, indent=1, default=str) + "\n")
