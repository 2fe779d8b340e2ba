"""HTTP clients that cost as little as they can: they share the machine with what they measure."""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

type MakeRequest = Callable[[], bytes]

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_keys = itertools.count(time.time_ns())


def head(method: str, path: str, token: str) -> bytes:
    """What comes before the key of a request with a body."""
    return (
        f"{method} {path} HTTP/1.1\r\nhost: ledger\r\nauthorization: Bearer {token}\r\n"
        "content-type: application/json\r\nidempotency-key: "
    ).encode()


def post(before: bytes, body: bytes) -> bytes:
    """A POST with a key of its own."""
    return b"%b%d\r\ncontent-length: %d\r\n\r\n%b" % (before, next(_keys), len(body), body)


def get(path: str, token: str) -> bytes:
    """A GET."""
    return b"GET %b HTTP/1.1\r\nhost: ledger\r\nauthorization: Bearer %b\r\n\r\n" % (
        path.encode(),
        token.encode(),
    )


@dataclass(slots=True)
class Run:
    """One load: how requests are made, until when, and what was measured."""

    make: MakeRequest
    end: float
    #: What each answer contains.
    expect: bytes = b""
    seconds: list[float] = field(default_factory=list)


class Client(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._read = b""
        self._started = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # uvloop's transports do not derive from asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def _next(self) -> None:
        self._started = time.perf_counter()
        if self._started >= self._run.end:
            self._transport.close()
            return
        self._transport.write(self._run.make())

    def data_received(self, data: bytes) -> None:
        """Go on when the answer is whole; anything but success ends the run."""
        self._read += data
        head = self._read.find(_END)
        if head < 0:
            return
        # Our server writes the names of headers small; others do not.
        at = self._read.find(_LENGTH)
        if at < 0:
            at = self._read.lower().find(_LENGTH)
        length = int(self._read[at + len(_LENGTH) : self._read.index(b"\r\n", at)])
        if len(self._read) < head + len(_END) + length:
            return
        if not self._read.startswith(b"HTTP/1.1 20") or self._run.expect not in self._read:
            self.done.set_exception(AssertionError(self._read[:800]))
            self._transport.close()
            return
        self._read = b""
        self._run.seconds.append(time.perf_counter() - self._started)
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        """The end."""
        if error and not self.done.done():
            self.done.set_exception(error)
        if not self.done.done():
            self.done.set_result(None)


async def load(
    port: int, make: MakeRequest, *, clients: int, seconds: float, expect: bytes = b""
) -> tuple[list[float], float]:
    """Load a server on this machine for some seconds.

    Returns:
        How long each request took, sorted, and how long all of it took.
    """
    started = time.perf_counter()
    run = Run(make, started + seconds, expect)
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Client(run), "127.0.0.1", port) for _ in range(clients)
    ]
    await asyncio.gather(*(client.done for _, client in opened))
    return sorted(run.seconds), time.perf_counter() - started
