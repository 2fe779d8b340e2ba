"""Patience with slow clients has an end: the head of a request must arrive within a time.

The server itself limits only how long a connection may rest between two requests.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class _Impatient(HttpToolsProtocol):
    """One connection."""

    head_seconds = 10.0
    _deadline: asyncio.TimerHandle | None = None
    _in_head = True

    def connection_made(self, transport: Any) -> None:
        """The first head begins with the connection."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    def data_received(self, data: bytes) -> None:
        """A head has begun, unless one is complete and its request in progress."""
        if self._deadline is None and self._in_head:
            self._deadline = self.loop.call_later(self.head_seconds, self._give_up)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._in_head = False
        self._forget()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next bytes are a new head."""
        self._in_head = True
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits any more."""
        self._forget()
        super().connection_lost(exc)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()


def impatient_protocol(head_seconds: float) -> type[HttpToolsProtocol]:
    """The server's protocol, which closes a connection that does not send its head in time."""
    return type("Impatient", (_Impatient,), {"head_seconds": head_seconds})
