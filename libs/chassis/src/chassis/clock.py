"""The clock: an argument of whatever decides, so that a test can move it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Something that tells the time."""

    def now(self) -> datetime:
        """The present, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)


class OffsetClock:
    """The machine's clock, moved by the seconds that a file holds.

    For development and tests only: every process that reads the same file moves together.
    """

    def __init__(self, offset_file: Path) -> None:
        """Read the offset from `offset_file` at each call; a missing file means zero."""
        self._offset_file = offset_file

    def now(self) -> datetime:
        """The present plus the offset, in UTC."""
        try:
            seconds = int(self._offset_file.read_text().strip() or "0")
        except (FileNotFoundError, ValueError):
            seconds = 0
        return datetime.now(UTC) + timedelta(seconds=seconds)


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        """Start at `at`, which must know its time zone."""
        self._at = at

    def now(self) -> datetime:
        """The time it was set to."""
        return self._at

    def move(self, by: timedelta) -> None:
        """Move forward (or back) by `by`."""
        self._at += by


def open_clock(env: str, offset_file: Path | None) -> Clock:
    """The clock for these settings.

    Raises:
        ValueError: A movable clock is asked for outside development.
    """
    if offset_file is None:
        return SystemClock()
    if env != "dev":
        raise ValueError("LOCALEX_CLOCK_OFFSET_FILE is for development only")
    return OffsetClock(offset_file)
