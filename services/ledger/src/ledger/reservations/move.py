"""Move a reservation one version on: its money, its row, its timer and its event, together."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.failpoints import reach
from chassis.outbox import Cause, emit
from chassis.timers import cancel_timer, set_timer
from ledger.journal.models import Declined
from ledger.journal.post import post_transfers
from ledger.reservations import queries
from ledger.reservations.models import Reservation
from ledger.reservations.moves import event_of, transfer_of

EXPIRY: Final = "reservations.expire"


async def move_reservation(
    conn: Connection,
    before: Reservation | None,
    after: Reservation,
    *,
    now: datetime,
    payee: UUID | None = None,
    initiated_by: UUID | None = None,
) -> Reservation | Declined:
    """Post the transfer that leads to `after`, and write what it leads to.

    Args:
        conn: Open transaction with the timer held and the reservation locked, in that order.
        before: The version before; nothing for a new one.
        after: As `lifecycle` decided.
        now: The clock's time.
        payee: Who gets what is captured.
        initiated_by: The person behind it.

    Returns:
        The reservation, or why its money may not move: then nothing else has changed.

    Emits:
        One of the four events on `ledger.reservations.v1`, keyed by account, and TransferPosted.
    """
    cause = Cause.present()
    wanted = transfer_of(before, after, payee=payee, initiated_by=initiated_by, cause=cause)
    [verdict] = await post_transfers(conn, [wanted], now=now)
    await reach("reservations.after_money")
    stands = before if isinstance(verdict, Declined) else after
    if stands and stands.state == "ACTIVE":
        await set_timer(conn, EXPIRY, str(stands.id), stands.expires_at)
    elif stands:
        await cancel_timer(conn, EXPIRY, str(stands.id))
    if isinstance(verdict, Declined):
        return verdict
    if before:
        await queries.update_reservations(conn, [after])
    else:
        await queries.insert_reservation(conn, after)
    await reach("reservations.after_row")
    await emit(conn, event_of(before, after, verdict))
    return after
