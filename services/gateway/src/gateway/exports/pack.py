"""A ZIP file of JSON Lines, with a manifest of digests."""

import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any, Final, Self

import orjson

from gateway.exports.errors import ExportTooLarge
from gateway.exports.lifecycle import BYTES_MAX, FORMAT, LINES_MAX

#: ZIP holds no zone; when it was made is in the manifest.
_STAMP: Final = (1980, 1, 1, 0, 0, 0)


@dataclass
class Packed:
    """What the manifest says of a file."""

    name: str
    lines: int
    bytes: int
    sha256: str


class Pack(AbstractContextManager["Pack"]):
    """Writes an archive; one file is open at a time, and nothing is kept in memory."""

    def __init__(self, file: IO[bytes]) -> None:
        """Write to a file that can be sought in."""
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._packed: list[Packed] = []
        self._bytes = 0

    def __enter__(self) -> Self:
        """Nothing is written yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """The archive's directory is its end."""
        self._zip.close()

    def open(self, kind: str) -> "Lines":
        """Begin a file."""
        return Lines(self, kind)

    def close(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest, which comes last."""
        described = {
            "format": FORMAT,
            **manifest,
            "files": [vars(packed) for packed in self._packed],
        }
        content = orjson.dumps(described, default=str, option=orjson.OPT_INDENT_2)
        self._zip.writestr(zipfile.ZipInfo("manifest.json", _STAMP), content)

    def entry(self, name: str) -> IO[bytes]:
        """A file of the archive, to be written."""
        info = zipfile.ZipInfo(name, _STAMP)
        info.compress_type = zipfile.ZIP_DEFLATED
        return self._zip.open(info, "w", force_zip64=True)

    def count(self, size: int) -> None:
        """Count bytes of all files.

        Raises:
            ExportTooLarge: They are more than a file takes.
        """
        self._bytes += size
        if self._bytes > BYTES_MAX:
            raise ExportTooLarge(f"more than {BYTES_MAX} bytes are kept", bytes_max=BYTES_MAX)

    def add(self, packed: Packed) -> None:
        """Note a file that is written."""
        self._packed.append(packed)


class Lines(AbstractContextManager["Lines"]):
    """One file of JSON Lines."""

    def __init__(self, pack: Pack, kind: str) -> None:
        """Begin it."""
        self._pack, self._name = pack, f"{kind}.jsonl"
        self._file = pack.entry(self._name)
        self._hash = hashlib.sha256()
        self.lines = self._bytes = 0

    def __enter__(self) -> Self:
        """It is open."""
        return self

    def __exit__(self, *_: object) -> None:
        """It is whole; its digest is noted."""
        self._file.close()
        digest = self._hash.hexdigest()
        self._pack.add(Packed(self._name, self.lines, self._bytes, digest))

    def write(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Add lines.

        Raises:
            ExportTooLarge: They are more than a file takes.
        """
        for line in lines:
            written = orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE)
            self.lines += 1
            if self.lines > LINES_MAX:
                raise ExportTooLarge(
                    f"{self._name} has more than {LINES_MAX} lines", lines_max=LINES_MAX
                )
            self._pack.count(len(written))
            self._bytes += len(written)
            self._hash.update(written)
            self._file.write(written)
