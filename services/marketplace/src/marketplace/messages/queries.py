"""Statements of messages."""

from typing import Final
from uuid import UUID

from chassis.database import Connection
from marketplace.messages.models import SentMessage

SELECT_LAST: Final = "SELECT coalesce(max(seq), 0) FROM trade_message WHERE trade_id = $1"
INSERT_MESSAGE: Final = """
INSERT INTO trade_message (trade_id, seq, by_id, text, said_at) VALUES ($1, $2, $3, $4, $5)
"""
SELECT_PAGE: Final = """
SELECT trade_id, seq, by_id, text, said_at FROM trade_message
WHERE trade_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
"""


async def select_last(conn: Connection, trade_id: UUID) -> int:
    """The place of the newest message; 0 when there is none."""
    return int(await conn.fetchval(SELECT_LAST, trade_id))


async def insert_message(conn: Connection, sent: SentMessage) -> None:
    """Write a message."""
    await conn.execute(INSERT_MESSAGE, sent.trade_id, sent.seq, sent.by_id, sent.text, sent.said_at)


async def select_page(
    conn: Connection, trade_id: UUID, after: int, limit: int
) -> list[SentMessage]:
    """Messages behind a place, oldest first."""
    rows = await conn.fetch(SELECT_PAGE, trade_id, after, limit)
    return [SentMessage(**dict(row)) for row in rows]
