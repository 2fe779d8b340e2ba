"""A TCP proxy on loopback that stands between a client and a server, and breaks what passes."""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Literal

from embedded.torture.frames import (
    OFFSET_COMMIT,
    PRODUCE,
    KafkaFrames,
    PostgresFrontend,
    answer_to,
    request_of,
)

#: What can be set as a trap: it closes on the next traffic that fits.
type Trap = Literal[
    "commit answer lost",
    "commit cut off",
    "commit lost",
    "produce answer lost",
    "offset commit answer lost",
    "answer lost",
    "cut in an answer",
]
_KAFKA_TRAPS: Final = {"produce answer lost": PRODUCE, "offset commit answer lost": OFFSET_COMMIT}
_CUT_BYTES: Final = 40


class Detour:
    """The place where clients of one server connect instead of to the server itself."""

    def __init__(self, name: str, target: Callable[[], int], chance: random.Random) -> None:
        """Stand before the server that `target` tells the port of."""
        self.name = name
        self.port = 0
        self.lines: set[Line] = set()
        self.delay_seconds = 0.0
        #: Traps that are set, and how often each kind has closed.
        self.traps: list[Trap] = []
        self.sprung = 0
        self._target = target
        self._chance = chance
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen on a free port of the loopback address."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _ClientSide(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Stop listening and drop all connections."""
        if self._server is not None:
            self._server.close()
        self.reset()

    def target_port(self) -> int:
        """Where the server listens now."""
        return self._target()

    def reset(self) -> int:
        """Drop all connections; returns how many there were."""
        dropped = list(self.lines)
        for line in dropped:
            line.abort()
        return len(dropped)

    def reset_one(self) -> int:
        """Drop one connection, if there is any."""
        line = self._any()
        if line:
            line.abort()
        return int(line is not None)

    def mute_one(self, seconds: float) -> int:
        """One connection stays open and carries nothing, then breaks: a cable pulled out."""
        line = self._any()
        if line:
            line.muted = True
            asyncio.get_running_loop().call_later(seconds, line.abort)
        return int(line is not None)

    def take_trap(self, *fitting: Trap) -> Trap | None:
        """The first set trap of these kinds, which is then no longer set."""
        for trap in self.traps:
            if trap in fitting:
                self.traps.remove(trap)
                self.sprung += 1
                return trap
        return None

    def _any(self) -> "Line | None":
        lines = [line for line in self.lines if not line.muted]
        return self._chance.choice(lines) if lines else None


