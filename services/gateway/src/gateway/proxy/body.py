"""The request's body on its way, counted as it passes."""

from collections.abc import AsyncIterator, Mapping
from typing import Final

from starlette.types import Receive

from chassis.problems import TooLarge
from gateway.proxy.errors import ClientGone

_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Body:
    """The body of one request.

    Attributes:
        length: As announced; nothing when it is not.
        fault: Why it did not pass, so that the sender's own error need not be understood.
        complete: The client has sent all of it.
    """

    def __init__(
        self, receive: Receive, found: Mapping[bytes, bytes], method: str, max_bytes: int
    ) -> None:
        """Read from `receive`, at most `max_bytes`; `found` are the request's headers."""
        announced = found.get(b"content-length")
        self.length = int(announced) if announced and announced.isdigit() else None
        self.fault: Exception | None = None
        expected = bool(self.length) or b"transfer-encoding" in found
        self.complete = not expected and (method in _BODILESS or self.length == 0)
        self._receive = receive
        self._max_bytes = max_bytes
        self._counted = 0

    async def open(self) -> bytes | AsyncIterator[bytes] | None:
        """The body as it can be sent on: nothing, whole when it came at once, or a stream.

        Raises:
            TooLarge: The announced length, or the first part, is over the limit.
            ClientGone: The client went away.
        """
        if self.length is not None and self.length > self._max_bytes:
            raise self._too_large()
        if self.complete:
            return None
        first, last = await self._next()
        return first if last else self._stream(first)

    async def _stream(self, first: bytes) -> AsyncIterator[bytes]:
        yield first
        last = False
        while not last:
            try:
                part, last = await self._next()
            except (TooLarge, ClientGone) as fault:
                self.fault = fault
                raise
            yield part

    async def _next(self) -> tuple[bytes, bool]:
        message = await self._receive()
        if message["type"] != "http.request":
            raise ClientGone
        part: bytes = message.get("body", b"")
        self._counted += len(part)
        if self._counted > self._max_bytes:
            raise self._too_large()
        self.complete = not message.get("more_body", False)
        return part, self.complete

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"the body has more than {self._max_bytes} bytes", max_bytes=self._max_bytes
        )
