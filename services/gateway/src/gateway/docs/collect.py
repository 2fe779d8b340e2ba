"""Collect the documents of the services."""

import asyncio
import time
from typing import Any, Final

import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout

from chassis.answers import Declared
from gateway.docs.lifecycle import aggregate
from gateway.proxy.routes import SERVICES
from gateway.proxy.upstreams import Upstreams

KEPT_SECONDS: Final = 60.0
_TIMEOUT: Final = ClientTimeout(total=3)


class Documents:
    """The aggregate document, kept for a minute; less long while a service is missing."""

    def __init__(self, client: ClientSession, upstreams: Upstreams) -> None:
        """Ask `upstreams` through `client`, when first asked for."""
        self._client = client
        self._upstreams = upstreams
        self._kept: bytes | None = None
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def read(self, own: dict[str, Any], declared: Declared) -> bytes:
        """The document, as JSON; `declared` is what the gateway says around the services."""
        async with self._asking:
            if self._kept is None or time.monotonic() >= self._until:
                answers = await asyncio.gather(*(self._ask(service) for service in SERVICES))
                complete = all(answer is not None for answer in answers)
                document = aggregate(own, dict(zip(SERVICES, answers, strict=True)), declared)
                self._kept = orjson.dumps(document)
                self._until = time.monotonic() + (KEPT_SECONDS if complete else 1.0)
            return self._kept

    async def _ask(self, service: str) -> dict[str, Any] | None:
        replica = self._upstreams.choose(service)
        if replica is None:
            return None
        try:
            async with self._client.get(
                f"{replica.address}/openapi.json", timeout=_TIMEOUT
            ) as response:
                document = orjson.loads(await response.read())
        except (ClientError, OSError, TimeoutError, orjson.JSONDecodeError):
            return None
        return document if isinstance(document, dict) else None