class Line:
    """One connection through a detour: both its sides."""

    def __init__(self, detour: Detour, client: asyncio.Transport) -> None:
        """Begin with the client's side; the server's follows."""
        self.detour = detour
        self.muted = False
        self._client = client
        self._server: asyncio.Transport | None = None
        self._waiting: list[bytes] = []
        #: What is delayed: when it is due, to whom, and what. In order: a wire mixes nothing up.
        self._late: deque[tuple[float, asyncio.Transport, bytes]] = deque()
        self._lost: Literal["all", "cut"] | int | None = None
        postgres, kafka = detour.name == "postgres", detour.name == "kafka"
        self._postgres = PostgresFrontend() if postgres else None
        self._requests = KafkaFrames() if kafka else None
        self._answers = KafkaFrames() if kafka else None
        detour.lines.add(self)

    def abort(self) -> None:
        """Break both sides at once."""
        self.detour.lines.discard(self)
        for side in (self._client, self._server):
            if side is not None:
                side.abort()

    def finish(self) -> None:
        """One side has ended: the other gets what is on its way, and ends."""
        self.detour.lines.discard(self)
        self._hurry()
        for side in (self._client, self._server):
            if side is not None:
                side.close()

    def connected(self, server: asyncio.Transport) -> None:
        """The server's side is there: send what the client said meanwhile."""
        self._server = server
        for data in self._waiting:
            server.write(data)
        self._waiting.clear()

    def throttle(self, writer: object, *, on: bool) -> None:
        """The side that is written to is full: let the other one wait."""
        other = self._client if writer is self._server else self._server
        if other is not None and not other.is_closing():
            with contextlib.suppress(RuntimeError):
                (other.pause_reading if on else other.resume_reading)()

    def from_client(self, data: bytes) -> None:
        """What the client says goes to the server, unless a trap closes."""
        if self.muted:
            return
        trap = self._trap_for(data)
        if trap == "commit lost":
            self.abort()
            return
        if self._server is None:
            self._waiting.append(data)
        else:
            self._later(self._server, data)
        if trap == "commit cut off":
            # The server still reads what was sent; the client never learns.
            self._client.abort()
            self.finish()

    def from_server(self, data: bytes) -> None:
        """What the server answers goes to the client, unless a trap has closed."""
        if self.muted:
            return
        if self._lost == "cut":
            self._hurry()
            self._client.write(data[:_CUT_BYTES])
            self.finish()
            return
        if self._answers is not None:
            heads = self._answers.heads(data)
            if isinstance(self._lost, int) and any(answer_to(h) == self._lost for h in heads):
                self.abort()
                return
        if self._lost == "all":
            self.abort()
            return
        self._later(self._client, data)

    def _later(self, side: asyncio.Transport, data: bytes) -> None:
        """Write it now, or after the delay; never before what was to be written earlier."""
        if not self._late and not self.detour.delay_seconds:
            side.write(data)
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + self.detour.delay_seconds
        if self._late:
            due = max(due, self._late[-1][0])
        else:
            loop.call_at(due, self._write_due)
        self._late.append((due, side, data))

    def _write_due(self) -> None:
        """Write what is due by the order of what waits: timers that are due together have none."""
        loop = asyncio.get_running_loop()
        while self._late and self._late[0][0] <= loop.time():
            _write(*self._late.popleft()[1:])
        if self._late:
            loop.call_at(self._late[0][0], self._write_due)

    def _hurry(self) -> None:
        """Write what is delayed, because nothing comes after it."""
        while self._late:
            _write(*self._late.popleft()[1:])

    def _trap_for(self, data: bytes) -> Trap | None:
        commits = self._postgres is not None and self._postgres.commits(data)
        heads = self._requests.heads(data) if self._requests is not None else []
        if not self.detour.traps:
            return None
        trap: Trap | None = None
        if commits:
            trap = self.detour.take_trap("commit answer lost", "commit cut off", "commit lost")
        for head in heads:
            api, number = request_of(head)
            for kind, wanted in _KAFKA_TRAPS.items():
                if api == wanted and self.detour.take_trap(kind):  # type: ignore[arg-type]
                    self._lost = number
        if self._lost is None and self._server is not None:
            trap = trap or self.detour.take_trap("answer lost", "cut in an answer")
        if trap in {"commit answer lost", "answer lost"}:
            self._lost = "all"
        elif trap == "cut in an answer":
            self._lost = "cut"
        return trap


def _write(side: asyncio.Transport, data: bytes) -> None:
    if not side.is_closing():
        side.write(data)


class _ClientSide(asyncio.Protocol):
    def __init__(self, detour: Detour) -> None:
        self._detour = detour
        self._line: Line | None = None
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._line = Line(self._detour, self._transport)
        self._connecting = asyncio.ensure_future(self._connect(self._line))

    async def _connect(self, line: Line) -> None:
        loop = asyncio.get_running_loop()
        try:
            port = self._detour.target_port()
            await loop.create_connection(lambda: _ServerSide(line), "127.0.0.1", port)
        except (OSError, LookupError):
            line.abort()

    def data_received(self, data: bytes) -> None:
        if self._line is not None:
            self._line.from_client(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._line is not None:
            self._line.finish() if exc is None else self._line.abort()

    def pause_writing(self) -> None:
        if self._line is not None:
            self._line.throttle(self._transport, on=True)

    def resume_writing(self) -> None:
        if self._line is not None:
            self._line.throttle(self._transport, on=False)


class _ServerSide(asyncio.Protocol):
    def __init__(self, line: Line) -> None:
        self._line = line
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._line.connected(self._transport)

    def data_received(self, data: bytes) -> None:
        self._line.from_server(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._line.finish() if exc is None else self._line.abort()

    def pause_writing(self) -> None:
        self._line.throttle(self._transport, on=True)

    def resume_writing(self) -> None:
        self._line.throttle(self._transport, on=False)
