"""End a reservation whose time is over."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.timers import set_timer
from ledger.journal.models import Declined
from ledger.reservations import queries
from ledger.reservations.lifecycle import expire
from ledger.reservations.move import EXPIRY, move_reservation


async def expire_reservation(conn: Connection, key: str, now: datetime) -> None:
    """Make what is still set aside available again, once it is due.

    A reservation that was captured or released before is left alone.

    Args:
        conn: Open transaction in which the timer was taken; the caller commits.
        key: The reservation's id.
        now: The clock's time.

    Raises:
        Problem: The journal refused to let go what is held: a defect, tried again later.

    Emits:
        ReservationExpired on `ledger.reservations.v1`, keyed by account, and TransferPosted.
    """
    held = await queries.lock_reservation(conn, UUID(key))
    if held is None:
        return
    after = expire(held, new_id(), now)
    if after is None:
        if held.state == "ACTIVE":
            await set_timer(conn, EXPIRY, key, held.expires_at)
        return
    moved = await move_reservation(conn, held, after, now=now)
    if isinstance(moved, Declined):
        raise moved.problem
