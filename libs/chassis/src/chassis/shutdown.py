"""The orderly end of a process: what asks for it, in which order, and how long it may take.

The first SIGTERM or SIGINT asks for it. A second one ends the process at once, and so does the
alarm when the time is over: both are the kernel's work, whatever the event loop is doing. What is
cut off then was not committed, or is sent or read again.
"""

import asyncio
import math
import signal
from typing import Final

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
#: Kept of the whole for what is closed when every part has stopped, such as the pool.
CLOSING_SECONDS: Final = 5.0


class Shutdown:
    """What the parts of one process wait for; each event is set after the one before it."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self.asked = asyncio.Event()
        self.stop_consuming = asyncio.Event()
        self.stop_relaying = asyncio.Event()
        self._parts_until = math.inf

    def listen(self, seconds: float) -> None:
        """Let signals ask for it; from then on the process has `seconds`."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._ask, seconds)

    def _ask(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        self._parts_until = loop.time() + max(seconds - CLOSING_SECONDS, seconds / 2)
        self.asked.set()

    def left(self, most_seconds: float) -> float:
        """How long the next part may take to stop: its own limit, within that of all."""
        rest = self._parts_until - asyncio.get_running_loop().time()
        return max(min(most_seconds, rest), 0.0)
