"""What attacks are made of: bytes as they are, requests as nobody's client sends them."""

import asyncio
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

from tests.stack.plugin import System

ANSWER_SECONDS: Final = 15.0
#: After an answer, how long another one may take: a second one would be a finding.
SILENCE_SECONDS: Final = 0.3


async def raw(system: System, content: bytes) -> bytes:
    """Send bytes to the gateway and read until it closes, or has nothing more to say."""
    parts = urlsplit(system.gateway)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(content)
        await writer.drain()
        answer, patience = b"", ANSWER_SECONDS
        with suppress(TimeoutError):
            while part := await asyncio.wait_for(reader.read(65536), patience):
                answer, patience = answer + part, SILENCE_SECONDS
        return answer
    finally:
        writer.close()


async def ask(
    base: str, method: str, path: str, token: str | None = None, **options: Any
) -> httpx2.Response:
    """One request, once, without a client that is friendly."""
    headers = dict(options.pop("headers", {}))
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    async with httpx2.AsyncClient(base_url=base, timeout=ANSWER_SECONDS) as client:
        return await client.request(method, path, headers=headers, **options)


def upstream_of(system: System, service: str) -> str:
    """Where a service listens behind the gateway."""
    return f"http://127.0.0.1:{system.settings[f'{service.upper()}_HTTP_PORT']}"
