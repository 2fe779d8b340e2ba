"""Keep the newest that was told of trades and escrows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.database import Connection
from ledger.reconciliation.trades import queries
from ledger.reconciliation.trades.models import Told


async def hear(
    conn: Connection,
    *,
    trades: Sequence[Told[Any]],
    escrows: Sequence[Told[Any]],
    grace: timedelta,
    now: datetime,
) -> None:
    """Write what was told, and look at it when the grace time is over.

    Repeats and older versions change nothing.

    Args:
        conn: Open transaction; the caller commits.
        trades: As the marketplace tells them, in any order.
        escrows: As the ledger tells them.
        grace: How long the other side may take.
        now: The clock's time.
    """
    for side, told in (("trade", trades), ("escrow", escrows)):
        newest: dict[UUID, Told[Any]] = {}
        for one in told:
            known = newest.get(one.trade_id)
            if known is None or known.version < one.version:
                newest[one.trade_id] = one
        await queries.upsert_told(
            conn,
            "trade" if side == "trade" else "escrow",
            list(newest.values()),
            heard_at=now,
            check_at=now + grace,
        )
