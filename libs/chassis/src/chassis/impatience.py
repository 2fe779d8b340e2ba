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

    def connection_made(self, transport: Any) -> None:
        """The first head begins with the connection."""
        super().connection_made(transport)
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
