"""What is quicker kept than made again: in the folder mtpipe of $XDG_CACHE_HOME or ~/.cache, as plain values or tables.

Where nothing can be kept there, it is made anew each time.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any, TypeVar

from mtpipe.io import text_table
from mtpipe.io.digest import of_text
from mtpipe.io.text_table import TextTable

T = TypeVar("T")


def folder() -> Path:
    """The folder, which need not be there; raises RuntimeError where the user has no home."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mtpipe"


def value(name: str, make: Callable[[], T], kind: type | None = None, most: int = 0) -> T:
    """What make gives: lists, dictionaries, numbers and texts, and what is of one more kind; from the file of that name
    where it is there.

    name changes with everything that it depends on. most: so many files are kept of those whose names are the same up
    to the first hyphen, the last used ones; 0 for all.
    """
    try:
        path = folder() / f"{name}.pickle"
        with suppress(FileNotFoundError):
            data = path.read_bytes()
            with suppress(Exception):  # a damaged pickle may raise anything
                kept: T = _PlainUnpickler(BytesIO(data), kind).load()
                os.utime(path)
                return kept
    except (OSError, RuntimeError):  # no cache, or no home
        return make()
    made = make()
    with suppress(OSError):
        with _placed(path) as part:
            part.write_bytes(pickle.dumps(made, protocol=5))
        alike = sorted(path.parent.glob(f"{name.partition('-')[0]}-*.pickle"), key=lambda each: each.stat().st_mtime)
        for old in alike[:-most] if most else ():
            old.unlink(missing_ok=True)
    return made


def table(name: str, make: Callable[[], Mapping[str, str]]) -> TextTable:
    """As value, of texts by texts (`text_table`), each of which is read when it is asked for; all are kept.

    Where nothing can be kept it lies in a temporary file. Raises OSError where there can be none either.
    """
    try:
        path = folder() / f"{name}.table"
        with suppress(OSError, ValueError):
            return TextTable(path)
        with _placed(path) as part:
            text_table.write(part, make().items())
        return TextTable(path)
    except (OSError, RuntimeError):
        with TemporaryDirectory(ignore_cleanup_errors=True) as place:
            text_table.write(Path(place, name), make().items())
            return TextTable(Path(place, name))


def program() -> str:
    """Changes with mtpipe and the packages beside it, for the names of what other versions may make otherwise."""
    own = Path(__file__).parents[1]
    files = sorted((*own.rglob("*.py"), *own.parent.glob("*.dist-info")))
    return of_text(" ".join(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files))


class _PlainUnpickler(pickle.Unpickler):
    """Makes nothing but plain values and those of the one kind, whatever the file says."""

    def __init__(self, file: BytesIO, kind: type | None):
        super().__init__(file)
        self._kind = kind

    def find_class(self, module: str, name: str) -> Any:
        if self._kind and (module, name) == (self._kind.__module__, self._kind.__name__):
            return self._kind
        raise pickle.UnpicklingError(f"{module}.{name}")

    def load(self) -> Any:
        made = super().load()
        if self._kind and not isinstance(made, self._kind):
            raise pickle.UnpicklingError(f"no {self._kind.__name__}")
        return made


@contextmanager
def _placed(path: Path) -> Iterator[Path]:
    """A file that takes its place whole or not at all, whoever else writes it now; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as file:
        part = Path(file.name)
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
