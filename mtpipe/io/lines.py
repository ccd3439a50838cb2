"""Lines of UTF-8 text, as many as there may be: only "\\n" and "\\r\\n" end one, damage is reported with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mtpipe.errors import InputError
from mtpipe.io import compression


def numbered(path: Path, name: str = "") -> Iterator[tuple[int, str]]:
    """(number from 1, line without its end) of a file, plain, .gz or .xz, with or without a byte order mark.

    Raises InputError, which calls the file name, after the lines before the damage.
    """
    name, number = name or str(path), 0
    try:
        with compression.open_bytes(path) as file:
            for number, line in enumerate(file, 1):
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        where = f"byte 0x{error.object[error.start]:02x} at {error.start} of the line"
        raise InputError(f"{name}:{number}: not UTF-8 ({where}); save the file as UTF-8") from error
    except compression.BROKEN as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{name}:{number + 1}: can't be read ({reason}); check the file") from error
