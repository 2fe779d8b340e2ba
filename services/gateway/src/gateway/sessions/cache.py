"""The cache of sessions: this process for a second, Valkey for half a minute.

Valkey may be away, and the cache may never be wrong for longer than `KEPT_SECONDS`.
"""

import time
from pathlib import Path
from typing import Final

import orjson

from gateway.sessions.models import Session
from gateway.valkey import Valkey

CACHE_SECONDS: Final = 30
#: Outlives every entry that a slow reader may still write.
REVOKED_SECONDS: Final = 4 * CACHE_SECONDS
#: How long a process answers by itself: a revocation elsewhere is heard of after so long.
KEPT_SECONDS: Final = 1.0
KEPT_MAX: Final = 20_000
_REVOKED: Final = b"revoked"


class SessionCache:
    """Sessions by the hash of their token.

    A revocation leaves a mark that readers cannot overwrite, so that who read the session just
    before it cannot bring it back.
    """

    def __init__(
        self,
        url: str | None,
        *,
        kept_seconds: float = KEPT_SECONDS,
        ca_file: Path | None = None,
    ) -> None:
        """Connect lazily; without `url` nothing is cached beyond `kept_seconds`."""
        self._valkey = Valkey(url, ca_file)
        self._kept_seconds = kept_seconds
        #: What this process knows, and until when; the oldest first.
        self._kept: dict[bytes, tuple[Session, float]] = {}
        #: Ended by this process, and until when that matters.
        self._ended: dict[bytes, float] = {}
        #: Revocations that Valkey has not heard of yet.
        self._unsaid: set[bytes] = set()

    async def close(self) -> None:
        """Close the connections."""
        await self._valkey.close()

    async def get(self, token_hash: bytes) -> Session | bool | None:
        """The session; False when it is known to be revoked; nothing when it is not known."""
        if self._unsaid:
            await self._say()
        asked_at = time.monotonic()
        kept = self._kept.get(token_hash)
        if kept is not None:
            if kept[1] > asked_at:
                return kept[0]
            del self._kept[token_hash]
        if self._ended.get(token_hash, 0.0) > asked_at:
            return False
        found = await self._valkey.ask("GET", _key(token_hash))
        if found is None:
            return None
        if found == _REVOKED:
            return False
        session = Session.from_cache(orjson.loads(found))
        self._keep(token_hash, session, asked_at)
        return session

    async def put(
        self, token_hash: bytes, session: Session, *, read_at: float | None = None
    ) -> None:
        """Keep a session for a short time, unless it was revoked meanwhile.

        Args:
            token_hash: Of its token.
            session: As it was read.
            read_at: By the monotonic clock, before it was read: only then is it kept here, too.
        """
        if read_at is not None:
            self._keep(token_hash, session, read_at)
        await self._valkey.ask(
            "SET", _key(token_hash), orjson.dumps(session.to_cache()), "EX", CACHE_SECONDS, "NX"
        )

    async def revoke(self, token_hash: bytes) -> None:
        """Mark a session as revoked. Call it after the commit.

        This process knows at once; with Valkey away it is said as soon as Valkey is back.
        """
        now = time.monotonic()
        self._kept.pop(token_hash, None)
        while self._ended and self._ended[next(iter(self._ended))] <= now:
            del self._ended[next(iter(self._ended))]
        self._ended.pop(token_hash, None)
        self._ended[token_hash] = now + REVOKED_SECONDS
        if self._valkey.configured:
            self._unsaid.add(token_hash)
            await self._say()

    def _keep(self, token_hash: bytes, session: Session, read_at: float) -> None:
        """Counted from before it was read: what ended since then is not known of longer."""
        if self._kept_seconds and token_hash not in self._ended:
            while len(self._kept) >= KEPT_MAX:
                del self._kept[next(iter(self._kept))]
            self._kept[token_hash] = session, read_at + self._kept_seconds

    async def _say(self) -> None:
        now = time.monotonic()
        for token_hash in list(self._unsaid):
            said = self._ended.get(token_hash, 0.0) <= now or await self._valkey.ask(
                "SET", _key(token_hash), _REVOKED, "EX", REVOKED_SECONDS
            )
            if said:
                self._unsaid.discard(token_hash)


def _key(token_hash: bytes) -> str:
    return f"gateway:session:{token_hash.hex()}"
