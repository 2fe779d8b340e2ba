"""Tell of reputations that were there before anybody told of them."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.timers import set_timer
from marketplace.reputations import queries
from marketplace.reputations.events import changed

#: Timer: its key is the last person who was told of, empty to begin.
TELL: Final = "reputations.tell"
PAGE: Final = 500
_BEGINNING: Final = UUID(int=0)


async def tell_reputations(conn: Connection, key: str, now: datetime) -> None:
    """Tell a page of those that were never told, and go on with the next by the timer.

    Args:
        conn: Open transaction that sees every community; the caller commits.
        key: The last person who was told of; empty to begin.
        now: When.

    Emits:
        ReputationChanged on `marketplace.reputations.v1` for each of the page.
    """
    page = await queries.take_untold(conn, UUID(key) if key else _BEGINNING, PAGE)
    await emit(conn, *map(changed, page))
    if len(page) == PAGE:
        await set_timer(conn, TELL, str(page[-1].user_id), now)
