"""What becomes of gifts. Pure.

A lot is spendable until `expires_at`; from then on it can only expire. Spending takes from the lot
that expires first, of two at one time from the older, and from those without an end last. What an
escrow gives back goes into the lots it came from, in the other order.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from contracts.money import render_amount
from ledger.gifts.errors import NotEnoughGifts
from ledger.gifts.models import Gift, GiftAnswer, Lot

NEVER: Final = datetime.max.replace(tzinfo=UTC)


def begin(gift: Gift, now: datetime) -> Lot:
    """A gift at its beginning: all of it is there."""
    return Lot(
        id=gift.transfer_id,
        account_id=gift.receiver.id,
        giver_account=gift.giver.id,
        asset=gift.receiver.asset,
        amount_minor=gift.amount_minor,
        remaining_minor=gift.amount_minor,
        state="OPEN",
        memo=gift.memo,
        given_at=now,
        expires_at=gift.expires_at,
        changed_at=now,
        version=1,
        moved_by=gift.transfer_id,
    )


def in_order(lots: Sequence[Lot], now: datetime) -> list[Lot]:
    """The lots that can be spent, in the order in which they are."""
    spendable = [one for one in lots if one.state == "OPEN" and (one.expires_at or NEVER) > now]
    return sorted(spendable, key=lambda one: (one.expires_at or NEVER, one.id))


def take(lots: Sequence[Lot], amount_minor: int, moved_by: UUID, now: datetime) -> list[Lot]:
    """The lots that spending changes, as they are after it; too few give all they have.

    Args:
        lots: Of one account.
        amount_minor: How much is spent.
        moved_by: The transfer that spends it.
        now: The clock's time.
    """
    taken: list[Lot] = []
    missing = amount_minor
    for lot in in_order(lots, now):
        if not missing:
            break
        part = min(missing, lot.remaining_minor)
        missing -= part
        taken.append(_less(lot, part, moved_by, now))
    return taken


def _less(lot: Lot, part_minor: int, moved_by: UUID, now: datetime) -> Lot:
    left = lot.remaining_minor - part_minor
    return replace(
        lot,
        remaining_minor=left,
        state="OPEN" if left else "SPENT",
        changed_at=now,
        version=lot.version + 1,
        moved_by=moved_by,
    )


def put_back(
    taken: Sequence[tuple[Lot, int]], amount_minor: int, moved_by: UUID, now: datetime
) -> list[Lot]:
    """The lots that get something back, as they are after it; what was taken last returns first.

    Args:
        taken: Lots as they are, each with what was taken from it.
        amount_minor: How much returns: all that was taken, or a part.
        moved_by: The transfer that brings it.
        now: The clock's time.
    """
    changed: list[Lot] = []
    missing = amount_minor
    for lot, took in sorted(
        taken, key=lambda one: (one[0].expires_at or NEVER, one[0].id), reverse=True
    ):
        if part := min(missing, took):
            missing -= part
            changed.append(_less(lot, -part, moved_by, now))
    return changed


def shortage(
    lots: Sequence[Lot], amount_minor: int, now: datetime, *, asset: str
) -> tuple[NotEnoughGifts, int, int] | None:
    """Why lots cannot be spent so far, what they hold, and how much is missing."""
    there = sum(one.remaining_minor for one in in_order(lots, now))
    missing = amount_minor - there
    if missing <= 0:
        return None
    have, short = render_amount(there, asset), render_amount(missing, asset)
    problem = NotEnoughGifts(
        f"{have} {asset} is left of the gifts that can be spent now: {short} is missing",
        available=have,
        short_by=short,
        asset=asset,
    )
    return problem, there, missing


def expire(lot: Lot, moved_by: UUID, now: datetime) -> Lot | None:
    """The lot after its time; nothing when it is over already, or not due yet."""
    if lot.state != "OPEN" or lot.expires_at is None or now < lot.expires_at:
        return None
    return replace(
        lot,
        remaining_minor=0,
        state="EXPIRED",
        changed_at=now,
        version=lot.version + 1,
        moved_by=moved_by,
    )


def render_gift(lot: Lot) -> GiftAnswer:
    """A gift as a client sees it."""
    return GiftAnswer(
        id=lot.id,
        account_id=lot.account_id,
        giver_account=lot.giver_account,
        amount=render_amount(lot.amount_minor, lot.asset),
        remaining=render_amount(lot.remaining_minor, lot.asset),
        asset=lot.asset,
        state=lot.state,
        memo=lot.memo,
        given_at=lot.given_at,
        expires_at=lot.expires_at,
        changed_at=lot.changed_at,
        version=lot.version,
        transfer_id=lot.moved_by,
    )
