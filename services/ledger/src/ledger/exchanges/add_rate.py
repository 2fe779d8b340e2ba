"""Add a version of a rate."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.problems import Malformed
from ledger.exchanges import queries
from ledger.exchanges.errors import RateExists, RateInThePast, SameAsset
from ledger.exchanges.lifecycle import parse_rate
from ledger.exchanges.models import Rate
from ledger.exchanges.requests import RateWish, require_asset

#: SQL demands it too: an exchange that is under way keeps its rate.
NOTICE_SECONDS: Final = 10


async def add_rate(
    conn: Connection, wish: RateWish, *, rate_id: UUID, operator: UUID, now: datetime
) -> Rate:
    """Write a version; it replaces the one before it from its date on, and is never edited.

    Args:
        conn: Open transaction; the caller commits.
        wish: What the operator wants.
        rate_id: UUIDv7, new for this wish.
        operator: Who answers for it.
        now: The clock's time.

    Raises:
        Malformed: The rate is none, an asset is unknown, or it ends before it begins.
        SameAsset: Both sides are the same.
        RateInThePast: It would be in force sooner than in ten seconds.
        RateExists: There is a version for these assets and this time.
    """
    require_asset("from_asset", wish.from_asset)
    require_asset("to_asset", wish.to_asset)
    if wish.from_asset == wish.to_asset:
        raise SameAsset(f"a rate says what {wish.from_asset} is in another asset")
    try:
        numerator, denominator = parse_rate(wish.rate)
    except ValueError as error:
        raise _wrong("rate", str(error)) from None
    soonest = now + timedelta(seconds=NOTICE_SECONDS)
    valid_from = wish.valid_from or soonest
    if valid_from < soonest:
        raise RateInThePast(
            f"valid_from is {valid_from.isoformat()}; the soonest is {soonest.isoformat()}",
            soonest=soonest.isoformat(),
        )
    if wish.valid_until and wish.valid_until <= valid_from:
        raise _wrong("valid_until", "a rate ends after it begins")
    rate = Rate(
        rate_id,
        wish.from_asset,
        wish.to_asset,
        numerator,
        denominator,
        wish.spread_bps,
        wish.source,
        valid_from,
        wish.valid_until,
        operator,
        now,
    )
    if not await queries.insert_rate(conn, rate):
        raise RateExists("versions are never edited: choose another valid_from")
    return rate


def _wrong(field: str, message: str) -> Malformed:
    return Malformed(
        f"check {field}: {message}",
        errors=[{"field": field, "rule": "rate", "message": message}],
    )
