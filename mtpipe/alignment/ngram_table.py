"""Counts of n-grams in a file, without the n-grams: each is told by 5 bytes of its hash, and mapped into memory.

A million n-grams take 4.3 MB and no time to open; one that is not in the table is taken for one that is once in a
million times. Layout: magic, salt of the hash, bits of a bucket's number, number of n-grams, number of frequent ones
(4 bytes each, the smallest first); where each bucket begins, and where the last one ends (4 bytes each); the n-grams by
bucket, each 3 bytes of hash and one of its count; the frequent ones, counted 255 times or more: 8 bytes of bucket and
hash each, then 4 bytes of count each.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import numpy as np

_MAGIC = 0x3147_4E4D  # "MNG1"
_HEAD = 20  # bytes
_IN_BUCKET = 16  # n-grams, about
_FREQUENT = 255
_KNOWN = 200_000  # counts that are remembered


class NgramTable:
    """The counts in the file at path, 0 for what is not in it; raises OSError, and ValueError for a broken file."""

    def __init__(self, path: Path):
        data = np.memmap(path, dtype=np.uint8, mode="r")
        head = data[:_HEAD].view("<u4").tolist() if len(data) >= _HEAD else [0]
        if head[0] != _MAGIC:
            raise ValueError("no table of n-grams")
        self.salt: int
        self.bits: int
        self.salt, self.bits, count, frequent = head[1:]
        buckets = _HEAD + 4 * ((1 << self.bits) + 1)
        ends = buckets + 4 * count
        if len(data) != ends + 12 * frequent:
            raise ValueError("the table is cut off")
        self._starts = memoryview(data.data)[_HEAD:buckets].cast("I")
        self._ngrams = memoryview(data.data)[buckets:ends]
        self._rest = data[ends:]
        self._known: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._ngrams) // 4

    def __getitem__(self, ngram: str) -> int:
        count = self._known.get(ngram)
        if count is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            count = self._known[ngram] = self._count(ngram)
        return count

    def _count(self, ngram: str) -> int:
        bucket, mark = _place(ngram, self.salt, self.bits)
        ngrams = bytes(self._ngrams[4 * self._starts[bucket] : 4 * self._starts[bucket + 1]])
        at = ngrams.find(mark)
        while at % 4 and at > 0:
            at = ngrams.find(mark, at + 1)
        if at < 0:
            return 0
        count = ngrams[at + 3]
        return count if count < _FREQUENT else self._frequent[_key(bucket, mark)]

    @cached_property
    def _frequent(self) -> dict[int, int]:
        size = len(self._rest) // 12
        keys, counts = self._rest[: 8 * size].view("<u8"), self._rest[8 * size :].view("<u4")
        return dict(zip(keys.tolist(), counts.tolist()))

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """(keys, counts) of all n-grams: a key is the bucket's number and 3 bytes of the hash."""
        starts = np.array(self._starts, dtype=np.int64)
        ngrams = np.array(self._ngrams).reshape(-1, 4)
        marks = np.pad(ngrams[:, :3], ((0, 0), (0, 1))).view("<u4").ravel().astype(np.uint64)
        keys = np.repeat(np.arange(len(starts) - 1, dtype=np.uint64) << np.uint64(24), np.diff(starts)) | marks
        counts = ngrams[:, 3].astype(np.uint32)
        is_frequent = counts == _FREQUENT
        counts[is_frequent] = [self._frequent[key] for key in keys[is_frequent].tolist()]
        return keys, counts


def write(path: Path, rows: Iterable[tuple[str, int]], base: NgramTable | None = None) -> None:
    """Writes the rows (n-gram, count), added to those of base; raises OSError.

    Without base the hash is chosen so that it tells all of them.
    """
    counts = dict(rows)
    values = np.array(list(counts.values()), dtype=np.uint32)
    if base is not None:
        salt, bits = base.salt, base.bits
        old_keys, old_values = base.rows()
        keys = np.concatenate((old_keys, _keys(counts, salt, bits)))
        values = np.concatenate((old_values, values))
    else:
        salt, bits = 0, max(0, (len(counts) // _IN_BUCKET).bit_length())
        while len(np.unique(keys := _keys(counts, salt, bits))) < len(keys):
            salt += 1
    keys, places = np.unique(keys, return_inverse=True)
    totals = np.bincount(places, values, minlength=len(keys)).astype(np.uint32)
    starts = np.searchsorted(keys, np.arange((1 << bits) + 1, dtype=np.uint64) << np.uint64(24)).astype("<u4")
    ngrams = (keys & np.uint64(0xFFFFFF)).astype("<u4").view(np.uint8).reshape(-1, 4).copy()
    ngrams[:, 3] = np.minimum(totals, _FREQUENT)
    is_frequent = totals >= _FREQUENT
    head = np.array((_MAGIC, salt, bits, len(keys), is_frequent.sum()), dtype="<u4")
    parts = (head, starts, ngrams, keys[is_frequent].astype("<u8"), totals[is_frequent].astype("<u4"))
    with path.open("wb") as file:
        file.writelines(part.tobytes() for part in parts)


def _keys(ngrams: Iterable[str], salt: int, bits: int) -> np.ndarray:
    return np.array([_key(*_place(ngram, salt, bits)) for ngram in ngrams], dtype=np.uint64)


def _place(ngram: str, salt: int, bits: int) -> tuple[int, bytes]:
    """(bucket, 3 bytes that tell the n-gram in it)."""
    digest = blake2b(ngram.encode("utf-8", "surrogatepass"), digest_size=8, salt=salt.to_bytes(4, "little")).digest()
    return int.from_bytes(digest[3:], "little") & ((1 << bits) - 1), digest[:3]


def _key(bucket: int, mark: bytes) -> int:
    return bucket << 24 | int.from_bytes(mark, "little")
