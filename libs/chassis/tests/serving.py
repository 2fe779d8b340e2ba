"""A server of ours, in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.listening import QuietServer


@asynccontextmanager
async def serving(server: QuietServer) -> AsyncIterator[int]:
    """Run a server as long as the block does: its port."""
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - the server tells nobody when it is up
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task
