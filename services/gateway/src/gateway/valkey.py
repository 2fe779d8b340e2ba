"""The connection to Valkey: it may be away, and nobody waits for it long."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

from chassis.logs import get_logger

log = get_logger(__name__)

_AWAY_SECONDS: Final = 1.0
_HEAR_SECONDS: Final = 5.0
#: The last is uvloop's, of a connection that was reset while it lay in the pool.
_FAILURES: Final = (RedisError, OSError, TimeoutError, RuntimeError)


class Valkey:
    """Asks Valkey, or nobody for a second after it was away."""

    def __init__(self, url: str | None, ca_file: Path | None = None) -> None:
        """Connect lazily; without `url` it is always away."""
        self._client = _client(url, ca_file) if url else None
        self.away_until = 0.0

    @property
    def configured(self) -> bool:
        """Whether there is one to be asked."""
        return self._client is not None

    async def close(self) -> None:
        """Close the connections."""
        if self._client:
            await self._client.aclose()

    async def ask(self, *command: Any) -> Any:
        """The answer to a command; nothing when Valkey is away."""
        if self._client is None or time.monotonic() < self.away_until:
            return None
        try:
            return await self._client.execute_command(*command)  # type: ignore[no-untyped-call]
        except _FAILURES as error:
            self.away_until = time.monotonic() + _AWAY_SECONDS
            log.warning("valkey.away", error=repr(error))
            return None

    async def hear(self, channel: str) -> AsyncIterator[bytes]:
        """Messages of a channel, until cancelled; those of a time when Valkey was away are lost."""
        while self._client is not None:
            try:
                async with self._client.pubsub(ignore_subscribe_messages=True) as listening:
                    await listening.subscribe(channel)
                    while True:
                        message = await listening.get_message(timeout=_HEAR_SECONDS)
                        if message is not None:
                            yield message["data"]
            except _FAILURES as error:
                log.warning("valkey.away", error=repr(error))
                await asyncio.sleep(_AWAY_SECONDS)


def _client(url: str, ca_file: Path | None) -> Redis:
    trusted = {"ssl_ca_certs": str(ca_file)} if ca_file and url.startswith("rediss://") else {}
    pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
        url,
        max_connections=32,
        timeout=1,
        socket_timeout=0.5,
        socket_connect_timeout=0.5,
        retry=Retry(NoBackoff(), 0),
        # Valkey sends none, and a pool that awaits them hands out connections that were closed.
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
        **trusted,
    )
    return Redis.from_pool(pool)
