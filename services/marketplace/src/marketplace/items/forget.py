"""Forget a person."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from marketplace.items import queries
from marketplace.items.say_again import say_again
from marketplace.items.withdraw_all import withdraw_all


async def forget_member(conn: Connection, user_id: UUID, *, now: datetime) -> int:
    """Forget the words and pictures of a person who was erased.

    What only they had is deleted. What others have seen says that it was erased, so that threads
    stay readable; sums, stars and states stay as they were. Objects of pictures are collected.

    Args:
        conn: Open transaction that sees every community; the caller commits.
        user_id: Who.
        now: When.

    Returns:
        How many items say something else now; none on a repeat.

    Emits:
        ItemChanged on `marketplace.items.v1` for each, without words.
    """
    await withdraw_all(conn, user_id, now=now)
    forgotten = await queries.forget_member(conn, user_id)
    return await say_again(conn, forgotten)
