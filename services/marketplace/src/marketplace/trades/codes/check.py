"""Compare what the seller entered with the buyer's code."""

import asyncio
from dataclasses import replace
from uuid import UUID

from chassis.database import Connection
from marketplace.trades.codes import queries
from marketplace.trades.codes.lifecycle import is_code
from marketplace.trades.errors import CodeLocked, CodeNeeded, CodeWrong, NoCodeMade


async def check_code(conn: Connection, trade_id: UUID, entered: str | None) -> bool | CodeWrong:
    """Whether a hand-over is proven; a wrong code costs an attempt.

    Args:
        conn: Open transaction that holds the trade's lock; the caller commits.
        trade_id: Which trade.
        entered: What the seller entered, if anything.

    Returns:
        True for the buyer's code, which is used then; false where there is none and none was
        entered; the problem for a wrong one: let the transaction commit and tell it after, so that
        the attempt counts.

    Raises:
        NoCodeMade: One was entered, but the buyer has none that could be right.
        CodeNeeded: None was entered, but the buyer has made one.
        CodeLocked: It was entered wrong too often.
    """
    code = await queries.lock_code(conn, trade_id)
    if code is None or code.state != "open":
        if entered is not None:
            raise NoCodeMade
        return False
    if entered is None:
        raise CodeNeeded(code.attempts_left)
    if code.attempts_left == 0:
        raise CodeLocked
    if not await asyncio.to_thread(is_code, entered, code.salt, code.hash):
        worn = replace(code, attempts_left=code.attempts_left - 1)
        await queries.update_code(conn, worn)
        return CodeWrong(worn.attempts_left)
    await queries.update_code(conn, replace(code, state="used"))
    return True
