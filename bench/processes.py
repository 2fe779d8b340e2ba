"""Processes that are measured: started, waited for, ended."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

_READY_SECONDS: Final = 30


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@asynccontextmanager
async def running(
    port: int, command: Sequence[str], env: Mapping[str, str] | None = None
) -> AsyncIterator[int]:
    """A process that listens at a port; gives its id."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | dict(env or {}),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _until_open(port)
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


async def _until_open(port: int) -> None:
    for _ in range(_READY_SECONDS * 10):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        await asyncio.sleep(0.1)
    raise TimeoutError(f"nothing listens at {port}")
