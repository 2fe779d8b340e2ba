"""A client that does not finish its head is not waited for."""

import asyncio
import contextlib
import time
from typing import Any

import pytest
import uvicorn

from chassis.impatience import impatient_protocol
from chassis.listening import QuietServer
from libs.chassis.tests.serving import serving


async def app(_scope: Any, _receive: Any, send: Any) -> None:
    """Answers nothing, whole."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost",
    ],
)
async def test_a_slow_head_ends_the_connection(sent: bytes) -> None:
    """The first head of a connection, and each later one."""
    config = uvicorn.Config(
        app, port=0, http=impatient_protocol(0.1), lifespan="off", log_config=None
    )
    async with serving(QuietServer(config)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        started = time.perf_counter()
        writer.write(sent)
        answer = await asyncio.wait_for(reader.read(), 3)
        assert answer.count(b"HTTP/1.1 204") == sent.count(b"\r\n\r\n")
        assert time.perf_counter() - started < 2
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
