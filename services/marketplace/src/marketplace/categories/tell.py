"""Tell of categories that were there before anybody told of them."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.timers import set_timer
from marketplace.categories import queries
from marketplace.categories.lifecycle import as_told

#: Timer: its key is the last category that was told, empty to begin.
TELL: Final = "categories.tell"
PAGE: Final = 500


async def tell_categories(conn: Connection, key: str, now: datetime) -> None:
    """Tell a page of the tree as it is, and go on with the next by the timer.

    Args:
        conn: Open transaction; the caller commits.
        key: The last category that was told; empty to begin.
        now: When.

    Emits:
        CategoryChanged on `marketplace.categories.v1` for each of the page.
    """
    page = await queries.select_page(conn, UUID(key) if key else None, PAGE)
    await emit(conn, *(as_told(node) for node in page))
    if len(page) == PAGE:
        await set_timer(conn, TELL, str(page[-1].id), now)
