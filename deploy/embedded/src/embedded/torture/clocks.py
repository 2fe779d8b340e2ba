"""The services' clocks: moved on purpose, and remembered, so that what they excuse is known."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Move:
    """A clock that was moved, some time between two moments of the monotonic clock."""

    began_at: float
    ended_at: float
    seconds: int


@dataclass(slots=True)
class Clocks:
    """The files that hold how far each service's clock is moved.

    Attributes:
        paths: The file of each service.
        moves: What was written into it, in order.
    """

    paths: Mapping[str, Path] = field(default_factory=dict)
    moves: dict[str, list[Move]] = field(default_factory=dict)

    def move(self, service: str, seconds: int) -> None:
        """Move a service's clock to so many seconds before or behind the machine's."""
        began_at = time.monotonic()
        self.paths[service].write_text(str(seconds), encoding="ascii")
        moved = Move(began_at, time.monotonic(), seconds)
        self.moves.setdefault(service, []).append(moved)

    def mend(self) -> None:
        """Let every clock tell the machine's time."""
        for service in self.paths:
            self.move(service, 0)

    def offsets(self, service: str, since: float, until: float) -> set[int]:
        """By how many seconds a clock may have been moved at some time between two moments."""
        found, before = set(), 0
        for move in self.moves.get(service, ()):
            if move.ended_at < since:
                before = move.seconds
            elif move.began_at <= until:
                # A file that is just written is empty for a moment, and empty is not moved.
                found |= {move.seconds, 0}
        return found | {before}
