"""A gateway that shuts down lets go of its streams."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

from aiohttp import ClientError

from tests.stack.database import ScratchDatabase


async def test_streams_end_when_the_gateway_drains(
    gateway: Any, scratch_database: ScratchDatabase, tmp_path: Path
) -> None:
    """Draining ends a stream well within the time for shutting down."""
    _, token = await gateway.person()
    headers = {"Authorization": f"Bearer {token}"}
    url = gateway.address + "/v1/events"
    async with gateway.client.get(url, headers=headers) as response:
        assert response.status == 200
        gateway.resources.draining.set()
        async with asyncio.timeout(2):
            with contextlib.suppress(ClientError):
                await response.content.read()
