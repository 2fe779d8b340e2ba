"""One direction of a connection, which may be late, or slow; never out of order."""

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from typing import Final

#: A slow wire carries what it may in so long, then rests.
_TICK_SECONDS: Final = 0.05
#: With so many bytes waiting, whoever sends them is not listened to.
_HELD_BYTES_MAX: Final = 65_536


@dataclass(slots=True)
class Pace:
    """How late and how slow all connections of a detour are.

    Attributes:
        delay_seconds: Each byte is so late.
        bytes_per_second: Each direction of each connection carries so much; 0 is without limit.
    """

    delay_seconds: float = 0.0
    bytes_per_second: int = 0

    @property
    def usual(self) -> bool:
        """Whether nothing holds anything up."""
        return not (self.delay_seconds or self.bytes_per_second)


class Flow:
    """What goes from one side to the other."""

    def __init__(self, pace: Pace) -> None:
        """Between nobody yet: what is sent is kept for then."""
        self._pace = pace
        self._from: asyncio.Transport | None = None
        self._to: asyncio.Transport | None = None
        #: What waits: from when it may be written, and what.
        self._late: deque[tuple[float, bytes]] = deque()
        self._held_bytes = 0
        self._free_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._full = False
        self._paused = False

    def connect(self, source: asyncio.Transport, to: asyncio.Transport) -> None:
        """Between these two; what was sent before is written."""
        self._from, self._to = source, to
        self._pump()

    def send(self, data: bytes) -> None:
        """Write it now, or when it is its turn."""
        if not data:
            return
        if self._to and not self._late and self._pace.usual:
            _write(self._to, data)
            return
        now = asyncio.get_running_loop().time()
        due = now + self._pace.delay_seconds
        self._late.append((max(due, self._late[-1][0]) if self._late else due, data))
        self._held_bytes += len(data)
        self._pump()

    def hurry(self) -> None:
        """Write what waits, because nothing comes after it."""
        while self._late and self._to:
            _write(self._to, self._late.popleft()[1])
        self._held_bytes = 0

    def fill(self, *, full: bool) -> None:
        """The side that is written to takes no more for now, or takes again."""
        self._full = full
        self._listen()

    def _pump(self) -> None:
        """Write what is due and fits; timers that are due together have no order, a queue has."""
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = loop.time()
        while self._to and self._late and self._late[0][0] <= now:
            rate = self._pace.bytes_per_second
            if rate and self._free_at > now:
                break
            due, data = self._late.popleft()
            piece = data[: max(1, int(rate * _TICK_SECONDS))] if rate else data
            if len(piece) < len(data):
                self._late.appendleft((due, data[len(piece) :]))
            self._held_bytes -= len(piece)
            self._free_at = now + len(piece) / rate if rate else now
            _write(self._to, piece)
        self._listen()
        if self._to and self._late:
            self._timer = loop.call_at(max(self._late[0][0], self._free_at), self._pump)

    def _listen(self) -> None:
        """Let the sender wait while what it sent waits."""
        wait = self._full or self._held_bytes > _HELD_BYTES_MAX
        if wait == self._paused or self._from is None:
            return
        self._paused = wait
        if not self._from.is_closing():
            with contextlib.suppress(RuntimeError):
                (self._from.pause_reading if wait else self._from.resume_reading)()


def _write(side: asyncio.Transport, data: bytes) -> None:
    if not side.is_closing():
        side.write(data)
