"""Spool: a sequence of values that may be longer than the memory is large; what is many lies in a temporary file."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar, overload

T = TypeVar("T")
_BLOCK = 512  # values that are in memory together
_IN_MEMORY = 1 << 18  # bytes before there is a file


class Spool(Sequence[T]):
    """Values of one process, added at the end; read from the beginning as often as one likes, several times at once.

    Equal to a sequence of the same values. The file has no name and goes with the spool. Raises OSError where the disk
    of temporary files is full.
    """

    def __init__(self, values: Iterable[T] = ()):
        self._file: Any = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)
        self._places: list[int] = []  # of the full blocks in the file
        self._end = 0
        self._last: list[T] = []
        self.extend(values)

    def append(self, value: T) -> None:
        self._last.append(value)
        if len(self._last) == _BLOCK:
            self._file.seek(self._end)
            pickle.dump(self._last, self._file)
            self._places.append(self._end)
            self._end = self._file.tell()
            self._last = []

    def extend(self, values: Iterable[T]) -> None:
        for value in values:
            self.append(value)

    def __len__(self) -> int:
        return len(self._places) * _BLOCK + len(self._last)

    def __iter__(self) -> Iterator[T]:
        for place in self._places:
            yield from self._block(place)
        yield from self._last

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> list[T]: ...

    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(index)
        number, place = divmod(index, _BLOCK)
        block = self._last if number == len(self._places) else self._block(self._places[number])
        return block[place]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))

    def __reduce__(self) -> tuple[Any, ...]:
        """In another process it is a tuple."""
        return tuple, (tuple(self),)

    def _block(self, place: int) -> list[T]:
        self._file.seek(place)
        block: list[T] = pickle.load(self._file)
        return block
