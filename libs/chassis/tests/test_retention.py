"""Old days leave as a whole; what was not said never does; the inbox outlives every message."""

from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from chassis.database import Database
from chassis.process import DROP_PARTITIONS, ENSURE_PARTITIONS
from chassis.retention import INBOX_DAYS, OUTBOX_DAYS, ForgetsTooSoon, check_retention
from contracts.topics import DAY_MS, Topic
from tests.stack.database import ScratchDatabase

LONG_AGO = datetime.now(UTC).date() - timedelta(days=40)


async def days_of(database: Database, parent: str) -> set[str]:
    """The day partitions of a table."""
    rows = await database.pool.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass",
        parent,
    )
    return {row["name"] for row in rows}


def named(parent: str, day: date) -> str:
    """A day's partition."""
    return f"{parent}_{day:%Y%m%d}"


async def test_old_days_leave_and_unpublished_events_keep_theirs(
    database: Database, scratch: ScratchDatabase
) -> None:
    """Published outbox rows and inbox rows go by partition; one unpublished row keeps its day."""
    today = datetime.now(UTC).date()
    for first in (LONG_AGO, today):
        await database.pool.fetchval(ENSURE_PARTITIONS, first)
    row = "(gen_random_uuid(), 'ledger.accounts.v1', 'k', 0, '{}', '{}', $1, $2)"
    insert = (
        "INSERT INTO gateway.outbox "
        f"(event_id, topic, key, part, headers, payload, created_at, published_at) VALUES {row}"
    )
    said = datetime.combine(LONG_AGO, datetime.min.time(), UTC) + timedelta(hours=1)
    async with scratch.connect("admin") as admin:
        await admin.execute(insert, said, said)
        await admin.execute(insert, said + timedelta(days=1), None)
    dropped = await database.pool.fetchval(DROP_PARTITIONS, today, OUTBOX_DAYS, INBOX_DAYS)
    outbox, inbox = await days_of(database, "outbox"), await days_of(database, "inbox")
    assert dropped > 0
    assert named("outbox", LONG_AGO) not in outbox
    assert named("outbox", LONG_AGO + timedelta(days=1)) in outbox
    assert named("outbox", today) in outbox
    # 40 to 36 days ago are forgotten; 35 and 34 days ago may still come again.
    kept = {LONG_AGO + timedelta(days=n) for n in (5, 6)}
    assert {named("inbox", day) for day in kept} <= inbox
    assert named("inbox", LONG_AGO + timedelta(days=4)) not in inbox
    left = await database.pool.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL")
    assert left == 1


async def test_nobody_makes_it_forget_too_soon(database: Database) -> None:
    """The function itself refuses days that are too few, and a clock that runs ahead."""
    today = datetime.now(UTC).date()
    for arguments in ((today, 1, 35), (today, 8, 9), (today + timedelta(days=30), 8, 35)):
        with pytest.raises(asyncpg.CheckViolationError):
            await database.pool.fetchval(DROP_PARTITIONS, *arguments)


def test_the_inbox_outlives_every_message() -> None:
    """Retention of every topic, a week until its segment is closed, and the replay window."""
    check_retention()


def test_a_topic_that_outlives_the_inbox_is_named() -> None:
    """The check can fail; a topic that is kept for ever is for readers that bear it."""
    check_retention([Topic("ledger.x.v1", retention_ms=-1)])
    with pytest.raises(ForgetsTooSoon, match=r"ledger\.x\.v1.*28 days"):
        check_retention([Topic("ledger.x.v1", retention_ms=14 * DAY_MS)], inbox_days=28)
