"""Reveal the ratings of a trade."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from contracts.marketplace_people import RatingRevealed
from marketplace.ratings import queries

WINDOW: Final = "marketplace.rating_window"


async def reveal_ratings(conn: Connection, key: str, now: datetime) -> None:
    """Show what is hidden: both are in, or the timer says that the time is over.

    Locks no trade: who rates takes the timer away before the ratings, so nobody waits in a circle.

    Args:
        conn: Open transaction in which the timer was taken, or that rated; the caller commits.
        key: The trade's id.
        now: The clock's time.

    Emits:
        RatingRevealed for each on `marketplace.ratings.v1`, keyed by who was rated.
    """
    revealed = await queries.reveal(conn, UUID(key), now)
    await emit(
        conn,
        *(
            RatingRevealed(
                trade_id=one.trade_id,
                by_id=one.by_id,
                about_id=one.about_id,
                about_side=one.about_side,
                stars=one.stars,
                revealed_at=one.revealed_at or now,
            )
            for one in sorted(revealed, key=lambda one: one.about_id)
        ),
    )
