"""Looking after what could not be handled at once: parked messages, and letters to redrive.

A letter that an operator redrives is handled by the consumer that gave it up and by no other, in
one transaction with its effect; it is not published again, so nobody else hears it twice.
"""

import asyncio
import contextlib
import hashlib
import traceback
from collections.abc import Sequence
from typing import Any, Final

from chassis.consumer import Consumer, refuse
from chassis.database import Connection, is_transient
from chassis.dead_letters import REASON_CHARACTERS, DeadLetter, bury
from chassis.failpoints import reach
from chassis.inbox import Delivery
from chassis.logs import get_logger
from chassis.problems import Problem
from chassis.reading import check_place
from chassis.turns import PARKED_SECONDS, advance_head, overdue, set_outcomes, unpark
from contracts.messages import Message

log = get_logger(__name__)

LOOK_SECONDS: Final = 1.0
LETTERS_MAX: Final = 50

SELECT_WAITING: Final = """
SELECT id FROM dead_letter WHERE consumer = $1 AND state = 'WAITING' ORDER BY id LIMIT $2
"""
LOCK_WAITING: Final = """
SELECT * FROM dead_letter WHERE id = $1 AND state = 'WAITING' FOR UPDATE SKIP LOCKED
"""
LOCK_HEAD: Final = """
SELECT version FROM aggregate_head WHERE consumer = $1 AND key = $2 FOR UPDATE
"""
CLAIM_FAILED: Final = """
INSERT INTO inbox (consumer, event_day, event_id) VALUES ($1, $2, $3)
ON CONFLICT (consumer, event_day, event_id) DO UPDATE SET outcome = 'PROCESSED', reason = NULL
WHERE inbox.outcome = 'FAILED'
RETURNING event_id
"""
SETTLE_LETTER: Final = """
UPDATE dead_letter
SET state = 'REDRIVEN', settled_at = clock_timestamp(), reason = coalesce($2, reason) WHERE id = $1
"""
DEAD_AGAIN: Final = """
UPDATE dead_letter SET state = 'DEAD', reason = $2, stack_digest = $3
WHERE id = $1 AND state = 'WAITING'
"""


class Aftercare:
    """Looks after the consumers of one process until it is stopped."""

    def __init__(self, consumers: Sequence[Consumer]) -> None:
        """Look after what these consumers could not handle."""
        self._consumers = list(consumers)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End after the message in progress."""
        self._stopping.set()

    async def run(self) -> None:
        """Look every second; a lost database only pauses it."""
        while not self._stopping.is_set():
            for consumer in self._consumers:
                try:
                    await look_after(consumer)
                except Exception as error:
                    if not is_transient(error):
                        log.exception("aftercare.failed", group=consumer.group)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), LOOK_SECONDS)


async def look_after(consumer: Consumer, *, parked_seconds: float = PARKED_SECONDS) -> int:
    """Handle what is due, bury what waited too long, redrive what was asked; returns how many."""
    done = 0
    if consumer.subscription.in_turn:
        done += await consumer.drain()
        done += await _give_up(consumer, parked_seconds)
    async with consumer.database.connection() as conn:
        letters = await conn.fetch(SELECT_WAITING, consumer.group, LETTERS_MAX)
    for letter in letters:
        await _redrive(consumer, letter["id"])
    return done + len(letters)


async def _give_up(consumer: Consumer, seconds: float) -> int:
    """Parked messages whose time is over become dead letters: the gap needs a person."""
    async with consumer.database.connection() as conn:
        rows = await overdue(conn, consumer.group, seconds)
    for row in rows:
        delivery = Delivery.kept(row)
        reason = (
            f"version {row['version']} waited {seconds:g} s for version {(row['head'] or 0) + 1}"
        )
        async with consumer.database.transaction() as conn:
            if await unpark(conn, consumer.group, delivery):
                await reach("aftercare.after_unpark")
                await bury(conn, DeadLetter.given_up(consumer.group, delivery, reason))
                consumer.count("dead", 1)
                await reach("aftercare.after_burial")
    return len(rows)


async def _redrive(consumer: Consumer, letter_id: int) -> None:
    delivery: Delivery[Message] | None = None
    try:
        async with consumer.database.transaction() as conn:
            row = await conn.fetchrow(LOCK_WAITING, letter_id)
            if row is None:
                return
            await reach("aftercare.after_claim")
            delivery = Delivery.kept(row)
            consumer.seals.check(row["topic"], delivery.headers, delivery.payload)
            check_place(row["topic"], delivery.envelope, delivery.message)
            note = await _handle_again(consumer, conn, delivery)
            await reach("aftercare.after_effect")
            await conn.execute(SETTLE_LETTER, letter_id, note)
            await reach("aftercare.after_settling")
    except Problem as problem:
        if delivery is None:
            raise
        reason = f"{problem.slug()}: {problem.detail}"
        async with consumer.database.transaction() as conn:
            await refuse(conn, consumer.subscription, delivery, reason)
            await conn.execute(SETTLE_LETTER, letter_id, f"refused: {reason}"[:REASON_CHARACTERS])
    except Exception as error:
        if is_transient(error):
            raise
        await _dead_again(consumer, letter_id, error)
    else:
        await reach("aftercare.after_commit")
        consumer.committed([delivery])
        log.info("dead_letters.redriven", group=consumer.group, letter=letter_id, note=note)


async def _handle_again(
    consumer: Consumer, conn: Connection, delivery: Delivery[Message]
) -> str | None:
    """Handle a letter's message, out of turn if need be; returns a note when nothing was done."""
    group, envelope = consumer.group, delivery.envelope
    if envelope.type_name not in consumer.subscription.types():
        return "nobody hears this type any more"
    event_id = envelope.event_id
    if not await conn.fetchval(CLAIM_FAILED, group, delivery.event_day, event_id):
        return "it was handled meanwhile"
    version = delivery.message.aggregate_version()
    if consumer.subscription.in_turn and version is not None:
        head = await conn.fetchval(LOCK_HEAD, group, envelope.key)
        if head is not None and version <= head:
            await set_outcomes(conn, group, [delivery], "STALE", None)
            return f"the aggregate is at version {head}: nothing to do"
        await advance_head(conn, group, delivery)
    await consumer.apply(conn, [delivery])
    return None


async def _dead_again(consumer: Consumer, letter_id: int, error: Exception) -> None:
    stack = "".join(traceback.format_exception(error))
    digest: Any = hashlib.sha256(stack.encode()).hexdigest()[:16]
    log.warning(
        "dead_letters.dead_again", group=consumer.group, letter=letter_id, error=repr(error)
    )
    async with consumer.database.transaction() as conn:
        await conn.execute(DEAD_AGAIN, letter_id, repr(error)[:REASON_CHARACTERS], digest)
        await reach("aftercare.after_dead_again")
