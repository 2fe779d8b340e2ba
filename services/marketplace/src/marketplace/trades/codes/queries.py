"""Statements of codes."""

from typing import Final
from uuid import UUID

from chassis.database import Connection
from marketplace.trades.codes.models import Code

LOCK_CODE: Final = """
SELECT trade_id, number, salt, hash, attempts_left, state, made_at
FROM trade_code WHERE trade_id = $1 FOR UPDATE
"""
INSERT_CODE: Final = """
INSERT INTO trade_code (trade_id, number, salt, hash, attempts_left, state, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
UPDATE_CODE: Final = """
UPDATE trade_code SET
    number = $2, salt = $3, hash = $4, attempts_left = $5, state = $6, made_at = $7
WHERE trade_id = $1
"""


async def lock_code(conn: Connection, trade_id: UUID) -> Code | None:
    """A trade's newest code, locked."""
    row = await conn.fetchrow(LOCK_CODE, trade_id)
    return Code(**dict(row)) if row else None


async def insert_code(conn: Connection, code: Code) -> None:
    """Write a trade's first code."""
    await _write(conn, INSERT_CODE, code)


async def update_code(conn: Connection, code: Code) -> None:
    """Write the next code, or what became of this one."""
    await _write(conn, UPDATE_CODE, code)


async def _write(conn: Connection, statement: str, code: Code) -> None:
    await conn.execute(
        statement,
        code.trade_id,
        code.number,
        code.salt,
        code.hash,
        code.attempts_left,
        code.state,
        code.made_at,
    )
