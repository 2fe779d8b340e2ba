"""Patience with slow clients has an end: a head must arrive, and an answer be taken, within a time.

The server itself limits only how long a connection may rest between two requests. A client that
does not read leaves its answer in our buffers, and whoever makes the answer waiting, for ever.
"""

import asyncio
import contextlib
import fcntl
import socket
import struct
import termios
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chassis.logs import get_logger
from chassis.metrics import NOT_READ

log = get_logger(__name__)

_COUNT: Final = struct.Struct("i")
_AT_ONCE: Final = struct.pack("ii", 1, 0)


class _Counted:
    """A transport that counts what it is given to write."""

    def __init__(self, transport: Any) -> None:
        """Nothing was written yet."""
        self.written = 0
        self._write = transport.write
        self._transport = transport
        #: Asked for at each request.
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """Count, and write."""
        self.written += len(data)
        self._write(data)

    def __getattr__(self, name: str) -> Any:
        """All else is the transport's."""
        return getattr(self._transport, name)


class Impatient(HttpToolsProtocol):
    """One connection."""

    head_seconds = 10.0
    read_seconds = 300.0
    read_bytes_min = 1
    _deadline: asyncio.TimerHandle | None = None
    #: So much of what was written the client has taken, as far as was looked.
    _taken = 0
    #: So much it must have taken `read_seconds` after it was asked for.
    _wanted = 0
    _wanted_at = 0.0
    _given_up = False

    def connection_made(self, transport: Any) -> None:
        """The first head begins with the connection."""
        super().connection_made(transport)
        counted: Any = _Counted(transport)
        self.transport = counted
        self._wanted_at = self.loop.time()
        self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    def on_message_begin(self) -> None:
        """A head has begun, the first of the connection or a later one."""
        super().on_message_begin()
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._forget()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits any more."""
        self._forget()
        super().connection_lost(exc)

    def look(self, now: float) -> None:
        """End the connection if the client leaves what was written for it.

        What waits, or `read_bytes_min` of it where that is less, must be taken within
        `read_seconds`. The system's buffer is looked into as well: a stream of small events
        would fit into it for hours.

        Args:
            now: Of the loop's clock.
        """
        transport: Any = self.transport
        if self._taken == transport.written:
            # As nearly always: all was taken, and nothing was written since.
            self._wanted_at = now
            return
        waiting = transport.get_write_buffer_size() + _in_kernel(transport)
        # Under TLS what waits is more than what was written.
        self._taken = max(self._taken, transport.written - waiting)
        if self._taken >= self._wanted:
            self._wanted = self._taken + min(waiting, self.read_bytes_min)
            self._wanted_at = now
        elif now - self._wanted_at >= self.read_seconds and not self._given_up:
            self._given_up = True
            NOT_READ.inc()
            cycle: Any = self.cycle
            path = cycle.scope["path"] if cycle else None
            log.warning("listening.not_read", path=path, waiting_bytes=waiting)
            # Closing would wait until all is written, and the system would keep what it has.
            with contextlib.suppress(OSError):
                transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE
                )
            transport.abort()

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()


def _in_kernel(transport: Any) -> int:
    """Bytes that the other side has not acknowledged; 0 where the system does not say."""
    try:
        told = fcntl.ioctl(
            transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(_COUNT.size)
        )
    except (OSError, ValueError):
        return 0
    count: int = _COUNT.unpack(told)[0]
    return count


def impatient_protocol(
    head_seconds: float, read_seconds: float = 300.0, read_bytes_min: int = 1
) -> type[HttpToolsProtocol]:
    """The server's protocol, which closes a connection that does not send its head in time.

    Args:
        head_seconds: How long a head may take.
        read_seconds: How long what was written may wait; `QuietServer` looks each second.
        read_bytes_min: As much as must be taken in this time where more waits, at least 1.
    """
    limits = {
        "head_seconds": head_seconds,
        "read_seconds": read_seconds,
        "read_bytes_min": read_bytes_min,
    }
    return type("Impatient", (Impatient,), limits)
