"""Statements of watch lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from marketplace.watches.models import Notice, Watcher

#: One watch of a person at a time, so that two can't both be the last that is allowed.
HOLD_WATCHER: Final = "SELECT pg_advisory_xact_lock(hashtextextended('item_watch:' || $1, 0))"
COUNT_OTHERS: Final = "SELECT count(*) FROM item_watch WHERE user_id = $1 AND item_id <> $2"
INSERT_WATCH: Final = """
INSERT INTO item_watch (item_id, user_id, known_minor, known_asset, watched_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (item_id, user_id) DO NOTHING
"""
DELETE_WATCH: Final = "DELETE FROM item_watch WHERE item_id = $1 AND user_id = $2"
SELECT_PAGE: Final = """
SELECT item_id, watched_at FROM item_watch
WHERE user_id = $1 AND ($2::uuid IS NULL OR item_id < $2)
ORDER BY item_id DESC LIMIT $3
"""
TAKE_NOTICE: Final = """
SELECT id, item_id, kind, told_until FROM watch_notice
ORDER BY noticed_at, id LIMIT 1
FOR UPDATE SKIP LOCKED
"""
#: Read after the notice is locked: who changes the item later waits for the notice, and renews it.
SELECT_NEWS: Final = """
SELECT
    title,
    CASE pricing WHEN 'gift' THEN 0 ELSE price_minor END AS price_minor,
    asset,
    status IN ('active', 'reserved', 'sold') AND NOT hidden AS on_show
FROM item WHERE id = $1
"""
LOCK_WATCHERS: Final = """
SELECT user_id, known_minor, known_asset FROM item_watch
WHERE item_id = $1 AND ($2::uuid IS NULL OR user_id > $2)
ORDER BY user_id LIMIT $3
FOR NO KEY UPDATE
"""
UPDATE_KNOWN: Final = """
UPDATE item_watch SET known_minor = $3, known_asset = coalesce($4, known_asset)
WHERE item_id = $1 AND user_id = ANY($2::uuid [])
"""
#: To the end of the queue: one item with many watchers does not keep the others waiting.
ADVANCE_NOTICE: Final = """
UPDATE watch_notice SET told_until = $2, noticed_at = clock_timestamp() WHERE id = $1
"""
DELETE_NOTICE: Final = "DELETE FROM watch_notice WHERE id = $1"


async def hold_watcher(conn: Connection, user_id: UUID, item_id: UUID) -> int:
    """Let one person's watches come one after the other; returns how many others there are."""
    await conn.execute(HOLD_WATCHER, str(user_id))
    found: int = await conn.fetchval(COUNT_OTHERS, user_id, item_id)
    return found


async def insert_watch(
    conn: Connection,
    item_id: UUID,
    user_id: UUID,
    known: tuple[int | None, str | None],
    now: datetime,
) -> None:
    """Keep a watch; one that is there already stays as it is."""
    await conn.execute(INSERT_WATCH, item_id, user_id, *known, now)


async def delete_watch(conn: Connection, item_id: UUID, user_id: UUID) -> None:
    """Forget a watch; one that is not there is fine."""
    await conn.execute(DELETE_WATCH, item_id, user_id)


async def select_page(
    conn: Connection, user_id: UUID, after: UUID | None, limit: int
) -> list[tuple[UUID, datetime]]:
    """Items that a person watches, the newest listings first."""
    rows = await conn.fetch(SELECT_PAGE, user_id, after, limit)
    return [(row["item_id"], row["watched_at"]) for row in rows]


async def take_notice(conn: Connection) -> Notice | None:
    """The notice that has waited longest, locked; those that others work on are left to them."""
    row: Any = await conn.fetchrow(TAKE_NOTICE)
    if row is None:
        return None
    return Notice(**row, **await conn.fetchrow(SELECT_NEWS, row["item_id"]))


async def lock_watchers(conn: Connection, notice: Notice, limit: int) -> list[Watcher]:
    """The next watchers of a notice's item."""
    rows = await conn.fetch(LOCK_WATCHERS, notice.item_id, notice.told_until, limit)
    return [Watcher(row["user_id"], row["known_minor"], row["known_asset"]) for row in rows]


async def update_known(conn: Connection, notice: Notice, user_ids: Sequence[UUID]) -> None:
    """Keep the price that watchers know now."""
    await conn.execute(
        UPDATE_KNOWN, notice.item_id, list(user_ids), notice.price_minor, notice.asset
    )


async def advance_notice(conn: Connection, notice_id: int, told_until: UUID) -> None:
    """Keep how far a notice has come."""
    await conn.execute(ADVANCE_NOTICE, notice_id, told_until)


async def delete_notice(conn: Connection, notice_id: int) -> None:
    """Everybody knows."""
    await conn.execute(DELETE_NOTICE, notice_id)
