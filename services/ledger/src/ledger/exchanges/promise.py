"""Promise a price for a minute."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.exchanges import queries
from ledger.exchanges.find_terms import Asked
from ledger.exchanges.models import Quote

QUOTE_SECONDS: Final = 60


async def promise_exchange(
    conn: Connection, asked: Asked, *, quote_id: UUID, owner: UUID, now: datetime
) -> Quote:
    """Write a quote; it holds for one exchange in its time, whatever the rate becomes.

    Args:
        conn: Open transaction; the caller commits.
        asked: The terms that are promised.
        quote_id: UUIDv7, new for this promise.
        owner: Who may use it.
        now: The clock's time, at which the terms were found.
    """
    expires_at = now + timedelta(seconds=QUOTE_SECONDS)
    quote = Quote(quote_id, owner, asked.source.id, asked.terms, now, expires_at)
    await queries.insert_quote(conn, quote)
    return quote
