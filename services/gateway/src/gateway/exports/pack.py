"""A ZIP file of JSON Lines and pictures, with a manifest of digests."""

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
#: The folder of pictures.
PICTURES: Final = "pictures"


@dataclass
class Packed:
    """What the manifest says of a file; what is not JSON Lines has no lines."""

    name: str
    lines: int | None
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
        """Begin a file of JSON Lines."""
        return Lines(self, f"{kind}.jsonl")

    def open_picture(self, name: str) -> "Entry":
        """Begin a picture: it is compressed already."""
        return Entry(self, f"{PICTURES}/{name}", zipfile.ZIP_STORED)

    def add_readme(self, text: str) -> None:
        """Say what the other files are."""
        with Entry(self, "README.txt") as file:
            file.write_bytes(text.encode())

    def lines(self) -> dict[str, int]:
        """How many lines each kind has so far."""
        return {
            packed.name.removesuffix(".jsonl"): packed.lines
            for packed in self._packed
            if packed.lines is not None
        }

    def close(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest, which comes last."""
        described = {
            "format": FORMAT,
            **manifest,
            "files": [vars(packed) for packed in self._packed],
        }
        content = orjson.dumps(described, default=str, option=orjson.OPT_INDENT_2)
        self._zip.writestr(zipfile.ZipInfo("manifest.json", _STAMP), content)

    def entry(self, name: str, compression: int) -> IO[bytes]:
        """A file of the archive, to be written."""
        info = zipfile.ZipInfo(name, _STAMP)
        info.compress_type = compression
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


class Entry(AbstractContextManager["Entry"]):
    """One file of the archive."""

    def __init__(self, pack: Pack, name: str, compression: int = zipfile.ZIP_DEFLATED) -> None:
        """Begin it."""
        self._pack, self._name = pack, name
        self._file = pack.entry(name, compression)
        self._hash = hashlib.sha256()
        self._bytes = 0

    def __enter__(self) -> Self:
        """It is open."""
        return self

    def __exit__(self, *_: object) -> None:
        """It is whole; its digest is noted."""
        self._file.close()
        digest = self._hash.hexdigest()
        self._pack.add(Packed(self._name, self.count(), self._bytes, digest))

    def count(self) -> int | None:
        """How many lines it has; nothing where it has none by its form."""
        return None

    def write_bytes(self, content: bytes) -> None:
        """Add to it.

        Raises:
            ExportTooLarge: All files together are more than one takes.
        """
        self._pack.count(len(content))
        self._bytes += len(content)
        self._hash.update(content)
        self._file.write(content)


class Lines(Entry):
    """One file of JSON Lines."""

    def __init__(self, pack: Pack, name: str) -> None:
        """Begin it."""
        super().__init__(pack, name)
        self._lines = 0

    def count(self) -> int:
        """How many lines it has."""
        return self._lines

    def write(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Add lines.

        Raises:
            ExportTooLarge: They are more than a file takes.
        """
        for line in lines:
            self._lines += 1
            if self._lines > LINES_MAX:
                raise ExportTooLarge(
                    f"{self._name} has more than {LINES_MAX} lines", lines_max=LINES_MAX
                )
            self.write_bytes(
                orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)
            )
