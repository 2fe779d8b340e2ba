"""Compare what the marketplace has with what was told and with the index."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from contracts.marketplace_inventories import InventoryTold, TellInventory
from contracts.search import IndexDiffered
from search.engine import Engine
from search.indexing.drop_documents import drop_documents
from search.parity import queries
from search.parity.ask_inventory import PAGE
from search.parity.fetch import PAGE as FETCHED
from search.parity.fetch import PAGES_MAX, fetch_documents
from search.parity.lifecycle import between
from search.parity.models import Inventory

#: Between two inventories.
PAUSE: Final = timedelta(minutes=10)
#: So often the marketplace is asked for what it did not name; then it is nobody's.
ASKED_MAX: Final = 2


async def hear_inventory(
    conn: Connection,
    engine: Engine,
    told: InventoryTold,
    *,
    grace: timedelta,
    now: datetime,
    size: int = PAGE,
) -> None:
    """Take a page of what there is, and ask for the next.

    A version that was never told here is written down as told: parity finds what the index lacks of
    it, and asks. What is here and was not named may be newer than the page, so it is only seen at
    first; then the marketplace is asked for it, twice, and at last it is removed.

    Args:
        conn: Open transaction; the caller commits.
        engine: The engine.
        told: The page; another one than was asked for last changes nothing.
        grace: After which the next inventory begins while anything is nobody's.
        now: The clock's time.
        size: Items in the next page.

    Raises:
        EngineAway: Not now; a repeat is safe.

    Emits:
        IndexDiffered on `search.parity.v1` for what the marketplace is asked for, and TellInventory
        on `marketplace.inventory_commands.v1`.
    """
    stand = await queries.hold_inventory(conn)
    expected = (stand.inventory_id, stand.after_id)
    if stand.asked_at is None or (told.inventory_id, told.after_id) != expected:
        return
    await conn.execute(queries.WAIT_FOR_ENGINE)
    await queries.raise_told(conn, {one.item_id: one.version for one in told.items})
    await _settle_ownerless(conn, engine, told, now)
    items = stand.items + len(told.items)
    if not told.is_last:
        last = told.items[-1].item_id
        await queries.update_inventory(
            conn, replace(stand, after_id=last, asked_at=now, items=items)
        )
        wanted = TellInventory(inventory_id=stand.inventory_id, after_id=last, limit=size)
        await emit(conn, wanted)
        return
    seen, _ = await queries.count_ownerless(conn)
    await queries.update_inventory(
        conn, _completed(stand, items, now=now, pause=grace if seen else PAUSE)
    )


def _completed(stand: Inventory, items: int, *, now: datetime, pause: timedelta) -> Inventory:
    return replace(
        stand,
        asked_at=None,
        next_at=now + pause,
        items=items,
        completed_at=now,
        completed_items=items,
    )


async def _settle_ownerless(
    conn: Connection, engine: Engine, told: InventoryTold, now: datetime
) -> None:
    """See, ask for, and at last remove what is here in the page's range and was not named."""
    after, last = told.after_id, None if told.is_last else told.items[-1].item_id
    indexed = await fetch_documents(engine, between(after, last))
    known = await queries.select_known(conn, after, last, FETCHED * PAGES_MAX)
    named = {one.item_id for one in told.items}
    strange = sorted((known.keys() | indexed.keys()) - named)
    await queries.forget_sightings(conn, after, last, strange)
    asked = await queries.count_sightings(conn, strange, now)

    def differed(item_id: UUID) -> IndexDiffered:
        document = indexed.get(item_id)
        return IndexDiffered(
            item_id=item_id,
            kind="extra",
            told_version=known.get(item_id),
            indexed_version=document.version if document else None,
            found_at=now,
        )

    await emit(conn, *(differed(one) for one in strange if 0 < asked[one] <= ASKED_MAX))
    gone = [one for one in strange if asked[one] > ASKED_MAX]
    if gone:
        await queries.forget_items(conn, gone)
        await drop_documents(engine, gone)
