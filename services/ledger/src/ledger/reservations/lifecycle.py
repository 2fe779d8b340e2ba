"""What becomes of a reservation. Pure: the first of capture, release and expiry wins.

| state  | capture                           | release  | expire, when due |
| ------ | --------------------------------- | -------- | ---------------- |
| ACTIVE | ACTIVE while there is a rest,     | RELEASED | EXPIRED          |
|        | COMPLETED with the last or `final`|          |                  |
| other  | ReservationOver                   | the same | nothing          |

From `expires_at` on an ACTIVE one can only expire: ReservationDue. When several problems apply, the
first of these is told: over, due, other payee, not so much left.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from contracts.money import render_amount
from ledger.reservations.errors import (
    NotSoMuchReserved,
    OtherPayee,
    ReservationDue,
    ReservationOver,
)
from ledger.reservations.models import Capture, Reservation, ReservationState, Wanted


def begin(wanted: Wanted, moved_by: UUID, now: datetime) -> Reservation:
    """A reservation at its beginning: all of it is set aside."""
    return Reservation(
        id=wanted.id,
        account_id=wanted.account_id,
        asset=wanted.asset,
        amount_minor=wanted.amount_minor,
        captured_minor=0,
        released_minor=0,
        state="ACTIVE",
        to_account=wanted.to_account,
        memo=wanted.memo,
        created_by=wanted.created_by,
        created_at=now,
        expires_at=wanted.expires_at,
        changed_at=now,
        version=1,
        moved_by=moved_by,
    )


def payee_of(held: Reservation, capture: Capture) -> UUID:
    """Who gets what is captured.

    Raises:
        OtherPayee: The reservation is for another account; or none is named anywhere.
    """
    payee = capture.to_account or held.to_account
    if payee is None:
        raise OtherPayee(
            "the reservation names no account, so the capture must", field="to_account"
        )
    if payee != (held.to_account or payee) or payee == held.account_id:
        raise OtherPayee("it can be captured for the account that it was made for, and no other")
    return payee


def capture(held: Reservation, wish: Capture, moved_by: UUID, now: datetime) -> Reservation:
    """The reservation after a capture.

    Raises:
        ReservationOver: Another move has won.
        ReservationDue: Its time is over.
        OtherPayee: It is for another account.
        NotSoMuchReserved: Less is left.
    """
    _require_open(held, now)
    payee_of(held, wish)
    left = held.remaining_minor - wish.amount_minor
    if left < 0 or wish.amount_minor < 1:
        raise NotSoMuchReserved(
            f"{render_amount(held.remaining_minor, held.asset)} {held.asset} is left",
            remaining=render_amount(held.remaining_minor, held.asset),
            asset=held.asset,
        )
    over = wish.final or left == 0
    return replace(
        held,
        captured_minor=held.captured_minor + wish.amount_minor,
        released_minor=left if over else 0,
        state="COMPLETED" if over else "ACTIVE",
        changed_at=now,
        version=held.version + 1,
        moved_by=moved_by,
    )


def release(held: Reservation, moved_by: UUID, now: datetime) -> Reservation:
    """The reservation after what is left was let go.

    Raises:
        ReservationOver: Another move has won.
        ReservationDue: Its time is over: it expires by itself.
    """
    _require_open(held, now)
    return _let_go(held, "RELEASED", moved_by, now)


def expire(held: Reservation, moved_by: UUID, now: datetime) -> Reservation | None:
    """The reservation after its time; nothing when it is over already, or not due yet."""
    if held.state != "ACTIVE" or now < held.expires_at:
        return None
    return _let_go(held, "EXPIRED", moved_by, now)


def _let_go(
    held: Reservation, state: ReservationState, moved_by: UUID, now: datetime
) -> Reservation:
    return replace(
        held,
        released_minor=held.remaining_minor,
        state=state,
        changed_at=now,
        version=held.version + 1,
        moved_by=moved_by,
    )


def _require_open(held: Reservation, now: datetime) -> None:
    if held.state != "ACTIVE":
        raise ReservationOver(f"it is {held.state}", state=held.state)
    if now >= held.expires_at:
        raise ReservationDue(f"it could be used until {held.expires_at:%Y-%m-%d %H:%M:%S} UTC")
