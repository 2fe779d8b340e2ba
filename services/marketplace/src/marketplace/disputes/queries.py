"""Statements of evidence."""

from typing import Final
from uuid import UUID

from chassis.database import Connection
from marketplace.disputes.models import Statement

SELECT_STATEMENTS: Final = """
SELECT trade_id, seq, by_id, text, image_ids, said_at FROM trade_statement
WHERE trade_id = $1 ORDER BY seq LIMIT 40
"""
INSERT_STATEMENT: Final = """
INSERT INTO trade_statement (trade_id, seq, by_id, text, image_ids, said_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""


async def select_statements(conn: Connection, trade_id: UUID) -> list[Statement]:
    """All statements of a trade, oldest first."""
    return [Statement(**dict(row)) for row in await conn.fetch(SELECT_STATEMENTS, trade_id)]


async def insert_statement(conn: Connection, made: Statement) -> None:
    """Write a statement."""
    await conn.execute(
        INSERT_STATEMENT,
        made.trade_id,
        made.seq,
        made.by_id,
        made.text,
        made.image_ids,
        made.said_at,
    )
