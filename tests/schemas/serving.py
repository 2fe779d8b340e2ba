"""A service as it is served, in a thread with a loop of its own, for callers that block."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from typing import Any

import uvicorn

from chassis.listening import QuietServer

type Open = Callable[[], AbstractAsyncContextManager[Any]]

_START_SECONDS = 60


class _Server:
    """Serves what `make` opens until told to stop."""

    def __init__(self, make: Open) -> None:
        self._make = make
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.started = threading.Event()
        self.fault: BaseException | None = None
        self._server: QuietServer | None = None

    def run(self) -> None:
        """In a thread of its own."""
        try:
            asyncio.run(self._serve())
        except BaseException as fault:  # noqa: BLE001 - told to the thread that waits
            self.fault = fault
        finally:
            self.started.set()

    async def _serve(self) -> None:
        async with self._make() as app:
            config = uvicorn.Config(
                app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
            )
            self._server = QuietServer(config)
            serving = asyncio.create_task(self._server.serve(sockets=[self._listener]))
            while not self._server.started and not serving.done():  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
            self.started.set()
            await serving

    def stop(self) -> None:
        """End it."""
        if self._server is not None:
            self._server.should_exit = True


@contextmanager
def serve(make: Open) -> Iterator[str]:
    """The address of a running application.

    Args:
        make: Opens it, in the loop that serves it.
    """
    server = _Server(make)
    thread = threading.Thread(target=server.run, name="served")
    thread.start()
    try:
        assert server.started.wait(_START_SECONDS), "the service did not start"
        if server.fault is not None:
            raise server.fault
        yield server.address
    finally:
        server.stop()
        thread.join(_START_SECONDS)


def serving(app: Any) -> AbstractContextManager[str]:
    """The address of an application that needs nothing opened."""

    @asynccontextmanager
    async def make() -> AsyncIterator[Any]:
        yield app

    return serve(make)
