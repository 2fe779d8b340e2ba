"""Add a version of a price list."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.problems import Forbidden, Malformed
from contracts.money import SCALES
from ledger.fees import queries
from ledger.fees.errors import ScheduleExists, ScheduleInThePast
from ledger.fees.models import Schedule
from ledger.fees.requests import ScheduleWish, read_rule
from ledger.reach import Reach

#: SQL demands it too: every process knows a version before it is in force.
NOTICE_SECONDS: Final = 10


async def add_schedule(
    conn: Connection,
    wish: ScheduleWish,
    *,
    schedule_id: UUID,
    operator: UUID,
    reach: Reach,
    now: datetime,
) -> Schedule:
    """Write a version; it replaces the one before it from its date on, and is never edited.

    Args:
        conn: Open transaction; the caller commits.
        wish: What the operator wants.
        schedule_id: UUIDv7, new for this wish.
        operator: Who answers for it.
        reach: Whose prices they make.
        now: The clock's time.

    Raises:
        Forbidden: It is for another community, or for all, beyond the reach.
        Malformed: An amount is none, or the asset is unknown.
        ScheduleInThePast: It would be in force sooner than everybody can know it.
        ScheduleExists: There is a version for this scope and time.
    """
    if not reach.covers(None, wish.community):
        raise Forbidden(
            f"say community: {reach.community}; for others and for all this needs the role ADMIN",
            needs=["ADMIN"],
        )
    if wish.asset is not None and wish.asset not in SCALES:
        raise Malformed(
            f"check asset: known are {', '.join(SCALES)}",
            errors=[{"field": "asset", "rule": "known", "message": "a known asset"}],
        )
    soonest = now + timedelta(seconds=NOTICE_SECONDS)
    valid_from = wish.valid_from or soonest
    if valid_from < soonest:
        raise ScheduleInThePast(
            f"valid_from is {valid_from.isoformat()}; the soonest is {soonest.isoformat()}",
            soonest=soonest.isoformat(),
        )
    schedule = Schedule(
        schedule_id,
        wish.operation,
        wish.asset,
        wish.community,
        valid_from,
        tuple(read_rule(rule, wish.asset) for rule in wish.rules),
        wish.reason,
        operator,
        now,
    )
    if not await queries.insert_schedule(conn, schedule):
        raise ScheduleExists("versions are never edited: choose another valid_from")
    return schedule
