"""The end of a log."""

import os
from pathlib import Path
from typing import BinaryIO, Final

_TAIL_BYTES: Final = 32 * 1024
_LINE_MAX: Final = 400


def tail_of(path: Path, lines: int = 20, *, since_byte: int = 0) -> list[str]:
    """The last lines of a log, overlong ones cut.

    Args:
        path: The log.
        lines: How many at most.
        since_byte: Leave out what was written before this place.
    """
    try:
        with path.open("rb") as file:
            return last_lines(file, lines, since_byte=since_byte)
    except OSError:
        return []


def last_lines(file: BinaryIO, lines: int, *, since_byte: int = 0) -> list[str]:
    """The same of an open file, which is left where the last of them ends."""
    file.seek(max(since_byte, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
    text = file.read().decode(errors="replace")
    return [line[:_LINE_MAX] for line in text.splitlines()[-lines:]] if lines else []
