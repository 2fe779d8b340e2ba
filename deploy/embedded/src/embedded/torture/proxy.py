"""A TCP proxy on loopback that stands between clients and a server, and breaks what passes."""

import asyncio
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Literal

from embedded.torture.line import Line, Traffic

#: How somebody is kept from the server: thrown out at once, or never answered.
type Closing = Literal["reset", "mute"]
#: Who comes by a detour that is one for all.
ANYBODY: Final = "anybody"


class Detour(Traffic):
    """The place where clients of one server connect instead of to the server itself.

    Each of its users has a door of its own, a port, so that one of them can be kept out.
    """

    def __init__(
        self,
        name: str,
        target: Callable[[str], int],
        chance: random.Random,
        users: Sequence[str] = (ANYBODY,),
    ) -> None:
        """Stand before the server that `target` tells a user's port of."""
        super().__init__(name, chance)
        self.users = tuple(users)
        #: The doors, when they are open, by user.
        self.ports: dict[str, int] = {}
        #: Who is kept out, and how.
        self.shut: dict[str, Closing] = {}
        self._swallowing = 0
        self._target = target
        self._servers: list[asyncio.Server] = []

    async def open(self) -> None:
        """Listen on free ports of the loopback address."""
        loop = asyncio.get_running_loop()
        for user in self.users:
            made = await loop.create_server(partial(_ClientSide, self, user), "127.0.0.1", 0)
            self._servers.append(made)
            self.ports[user] = made.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Stop listening and drop all connections."""
        for server in self._servers:
            server.close()
        self.reset()

    def target_port(self, user: str) -> int:
        """Where the server listens now, for this user."""
        return self._target(user)

    def mend(self) -> None:
        """Let everybody in again, at full pace; what was muted breaks."""
        self.traps.clear()
        self.pace.delay_seconds, self.pace.bytes_per_second = 0.0, 0
        self.shut.clear()
        self._swallowing = 0
        self._break_muted(lambda _line: True)

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

    def mute_new(self, seconds: float) -> int:
        """One connection is dropped; those that are made from now on carry nothing, then break."""
        hit = self.reset_one()
        if hit:
            self._swallowing += 1
            asyncio.get_running_loop().call_later(seconds, self._swallow_no_more)
        return hit

    def keep_out(self, user: str, how: Closing) -> int:
        """Part one user from the server, its connections and those to come; how many there were."""
        self.shut[user] = how
        kept = [line for line in self.lines if line.user == user]
        for line in kept:
            if how == "reset":
                line.abort()
            line.muted = True
        return len(kept)

    def let_in(self, user: str) -> None:
        """That user may connect again; its muted connections break."""
        self.shut.pop(user, None)
        self._break_muted(lambda line: line.user == user)

    def swallows(self, user: str) -> bool:
        """Whether a connection that is made now carries nothing."""
        return self._swallowing > 0 or self.shut.get(user) == "mute"

    def _swallow_no_more(self) -> None:
        if self._swallowing:
            self._swallowing -= 1
            self._break_muted(lambda line: not line.reached)

    def _break_muted(self, which: Callable[[Line], bool]) -> None:
        for line in [line for line in self.lines if line.muted and which(line)]:
            line.abort()

    def _any(self) -> Line | None:
        lines = [line for line in self.lines if not line.muted]
        return self.chance.choice(lines) if lines else None


class _ClientSide(asyncio.Protocol):
    def __init__(self, detour: Detour, user: str) -> None:
        self._detour = detour
        self._user = user
        self._line: Line | None = None
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        detour, user = self._detour, self._user
        self._line = Line(detour, self._transport, user, muted=detour.swallows(user))
        if detour.shut.get(user) == "reset":
            self._line.abort()
        elif not self._line.muted:
            self._connecting = asyncio.ensure_future(self._connect(self._line))

    async def _connect(self, line: Line) -> None:
        loop = asyncio.get_running_loop()
        try:
            port = self._detour.target_port(self._user)
            await loop.create_connection(lambda: _ServerSide(line), "127.0.0.1", port)
        except (OSError, LookupError):
            line.abort()

    def data_received(self, data: bytes) -> None:
        if self._line is not None:
            self._line.from_client(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._line is not None:
            self._line.ended(exc)

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
        self._line.ended(exc)

    def pause_writing(self) -> None:
        self._line.throttle(self._transport, on=True)

    def resume_writing(self) -> None:
        self._line.throttle(self._transport, on=False)
