"""Events held back: those behind them go first, and theirs comes late, as if it were new.

A trigger in the harness's own schema takes rows of the outbox for failed ones while a time is set,
one of each key; the time ends by itself, whatever dies meanwhile.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import asyncpg

#: Whose events, and which: a state machine that takes versions in turn hears the first, an index
#: that keeps the newest the second.
HELD: Final = {"ledger": "ledger.escrow.v1", "marketplace": "marketplace.items.v1"}
_TRY_AGAIN_SECONDS: Final = 0.5
_RELEASE_WITHIN_SECONDS: Final = 20.0

PREPARE: Final = """
CREATE SCHEMA torture;
CREATE TABLE torture.holding (until timestamptz NOT NULL);
INSERT INTO torture.holding VALUES ('-infinity');
CREATE TABLE torture.held (
    service text, topic text, key text, created_at timestamptz, id bigint, event_id uuid,
    parked integer, PRIMARY KEY (topic, key)
);
CREATE FUNCTION torture.hold_back() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = torture AS $$
BEGIN
    IF clock_timestamp() < (SELECT until FROM holding) THEN
        INSERT INTO held (service, topic, key, created_at, id, event_id)
        VALUES (TG_TABLE_SCHEMA, NEW.topic, NEW.key, NEW.created_at, NEW.id, NEW.event_id)
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            NEW.failed_at := clock_timestamp();
            NEW.last_error := 'held back on purpose';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
"""
HOLD_BACK: Final = """
CREATE TRIGGER hold_back BEFORE INSERT ON {service}.outbox
FOR EACH ROW WHEN (NEW.topic = '{topic}') EXECUTE FUNCTION torture.hold_back()
"""
HOLD: Final = "UPDATE torture.holding SET until = clock_timestamp() + make_interval(secs => $1)"
COUNT_PARKED: Final = """
UPDATE torture.held SET parked = (
    SELECT count(*) FROM marketplace.parked_message AS p
    WHERE p.topic = held.topic AND p.key = held.key
) WHERE parked IS NULL
RETURNING parked
"""
RELEASE: Final = """
UPDATE {service}.outbox AS o SET failed_at = NULL, last_error = NULL
FROM torture.held AS h
WHERE h.service = '{service}' AND o.created_at = h.created_at AND o.id = h.id
    AND o.failed_at IS NOT NULL AND o.published_at IS NULL
"""
SELECT_HELD: Final = "SELECT event_id::text FROM torture.held"
SELECT_COUNTS: Final = """
SELECT count(*) AS "held back", coalesce(sum(parked), 0) AS parked FROM torture.held
"""


class Holding:
    """Holds events of one stack back."""

    def __init__(self, superuser_url: str) -> None:
        """Act as the database's superuser, not through a detour."""
        self._url = superuser_url
        #: Whether something is held back just now: who loads sees to it that more follows.
        self.at_work = False

    async def prepare(self) -> None:
        """Make what holds events back, once, before the load."""
        async with self._connected() as conn, conn.transaction():
            await conn.execute(PREPARE)
            for service, topic in HELD.items():
                await conn.execute(HOLD_BACK.format(service=service, topic=topic))

    async def hold(self, seconds: float) -> str | None:
        """Hold back the next event of each key for a time; returns what came of it."""
        if not await self.begin(seconds):
            return None
        try:
            await asyncio.sleep(seconds)
        finally:
            found = await self.release()
        return found

    async def begin(self, seconds: float) -> bool:
        """Hold back what is said from now on, for so long at most; returns whether it is."""
        try:
            async with self._connected() as conn:
                await conn.execute(HOLD, seconds)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        self.at_work = True
        return True

    async def release(self) -> str | None:
        """Let go what is held back; returns how much was, or nothing while the database is away."""
        self.at_work = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_RELEASE_WITHIN_SECONDS):
                while True:
                    with contextlib.suppress(
                        OSError, asyncpg.PostgresError, asyncpg.InterfaceError
                    ):
                        return await self._release()
                    await asyncio.sleep(_TRY_AGAIN_SECONDS)
        return None

    async def _release(self) -> str | None:
        async with self._connected() as conn, conn.transaction():
            await conn.execute(HOLD, 0)
            rows = await conn.fetch(COUNT_PARKED)
            for service in HELD:
                await conn.execute(RELEASE.format(service=service))
        parked = sum(row["parked"] for row in rows)
        return f"{len(rows)} events, {parked} behind them parked" if rows else None

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[asyncpg.Connection]:
        conn = await asyncpg.connect(self._url, timeout=5, command_timeout=10)
        try:
            yield conn
        finally:
            conn.terminate()
