"""One connection through a detour: what passes, what is lost, and how it breaks."""

import asyncio
import random
import socket
import struct
from contextlib import suppress
from typing import Final, Literal

from embedded.torture.flow import Flow, Pace
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
    "call answer lost",
    "call cut off",
    "call lost",
    "produce answer lost",
    "offset commit answer lost",
    "answer lost",
    "cut in an answer",
]
_KAFKA_TRAPS: Final[dict[Trap, int]] = {
    "produce answer lost": PRODUCE,
    "offset commit answer lost": OFFSET_COMMIT,
}
_COMMIT_TRAPS: Final[dict[str, tuple[Trap, ...]]] = {
    "commit": ("commit answer lost", "commit cut off", "commit lost"),
    "call": ("call answer lost", "call cut off", "call lost"),
}
_ANSWER_LOST: Final = frozenset({"commit answer lost", "call answer lost", "answer lost"})
#: Close by a reset, at once, and forget what was not sent yet.
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class Traffic:
    """What all connections of a detour share."""

    def __init__(self, name: str, chance: random.Random) -> None:
        """Nobody is connected, and nothing is broken."""
        self.name = name
        self.chance = chance
        self.lines: set[Line] = set()
        self.pace = Pace()
        #: Traps that are set, and how many have closed.
        self.traps: list[Trap] = []
        self.sprung = 0

    def take_trap(self, *fitting: Trap) -> Trap | None:
        """The first set trap of these kinds, which is then no longer set."""
        for trap in self.traps:
            if trap in fitting:
                self.traps.remove(trap)
                self.sprung += 1
                return trap
        return None


class Line:
    """Both sides of a connection."""

    def __init__(
        self, traffic: Traffic, client: asyncio.Transport, user: str = "", *, muted: bool = False
    ) -> None:
        """Begin with the client's side; the server's follows.

        Args:
            traffic: Of the detour.
            client: Who connected.
            user: By which door.
            muted: Nothing passes, and neither side learns that the other has gone: a cable that is
                pulled out.
        """
        self.user = user
        self.muted = muted
        #: Whether it was ever let through to the server.
        self.reached = not muted
        self._traffic = traffic
        self._client = client
        self._server: asyncio.Transport | None = None
        self._to_server = Flow(traffic.pace)
        self._to_client = Flow(traffic.pace)
        self._lost: Literal["all", "cut"] | int | None = None
        postgres, kafka = traffic.name == "postgres", traffic.name == "kafka"
        self._postgres = PostgresFrontend() if postgres else None
        self._requests = KafkaFrames() if kafka else None
        self._answers = KafkaFrames() if kafka else None
        traffic.lines.add(self)

    def abort(self) -> None:
        """Break both sides at once, by a reset."""
        self._traffic.lines.discard(self)
        for side in (self._client, self._server):
            if side is not None:
                _reset(side)

    def finish(self) -> None:
        """One side has ended: the other gets what is on its way, and ends."""
        self._traffic.lines.discard(self)
        self._to_server.hurry()
        self._to_client.hurry()
        for side in (self._client, self._server):
            if side is not None:
                side.close()

    def ended(self, exc: Exception | None) -> None:
        """One side is gone; the other is told, unless the cable is pulled out."""
        if self.muted and self in self._traffic.lines:
            return
        self.finish() if exc is None else self.abort()

    def connected(self, server: asyncio.Transport) -> None:
        """The server's side is there: it is sent what the client said meanwhile."""
        self._server = server
        if self not in self._traffic.lines:
            _reset(server)
            return
        self._to_server.connect(self._client, server)
        self._to_client.connect(server, self._client)

    def throttle(self, writer: object, *, on: bool) -> None:
        """The side that is written to is full, or no longer: the other one waits."""
        (self._to_server if writer is self._server else self._to_client).fill(full=on)

    def from_client(self, data: bytes) -> None:
        """What the client says goes to the server, unless a trap closes."""
        if self.muted:
            return
        trap = self._trap_for(data)
        if trap in {"commit lost", "call lost"}:
            self.abort()
            return
        self._to_server.send(data)
        if trap in {"commit cut off", "call cut off"}:
            # The server still reads what was sent; the client never learns.
            _reset(self._client)
            self.finish()

    def from_server(self, data: bytes) -> None:
        """What the server answers goes to the client, unless a trap has closed."""
        if self.muted:
            return
        if self._lost == "cut":
            self._to_client.send(data[: self._traffic.chance.randrange(len(data))])
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
        self._to_client.send(data)

    def _trap_for(self, data: bytes) -> Trap | None:
        asks = self._postgres.asks(data) if self._postgres is not None else set()
        heads = self._requests.heads(data) if self._requests is not None else []
        traffic = self._traffic
        if not traffic.traps:
            return None
        trap: Trap | None = None
        for ask in asks:
            trap = trap or traffic.take_trap(*_COMMIT_TRAPS[ask])
        for head in heads:
            api, number = request_of(head)
            for kind, wanted in _KAFKA_TRAPS.items():
                if api == wanted and traffic.take_trap(kind):
                    self._lost = number
        if self._lost is None and self._server is not None:
            trap = trap or traffic.take_trap("answer lost", "cut in an answer")
        if trap in _ANSWER_LOST:
            self._lost = "all"
        elif trap == "cut in an answer":
            self._lost = "cut"
        return trap


def _reset(side: asyncio.Transport) -> None:
    found = side.get_extra_info("socket")
    if found is not None:
        # Whoever has gone already has no socket any more.
        with suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    side.abort()
