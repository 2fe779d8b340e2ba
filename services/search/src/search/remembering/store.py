"""What is remembered, in Valkey: it may be away, and no search waits for it long."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chassis.logs import get_logger
from search.remembering.lifecycle import Asked

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.commands.core import AsyncScript

log = get_logger(__name__)

#: Of a search; a busy process may take that long to come back to what was answered at once.
PATIENCE_SECONDS: Final = 0.3
_AWAY_SECONDS: Final = 1.0
#: Longer than any answer lives: an epoch that is forgotten meets no answer of its time.
EPOCH_SECONDS: Final = 60
#: Few are quicker than many: a question takes a fraction of a millisecond, a connection several.
CONNECTIONS_MAX: Final = 4

#: The epoch, what is kept in it, and otherwise whether nobody else looks: one round trip. A lock
#: holds in its epoch only.
_LOOK: Final = """
local epoch = redis.call('GET', KEYS[1])
local kept = redis.call('GET', KEYS[2])
local name = epoch or ''
if kept and string.sub(kept, 1, #name + 1) == name .. '\\n' then
  return {epoch, kept, 0}
end
if redis.call('GET', KEYS[3]) == name then
  return {epoch, false, 0}
end
redis.call('SET', KEYS[3], name, 'PX', ARGV[1])
return {epoch, false, 1}
"""


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known of a search."""

    epoch: bytes | None
    kept: bytes | None
    """An answer that was looked for in this epoch."""
    is_ours: bool
    """Nobody else looks for it, and all others will wait."""


class Store:
    """Asks Valkey, or nobody for a second after it was away."""

    def __init__(self, *, patience_seconds: float) -> None:
        """Away, until a client is there; a question has so long."""
        self._patience_seconds = patience_seconds
        self._client: Redis | None = None
        self._look: AsyncScript
        self._away_until = 0.0

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, *, patience_seconds: float = PATIENCE_SECONDS
    ) -> AsyncIterator["Store"]:
        """Connect beside the first searches: loading the client makes none of them wait."""
        made = cls(patience_seconds=patience_seconds)
        loading = asyncio.create_task(made._load(url))
        try:
            yield made
        finally:
            loading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await loading
            if made._client is not None:
                await made._client.aclose()

    async def _load(self, url: str) -> None:
        client = (await asyncio.to_thread(_client_maker))(url)
        self._look = client.register_script(_LOOK)
        self._client = client

    async def until_loaded(self) -> None:
        """Wait until the client is there; Valkey may be away all the same."""
        while self._client is None:  # noqa: ASYNC110 - for tests and benches: a thread tells no event
            await asyncio.sleep(0.005)

    async def look(self, asked: Asked, lock_ms: int) -> Looked | None:
        """What is known of a search; if nothing, others wait so long. Nothing at all when away."""
        names = (_epoch(asked.community), _found(asked), _lock(asked))
        found = await self._ask(lambda client: self._look(names, (lock_ms,), client))
        return None if found is None else Looked(found[0], found[1], bool(found[2]))

    async def keep(self, asked: Asked, value: bytes, ms: int) -> None:
        """Keep an answer for so long, for all who wait for it."""

        async def write(client: "Redis") -> None:
            async with client.pipeline(transaction=False) as pipe:
                pipe.set(_found(asked), value, px=ms)
                pipe.delete(_lock(asked))
                await pipe.execute()

        await self._ask(write)

    async def leave(self, asked: Asked) -> None:
        """Let others look: there is no answer that they could wait for."""
        await self._ask(lambda client: client.delete(_lock(asked)))

    async def renew(self, communities: Iterable[str]) -> None:
        """Begin a new epoch in communities: what was kept before is not given any more."""

        async def write(client: "Redis") -> bool:
            async with client.pipeline(transaction=False) as pipe:
                for community in communities:
                    pipe.set(_epoch(community), secrets.token_hex(8), ex=EPOCH_SECONDS)
                await pipe.execute()
            return True

        await self._ask(write)

    @property
    def well(self) -> bool:
        """Whether it is worth asking."""
        return self._client is not None and time.monotonic() >= self._away_until

    async def _ask(self, question: Callable[["Redis"], Awaitable[Any]]) -> Any:
        if self._client is None or not self.well:
            return None
        try:
            async with asyncio.timeout(self._patience_seconds):
                return await question(self._client)
        except Exception as error:  # noqa: BLE001 - whatever it is, the engine answers
            if self.well:
                log.warning("remembering.away", error=repr(error))
            self._away_until = time.monotonic() + _AWAY_SECONDS
            return None


def _epoch(community: str) -> str:
    return f"search:epoch:{community}"


def _found(asked: Asked) -> str:
    return f"search:found:{asked.key}"


def _lock(asked: Asked) -> str:
    return f"search:lock:{asked.key}"


def _client_maker() -> Callable[[str], "Redis"]:
    """Loads the client, which takes a while; in a thread."""
    from redis.asyncio import BlockingConnectionPool, Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.maint_notifications import MaintNotificationsConfig

    def make(url: str) -> Redis:
        pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS_MAX,
            timeout=1,
            socket_timeout=2,
            socket_connect_timeout=1,
            retry=Retry(NoBackoff(), 0),
            # Valkey sends none, and a pool that awaits them hands out closed connections.
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
        return Redis.from_pool(pool)

    return make
