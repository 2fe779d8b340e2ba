"""Promise a price for some minutes."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from ledger.fees import queries
from ledger.fees.models import Price, Quote
from ledger.fees.requests import QuoteWish

QUOTE_MINUTES: Final = 15


async def promise_price(
    conn: Connection, wish: QuoteWish, price: Price, *, owner: UUID, community: str, now: datetime
) -> Quote:
    """Write a quote; it holds for as many executions as its owner makes in its time.

    Args:
        conn: Open transaction; the caller commits.
        wish: What is to be done.
        price: What is promised.
        owner: Who may use it.
        community: Whose operation it is.
        now: The clock's time.
    """
    expires_at = now + timedelta(minutes=QUOTE_MINUTES)
    quote = Quote(new_id(), owner, wish.operation, wish.asset, community, price, now, expires_at)
    await queries.insert_quote(conn, quote)
    return quote
