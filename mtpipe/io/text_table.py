"""A table of texts by texts in a file, found by hashing and mapped into memory: it costs nothing to open.

Layout: magic, size of the file, number of slots (4 bytes each, the smallest first); the slots (where a record begins, 0
for none); the records, "key TAB value NEWLINE" in UTF-8, in the order in which they were written. A key's record is at
the slot of its CRC-32, or at one of those after it, before the next empty one.
"""

from __future__ import annotations

import mmap
from array import array
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

_MAGIC = 0x3154_584D  # "MXT1"
_HEAD = 12  # bytes


class TextTable(Mapping[str, str]):
    """The table in the file at path; raises OSError, and ValueError for a file that is none or is cut off."""

    def __init__(self, path: Path):
        with path.open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        head = array("I", self._data[:_HEAD]) if len(self._data) >= _HEAD else (0, 0, 0)
        if head[0] != _MAGIC or head[1] != len(self._data):
            raise ValueError("no table of texts, or cut off")
        self._first = _HEAD + 4 * head[2]
        self._slots = memoryview(self._data)[_HEAD : self._first].cast("I")

    def get(self, key: str, default: Any = None) -> Any:  # quicker than Mapping's by an exception
        start, slots, data = f"{key}\t".encode(), self._slots, self._data
        slot = crc32(start) % len(slots)
        while place := slots[slot]:
            end = place + len(start)
            if data[place:end] == start:
                return data[end : data.find(b"\n", end)].decode()
            slot = (slot + 1) % len(slots)
        return default

    def __getitem__(self, key: str) -> str:
        value: str | None = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self.records())

    def __len__(self) -> int:
        return sum(map(bool, self._slots))

    def starting(self, prefix: str) -> Iterator[str]:
        """The keys that begin with prefix, in a table that was written in their order: nothing else is read."""
        start, data = prefix.encode(), self._data
        low, high = self._first, len(data)
        while low < high:
            begin = data.rfind(b"\n", low, (low + high) // 2) + 1 or low  # of the record in the middle
            if data[begin : begin + len(start)] < start:
                low = data.find(b"\n", begin) + 1
            else:
                high = begin
        while low < len(data) and data[low : low + len(start)] == start:
            yield data[low : data.find(b"\t", low)].decode()
            low = data.find(b"\n", low) + 1

    def records(self) -> Iterator[tuple[str, str]]:
        """All keys with their values, in the order in which they were written."""
        place = self._first
        while (end := self._data.find(b"\n", place)) >= 0:
            key, _, value = self._data[place:end].decode().partition("\t")
            yield key, value
            place = end + 1


def write(path: Path, rows: Iterable[tuple[str, str]]) -> None:
    """Writes a table of distinct keys; keys without tabs and line ends, values without line ends. Raises OSError."""
    items = list(rows)
    keys = [f"{key}\t".encode() for key, _ in items]
    records = [key + f"{value}\n".encode() for key, (_, value) in zip(keys, items, strict=True)]
    size = 2 * len(records) + 1
    ends = np.cumsum(np.fromiter(map(len, records), np.int64, len(records))) + (_HEAD + 4 * size)
    starts = ends - np.fromiter(map(len, records), np.int64, len(records))
    slots = _slots(np.fromiter(map(crc32, keys), np.int64, len(keys)) % size, starts, size)
    head = np.array((_MAGIC, ends[-1] if records else _HEAD + 4 * size, size), dtype="<u4")
    with path.open("wb") as file:
        file.writelines((head.tobytes(), slots.tobytes(), b"".join(records)))


def _slots(homes: NDArray[np.int64], places: NDArray[np.int64], size: int) -> NDArray[np.uint32]:
    """The slots, each place in the first free one from its home on."""
    order, steps = np.argsort(homes, kind="stable"), np.arange(len(homes))
    own = np.maximum.accumulate(homes[order] - steps) + steps if len(homes) else homes
    slots: NDArray[np.uint32] = np.zeros(size, dtype="<u4")
    is_inside = own < size
    slots[own[is_inside]] = places[order[is_inside]]
    slots[np.flatnonzero(slots == 0)[: np.count_nonzero(~is_inside)]] = places[order[~is_inside]]
    return slots
