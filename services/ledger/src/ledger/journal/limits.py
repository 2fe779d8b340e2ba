"""Limits that few accounts have: velocities and soft floors. Pure."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from chassis.outbox import Cause
from contracts.ledger_accounts import SoftFloorCrossed
from contracts.money import SCALES, render_amount
from ledger.journal.errors import VelocityExceeded
from ledger.journal.models import Entry, Position, Posted, Velocity, Verdict


def decline_speed(position: Position, entry: Entry) -> tuple[VelocityExceeded, int, int] | None:
    """Why an entry would let too much go in too short a time, the limit, and by how much.

    Args:
        position: The account, with what has gone out in each window before this batch.
        entry: The entry that would continue its chain, with what this batch lets go so far.
    """
    for velocity in position.velocity:
        beyond = velocity.used_minor + entry.gone_minor - velocity.limit_minor
        if beyond > 0:
            problem = _too_fast(position, entry, velocity, beyond)
            return problem, velocity.limit_minor, beyond
    return None


def _too_fast(
    position: Position, entry: Entry, velocity: Velocity, beyond: int
) -> VelocityExceeded:
    window = say_window(velocity.window_seconds)
    facts = {"account_id": position.account_id, "window_seconds": velocity.window_seconds}
    if entry.asset not in SCALES:
        return VelocityExceeded(f"too much would go out within {window}", **facts)
    limit, over, left = (
        render_amount(minor, entry.asset)
        for minor in (velocity.limit_minor, beyond, _left(entry, velocity))
    )
    return VelocityExceeded(
        f"{limit} {entry.asset} may go out within {window}, {left} of it is left: this is {over} "
        "too much",
        **facts,
        asset=entry.asset,
        limit=limit,
        left=left,
        beyond=over,
    )


def _left(entry: Entry, velocity: Velocity) -> int:
    """What could still go before the entry, which is not posted."""
    before = entry.gone_minor - (entry.held_minor - entry.amount_minor)
    return max(0, velocity.limit_minor - velocity.used_minor - before)


def say_window(seconds: int) -> str:
    """A window in words, in the largest unit that fits."""
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds % size == 0:
            return f"{seconds // size} {name}{'' if seconds == size else 's'}"
    return f"{seconds} seconds"


def soft_floor_crossings(
    positions: Mapping[UUID, Position], verdicts: Iterable[Verdict]
) -> list[tuple[SoftFloorCrossed, Cause]]:
    """An event for each entry that took an account from its soft floor or above to below it.

    Positions may be of many more accounts than those that are posted to: they are not gone through.
    """
    return [
        (_event(one, entry, floor), one.transfer.cause)
        for one in verdicts
        if isinstance(one, Posted)
        for entry in one.entries
        if (floor := positions[entry.account_id].soft_floor_minor) is not None
        and crosses(entry, floor)
    ]


def crosses(entry: Entry, soft_floor_minor: int) -> bool:
    """Whether what is available falls below the soft floor by this entry."""
    after = entry.balance_after_minor - entry.held_after_minor
    before = after - entry.amount_minor + entry.held_minor
    return after < soft_floor_minor <= before


def _event(posted: Posted, entry: Entry, soft_floor_minor: int) -> SoftFloorCrossed:
    return SoftFloorCrossed(
        account_id=entry.account_id,
        account_seq=entry.account_seq,
        owner_id=entry.owner_id,
        account_type=entry.account_type,
        asset=entry.asset,
        soft_floor_minor=soft_floor_minor,
        available_minor=entry.balance_after_minor - entry.held_after_minor,
        transfer_id=posted.transfer.id,
        crossed_at=posted.posted_at,
    )
