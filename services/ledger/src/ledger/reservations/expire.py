"""End reservations whose time is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import Cause, emit
from chassis.timers import set_timer, work_together
from ledger.journal.models import Declined
from ledger.journal.post import post_transfers
from ledger.reservations import queries
from ledger.reservations.lifecycle import expire
from ledger.reservations.move import EXPIRY
from ledger.reservations.moves import event_of, transfer_of

BATCH_MAX: Final = 200


async def expire_reservations(conn: Connection, key: str, now: datetime) -> None:
    """Make what is still set aside available again, for all that are due, a batch at a time.

    A reservation that was captured or released before is left alone. When the batch cannot be done,
    the reservation of this timer is done alone, so that one fault stops no other.

    Args:
        conn: Open transaction in which the timer was taken; the caller commits.
        key: The id of the reservation that set it off.
        now: The clock's time.

    Raises:
        Problem: The journal refused to let go what is held: a defect, tried again later.

    Emits:
        ReservationExpired on `ledger.reservations.v1`, keyed by account, and TransferPosted.
    """
    await work_together(
        conn, EXPIRY, key, now, limit=BATCH_MAX, work=lambda keys: _expire(conn, keys, now)
    )


async def _expire(conn: Connection, keys: Sequence[str], now: datetime) -> None:
    ended = []
    for held in await queries.lock_reservations(conn, [UUID(key) for key in keys]):
        if after := expire(held, new_id(), now):
            ended.append((held, after))
        elif held.state == "ACTIVE":
            await set_timer(conn, EXPIRY, str(held.id), held.expires_at)
    cause = Cause.present()
    wanted = [transfer_of(held, after, cause=cause) for held, after in ended]
    events = []
    for (held, after), verdict in zip(
        ended, await post_transfers(conn, wanted, now=now), strict=True
    ):
        if isinstance(verdict, Declined):
            raise verdict.problem
        events.append(event_of(held, after, verdict))
    await queries.update_reservations(conn, [after for _, after in ended])
    await emit(conn, *events)
