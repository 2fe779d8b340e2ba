"""Take the open reindexing some steps further."""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from chassis.database import Database
from chassis.logs import get_logger
from chassis.replaying import Replay
from chassis.subscription import Subscription
from contracts.marketplace import ItemChanged
from contracts.topics import MARKETPLACE_ITEMS
from search.engine import Engine, EngineRefused
from search.indexing.index_rated import index_rated
from search.parity.compare_all import compare_all
from search.reindexing import queries
from search.reindexing.indices import Indices
from search.reindexing.models import Reindexing
from search.sellers.spread_since import spread_since
from search.settings import Settings

log = get_logger(__name__)

#: So long a process works in one go, and so long it may be silent before another one goes on.
WORK_SECONDS: Final = 8.0
LEASE: Final = timedelta(seconds=120)
RECORDS_MAX: Final = 2_000
#: So near to the end, what is left is read while the new index is put in place.
NEAR: Final = 200
SWITCH_SECONDS: Final = 30.0
_TYPES: Final = Subscription(group="search.reindexing", messages=(ItemChanged,), rereads=True)


class Work:
    """One turn of work on a reindexing."""

    def __init__(
        self, database: Database, engine: Engine, settings: Settings, now: datetime
    ) -> None:
        """Work with these."""
        self._database, self._engine, self._settings = database, engine, settings
        self._now = now
        self._indices = Indices(engine, settings)

    async def run(self, one: Reindexing) -> Reindexing:
        """Fill, check and switch, as far as the turn's time goes."""
        if one.replaces:
            one = replace(one, index_uuid=await self._indices.make(one.index_name))
        async with Replay.open(self._settings, MARKETPLACE_ITEMS, _TYPES, one.positions) as replay:
            if one.state == "filling":
                one = await self._fill(one, replay, WORK_SECONDS)
            if one.state == "checking":
                one = await self._check(one, replay)
            if one.state == "switching":
                one = await self._switch(one, replay)
        return one

    async def _fill(self, one: Reindexing, replay: Replay, seconds: float) -> Reindexing:
        until = time.monotonic() + seconds
        one = replace(one, ends=await replay.ends(), positions=await replay.positions())
        while time.monotonic() < until:
            one = await self._read(one, replay)
            if one.behind <= NEAR:
                return await self.keep(replace(one, state="checking"))
            one = await self.keep(one)
        return one

    async def _read(self, one: Reindexing, replay: Replay) -> Reindexing:
        """Bring the next messages into the index."""
        items = [item for item in await replay.read(RECORDS_MAX) if isinstance(item, ItemChanged)]
        async with self._database.transaction() as conn:
            written = await index_rated(
                conn,
                self._engine,
                items,
                timeout_seconds=self._settings.index_timeout_seconds,
                index=one.index_name,
            )
        return replace(
            one,
            documents=one.documents + written,
            positions=await replay.positions(),
            ends=await replay.ends(),
        )

    async def _catch_up(self, one: Reindexing, replay: Replay) -> Reindexing:
        """Read on to where the topic ends now.

        Raises:
            TimeoutError: It grows faster than it is read.
        """
        until = time.monotonic() + SWITCH_SECONDS
        goal = await replay.ends()
        while any(one.positions.get(part, 0) < end for part, end in goal.items()):
            if time.monotonic() > until:
                raise TimeoutError("the topic grows faster than it is read")
            one = await self._read(one, replay)
        await self._indices.refresh(one.index_name)
        return one

    async def _check(self, one: Reindexing, replay: Replay) -> Reindexing:
        """Compare with what was told; what is only late is there when it is looked at again."""
        one = await self._catch_up(one, replay)
        suspects = await compare_all(self._database, self._engine, one.index_name)
        if suspects:
            one = await self._catch_up(one, replay)
            suspects = await compare_all(
                self._database, self._engine, one.index_name, only=suspects
            )
        if suspects and one.replaces:
            some = ", ".join(map(str, list(suspects)[:5]))
            await self._indices.drop(one.index_name)
            detail = f"{len(suspects)} documents are not what was told, such as {some}"
            return await self.keep(replace(one, state="failed", detail=detail))
        return await self.keep(replace(one, state="switching"))

    async def _switch(self, one: Reindexing, replay: Replay) -> Reindexing:
        """Write to the new index, read what went to the old one meanwhile, then answer from it."""
        if one.replaces:
            old, *_ = await self._indices.current()
            async with self._database.transaction() as conn:
                # Who brings ratings into documents reads and writes one and the same index.
                await conn.execute(queries.MOVE_WRITES)
                await self._indices.move_writes(one.index_name)
            one = await self._catch_up(one, replay)
            await self._indices.move_reads(one.index_name)
            if old != one.index_name:
                await self._indices.drop(old)
        async with self._database.transaction() as conn:
            # What changed while it was filled went to the index that was written to.
            await spread_since(conn, one.started_at)
        return await self.keep(replace(one, state="done"))

    async def keep(self, one: Reindexing) -> Reindexing:
        """Write how far it is."""
        over = one.state in ("done", "failed")
        one = replace(one, changed_at=self._now, ended_at=self._now if over else None)
        async with self._database.transaction() as conn:
            await queries.update_reindexing(conn, one, leased_until=self._now + LEASE)
        return one


async def advance_reindexing(
    database: Database, engine: Engine, settings: Settings, *, now: datetime
) -> UUID | None:
    """Work on the open reindexing for some seconds, if there is one that nobody works on.

    Every step may be repeated: documents have versions, aliases are set and not toggled.

    Args:
        database: For its state, which is kept after each batch.
        engine: The engine.
        settings: How to reach the topic, and how an index is made.
        now: The clock's time.

    Returns:
        Which one was worked on.

    Raises:
        EngineAway: Not now; it goes on where it stopped.
        BrokerAway: As above.
    """
    async with database.transaction() as conn:
        one = await queries.lease(conn, now, LEASE)
    if one is None:
        return None
    work = Work(database, engine, settings, now)
    try:
        one = await work.run(one)
    except EngineRefused as error:
        one = await work.keep(replace(one, state="failed", detail=str(error)[:500]))
    finally:
        await _let_go(database, one, now)
    log.info("reindexing.advanced", state=one.state, behind=one.behind, documents=one.documents)
    return one.reindexing_id


async def _let_go(database: Database, one: Reindexing, now: datetime) -> None:
    """Whoever is next need not wait for the lease; what was kept last holds."""
    async with database.transaction() as conn:
        await queries.release(conn, one.reindexing_id, now)
