"""The weights in CTranslate2's model.bin, read where they stand, and int8 weights cut to seven bits."""

from __future__ import annotations

import struct

import numpy as np

from mtpipe.errors import ModelError

_VERSION = 6  # of the format
_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}

Arrays = dict[str, np.ndarray]


def arrays(data: bytes | bytearray, where: str) -> Arrays:
    """The variables of a model.bin as views into data; a quantised one, q, is q / the variable q_scale.

    where: the file, for messages. Raises ModelError for another version of the format, struct.error or ValueError for
    what is cut off.
    """
    reader = _WeightsReader(data)
    (version,) = reader.unpack("I")
    if version != _VERSION:
        raise ModelError(f"{where}: format version {version}, {_VERSION} is expected; convert the model again")
    reader.text()
    reader.unpack("I")
    (count,) = reader.unpack("I")
    variables: Arrays = {}
    for _ in range(count):
        name = reader.text()
        (rank,) = reader.unpack("B")
        shape = reader.unpack(f"{rank}I")
        kind, size = reader.unpack("BI")
        dtype = np.dtype(_TYPES[kind])
        variables[name] = np.frombuffer(data, dtype, size // dtype.itemsize, reader.place).reshape(shape)
        reader.place += size
    return variables


def cut_to_seven_bits(variables: Arrays) -> bool:
    """Halves int8 weights and their scales in place; False where there are none.

    Two products of a weight of seven bits and an input of eight fit into 16 bits.
    """
    quantised = [name for name, array in variables.items() if array.dtype == np.int8 and f"{name}_scale" in variables]
    for name in quantised:
        variables[name][...] = np.rint(variables[name] * np.float32(0.5))
        variables[f"{name}_scale"][...] *= np.float32(0.5)
    return bool(quantised)


class _WeightsReader:
    def __init__(self, data: bytes | bytearray):
        self._data, self.place = data, 0

    def unpack(self, form: str) -> tuple:
        values = struct.unpack_from(f"<{form}", self._data, self.place)
        self.place += struct.calcsize(f"<{form}")
        return values

    def text(self) -> str:
        (length,) = self.unpack("H")
        start, self.place = self.place, self.place + length
        return bytes(self._data[start : start + length - 1]).decode("utf-8")
