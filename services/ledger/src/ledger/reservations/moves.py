"""What each move of a reservation does to the money, and what is said about it. Pure."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from chassis.outbox import Cause
from contracts.ledger import (
    MoneyReserved,
    ReservationCaptured,
    ReservationExpired,
    ReservationReleased,
)
from contracts.messages import Event
from ledger.journal.models import Movement, Posted, Transfer
from ledger.reservations.models import Reservation

#: By the state that a move led to; the first version is the reserving itself.
KINDS: Final = {
    "ACTIVE": "reservation.capture",
    "COMPLETED": "reservation.capture",
    "RELEASED": "reservation.release",
    "EXPIRED": "reservation.expire",
}


def transfer_of(
    before: Reservation | None,
    after: Reservation,
    *,
    payee: UUID | None = None,
    initiated_by: UUID | None = None,
    cause: Cause,
) -> Transfer:
    """The transfer that leads from one version of a reservation to the next.

    Args:
        before: The version before; nothing for a new one.
        after: What it leads to; `moved_by` is the transfer's id.
        payee: Who gets what is captured.
        initiated_by: The person behind it.
        cause: What set it off.
    """
    held = after.remaining_minor - (before.remaining_minor if before else 0)
    captured = after.captured_minor - (before.captured_minor if before else 0)
    movements: tuple[Movement, ...] = (Movement(after.account_id, after.asset, -captured, held),)
    if payee and captured:
        movements = (*movements, Movement(payee, after.asset, captured))
    return Transfer(
        id=after.moved_by,
        kind=KINDS[after.state] if before else "reservation.reserve",
        movements=movements,
        initiated_by=initiated_by,
        metadata={"reservation_id": str(after.id)} | ({"memo": after.memo} if after.memo else {}),
        cause=cause,
    )


def event_of(before: Reservation | None, after: Reservation, posted: Posted) -> Event:
    """What is said about a move."""
    entry = posted.entries[0]
    said = {
        "reservation_id": after.id,
        "version": after.version,
        "account_id": after.account_id,
        "account_seq": entry.account_seq,
        "owner_id": entry.owner_id,
        "asset": after.asset,
        "amount_minor": after.amount_minor,
        "remaining_minor": after.remaining_minor,
        "transfer_id": after.moved_by,
        "released_minor": after.released_minor,
    }
    if before is None:
        said |= {"to_account": after.to_account, "expires_at": after.expires_at}
    elif after.captured_minor > before.captured_minor:
        said |= {
            "to_account": posted.entries[1].account_id,
            "captured_minor": after.captured_minor - before.captured_minor,
            "completed": after.state == "COMPLETED",
        }
    return _type_of(before, after)(said)


def _type_of(before: Reservation | None, after: Reservation) -> Callable[[object], Event]:
    if before is None:
        return MoneyReserved.model_validate
    if after.state == "RELEASED":
        return ReservationReleased.model_validate
    if after.state == "EXPIRED":
        return ReservationExpired.model_validate
    return ReservationCaptured.model_validate
