"""An event loop in which time passes only when everything waits: no clock, no sockets."""

import asyncio
import heapq
from collections import deque
from typing import Any, Final

STEPS_MAX: Final = 400_000


class Endless(RuntimeError):
    """The simulation took more steps than any run should."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs what is ready in the order in which it became ready; then jumps to the next timer."""

    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self) -> None:
        """Begin at zero seconds."""
        super().__init__()
        self._now = 0.0
        self._steps = 0

    def time(self) -> float:
        """Seconds of virtual time since the beginning."""
        return self._now

    def _run_once(self) -> None:
        scheduled, ready = self._scheduled, self._ready
        if not ready:
            while scheduled and scheduled[0].cancelled():
                heapq.heappop(scheduled)
            if not scheduled:
                raise RuntimeError("everything waits for something that will never come")
            self._now = max(self._now, scheduled[0].when())
        while scheduled and scheduled[0].when() <= self._now:
            ready.append(heapq.heappop(scheduled))
        self._steps += len(ready)
        if self._steps > STEPS_MAX:
            raise Endless(f"more than {STEPS_MAX} steps")
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle.cancelled():
                handle._run()  # noqa: SLF001 - what every loop does with its handles

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Cancelled timers are dropped when their time comes."""

    def _process_events(self, event_list: Any) -> None:
        """There are no sockets."""

    def _write_to_self(self) -> None:
        """There are no other threads to be woken by."""
