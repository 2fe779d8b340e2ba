"""The cache of sessions in Valkey: it may be away, and it may never be wrong."""

import time
from typing import Any, Final

import orjson
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chassis.logs import get_logger
from gateway.sessions.models import Session

log = get_logger(__name__)

CACHE_SECONDS: Final = 30
#: Outlives every entry that a slow reader may still write.
REVOKED_SECONDS: Final = 4 * CACHE_SECONDS
_REVOKED: Final = b"revoked"
_AWAY_SECONDS: Final = 1.0
_FAILURES = (RedisError, OSError, TimeoutError)


class SessionCache:
    """Sessions by the hash of their token.

    A revocation leaves a mark that readers cannot overwrite, so that who read the session just
    before it cannot bring it back.
    """

    def __init__(self, url: str | None) -> None:
        """Connect lazily; without `url` nothing is cached."""
        self._client = _client(url) if url else None
        self._away_until = 0.0
        #: Revocations that Valkey has not heard of yet, and until when they matter.
        self._unsaid: dict[bytes, float] = {}

    async def close(self) -> None:
        """Close the connections."""
        if self._client:
            await self._client.aclose()

    async def get(self, token_hash: bytes) -> Session | bool | None:
        """The session; False when it is known to be revoked; nothing when it is not known."""
        if self._unsaid:
            await self._say()
            if token_hash in self._unsaid:
                return False
        kept = await self._ask("GET", _key(token_hash))
        if kept is None:
            return None
        if kept == _REVOKED:
            return False
        return Session.from_cache(orjson.loads(kept))

    async def put(self, token_hash: bytes, session: Session) -> None:
        """Keep a session for a short time, unless it was revoked meanwhile."""
        await self._ask(
            "SET", _key(token_hash), orjson.dumps(session.to_cache()), "EX", CACHE_SECONDS, "NX"
        )

    async def revoke(self, token_hash: bytes) -> None:
        """Mark a session as revoked. Call it after the commit.

        With Valkey away it is remembered here, and said as soon as Valkey is back.
        """
        if self._client is not None:
            self._unsaid[token_hash] = time.monotonic() + REVOKED_SECONDS
            await self._say()

    async def _say(self) -> None:
        for token_hash, until in list(self._unsaid.items()):
            said = until <= time.monotonic() or await self._ask(
                "SET", _key(token_hash), _REVOKED, "EX", REVOKED_SECONDS
            )
            if said:
                self._unsaid.pop(token_hash, None)

    async def _ask(self, *command: Any) -> Any:
        """Ask Valkey, or nobody for a second after it was away."""
        if self._client is None or time.monotonic() < self._away_until:
            return None
        try:
            return await self._client.execute_command(*command)  # type: ignore[no-untyped-call]
        except _FAILURES as error:
            self._away_until = time.monotonic() + _AWAY_SECONDS
            log.warning("valkey.away", error=repr(error))
            return None


def _key(token_hash: bytes) -> str:
    return f"gateway:session:{token_hash.hex()}"


def _client(url: str) -> Redis:
    pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
        url,
        max_connections=32,
        timeout=1,
        socket_timeout=0.5,
        socket_connect_timeout=0.5,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)
