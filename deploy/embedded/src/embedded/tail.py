"""The end of a log."""

from pathlib import Path
from typing import Final

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
            file.seek(max(since_byte, path.stat().st_size - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line[:_LINE_MAX] for line in text.splitlines()[-lines:]] if lines else []
