"""A table of numbers that stays in its file."""

import os
import struct
import weakref
from array import array
from pathlib import Path
from typing import Final

import orjson

_HEAD: Final = struct.Struct("<Q")
_NUMBER_BYTES: Final = 2


class ModelBroken(Exception):
    """The files of the model are not those that are pinned."""


class Table:
    """The one table of a safetensors file, of which rows are read when they are asked for.

    The system keeps in memory what is asked often, once for all processes.
    """

    def __init__(self, path: Path, columns: int) -> None:
        """Open it.

        Args:
            path: The file.
            columns: How many numbers of each row are read, the first ones.

        Raises:
            ModelBroken: It is of another form.
        """
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._file)
        (size,) = _HEAD.unpack(os.pread(self._file, _HEAD.size, 0))
        self._begin = _HEAD.size + size
        (table,) = orjson.loads(os.pread(self._file, size, _HEAD.size)).values()
        _, width = table["shape"]
        if table["dtype"] != "F16" or width < columns:
            raise ModelBroken(f"a table of {table['dtype']}, {width} wide")
        self._step = width * _NUMBER_BYTES
        self._row = struct.Struct(f"<{columns}e")

    def row(self, place: int) -> array[float]:
        """The first numbers of a row.

        Args:
            place: Of the row, from 0.
        """
        read = os.pread(self._file, self._row.size, self._begin + place * self._step)
        return array("f", self._row.unpack(read))
