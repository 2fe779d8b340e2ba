"""Watch the replicas of services that have several."""

import asyncio
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from chassis.logs import get_logger
from gateway.proxy.upstreams import Replica, Upstreams

log = get_logger(__name__)

EVERY_SECONDS: Final = 2.0
_TIMEOUT: Final = ClientTimeout(total=1.0)


async def watch_replicas(
    client: ClientSession, upstreams: Upstreams, *, every_seconds: float = EVERY_SECONDS
) -> None:
    """Until cancelled: ask each replica whether it is ready, where there is another to go to.

    Args:
        client: The pooled client.
        upstreams: The replicas, which keep what they said.
        every_seconds: How often.
    """
    watched = upstreams.several()
    while watched:
        await asyncio.gather(*(_look(client, replica) for replica in watched))
        await asyncio.sleep(every_seconds)


async def _look(client: ClientSession, replica: Replica) -> None:
    try:
        async with client.get(f"{replica.address}/health/ready", timeout=_TIMEOUT) as response:
            ready = response.status == 200  # noqa: PLR2004 - ready
    except (ClientError, OSError, TimeoutError):
        ready = False
    if ready != replica.ready:
        log.info("proxy.replica_changed", address=replica.address, ready=ready)
    replica.ready = ready
