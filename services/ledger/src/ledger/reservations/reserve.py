"""Set money aside."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.journal.models import Declined
from ledger.reservations.lifecycle import begin
from ledger.reservations.models import Reservation, Wanted
from ledger.reservations.move import move_reservation


async def reserve_money(
    conn: Connection, wanted: Wanted, *, transfer_id: UUID, now: datetime
) -> Reservation | Declined:
    """Set money aside so that no other spending can use it.

    Available and held always add up to the posted balance. A declined wish leaves nothing but a row
    of `refused_attempt`, so let the transaction commit and tell the problem after it.

    Args:
        conn: Open transaction; the caller commits.
        wanted: How much, of which account, until when.
        transfer_id: UUIDv7, new for this wish.
        now: The clock's time.

    Returns:
        The reservation, or why there can be none: InsufficientFunds or another of `journal.errors`.

    Emits:
        MoneyReserved on `ledger.reservations.v1`, keyed by account, and TransferPosted.

    Source:
        spec 2, reservations; docs/decisions/0015-holds-are-in-the-chain.md
    """
    made = begin(wanted, transfer_id, now)
    return await move_reservation(conn, None, made, now=now, initiated_by=wanted.created_by)
