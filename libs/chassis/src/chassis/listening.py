"""Connections are taken all at once, so that whoever is too much is seen, and told so.

The loop's library takes one connection of a listening socket in each turn of the loop (libuv, pull
request 3696). A turn is as long as the work of all that are let in: under load the others would
wait in the kernel for tens of seconds, where admission cannot see them.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final

import uvicorn

from chassis.impatience import Impatient
from chassis.logs import get_logger

log = get_logger(__name__)

#: So many in one turn; those that are in progress have theirs in between.
A_TURN_MAX: Final = 256
#: How long nobody is taken when a connection could not be: the process has no descriptor left.
PAUSE_SECONDS: Final = 0.1
#: The server ticks ten times a second; once it looks who does not read.
LOOK_TICKS: Final = 10


class Listener:
    """A listening socket, with what the HTTP server asks of one."""

    def __init__(
        self, bound: socket.socket, config: uvicorn.Config, make_protocol: Callable[[], Any]
    ) -> None:
        """Take connections from now on.

        Args:
            bound: To an address.
            config: Certificate and backlog.
            make_protocol: Makes what answers one connection.
        """
        self._loop = asyncio.get_running_loop()
        self._make_protocol = make_protocol
        self._tls = config.ssl
        self._opening: set[asyncio.Task[None]] = set()
        self._socket = bound
        self.sockets = (bound,)
        bound.setblocking(False)
        # What is taken inherits it: no part of an answer waits for an acknowledgement.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bound.listen(config.backlog)
        self._listen()

    def _listen(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.add_reader(self._socket, self._take)

    def _take(self) -> None:
        for _ in range(A_TURN_MAX):
            try:
                taken, _ = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                log.warning("listening.paused", error=repr(error))
                self._loop.remove_reader(self._socket)
                self._loop.call_later(PAUSE_SECONDS, self._listen)
                return
            opening = self._loop.create_task(self._open(taken))
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)

    async def _open(self, taken: socket.socket) -> None:
        try:
            taken.setblocking(False)
            await self._loop.connect_accepted_socket(self._make_protocol, taken, ssl=self._tls)
        except OSError:
            # The client went away, or does not speak TLS.
            taken.close()

    def close(self) -> None:
        """Take nobody more."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    async def wait_closed(self) -> None:
        """Until it is closed, which it is at once."""


class QuietServer(uvicorn.Server):
    """Uvicorn with our listener and without its signal handling: the process orders shutdown."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen by ourselves, at the configuration's address unless told where.

        Raises:
            OSError: The address is taken, or is none of this machine.
        """
        config = self.config
        await super().startup(sockets=[])
        protocol: Any = config.http_protocol_class

        def make_protocol() -> Any:
            return protocol(
                config=config, server_state=self.server_state, app_state=self.lifespan.state
            )

        if sockets is None:
            family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
            sockets = [socket.create_server((config.host, config.port), family=family)]
        listening: list[Any] = [Listener(one, config, make_protocol) for one in sockets]
        self.servers = listening

    async def on_tick(self, counter: int) -> bool:
        """Whether to end; once a second the connections are looked at."""
        if counter % LOOK_TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in tuple(self.server_state.connections):
                if isinstance(connection, Impatient):
                    connection.look(now)
        return await super().on_tick(counter)
