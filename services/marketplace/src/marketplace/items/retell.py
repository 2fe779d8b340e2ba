"""Tell items anew, because their category has another name or place."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.timers import set_timer
from marketplace.categories.change import RETELL
from marketplace.items import queries
from marketplace.items.lifecycle import retell
from marketplace.items.write import write_items

PAGE: Final = 300
_BEGINNING: Final = UUID(int=0)


async def retell_items(conn: Connection, key: str, now: datetime) -> None:
    """Tell a page of the items below a category, and go on with the next by the timer.

    How far it has come is the timer's key, written with what was told: whatever breaks off, each
    item is told once more, and none is left out.

    Args:
        conn: Open transaction; the caller commits.
        key: The category, and after a colon the last item that was told.
        now: When.

    Emits:
        ItemChanged on `marketplace.items.v1` for each item of the page.
    """
    category, _, last = key.partition(":")
    after = UUID(last) if last else _BEGINNING
    page = await queries.lock_in_subtree(conn, UUID(category), after, PAGE)
    await write_items(conn, [retell(item) for item in page])
    if len(page) == PAGE:
        await set_timer(conn, RETELL, f"{category}:{page[-1].id}", now)
