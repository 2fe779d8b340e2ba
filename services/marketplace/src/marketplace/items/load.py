"""Load many listings from elsewhere, again and again."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime

import orjson

from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import emit
from chassis.problems import Problem
from chassis.tokens import Caller
from marketplace.categories.grow import grow_categories
from marketplace.items import queries
from marketplace.items.check import CheckedRows, refused_row
from marketplace.items.compose import compose
from marketplace.items.events import changed
from marketplace.items.lifecycle import revise
from marketplace.items.models import Item
from marketplace.items.requests import ImportRow
from marketplace.items.views import ImportedRow, Outcome, RowProblem
from marketplace.items.write import write_items


@dataclass(slots=True)
class _Load:
    """What is known about the rows so far; `results` fills up until no row is pending."""

    seller: Caller
    now: datetime
    results: dict[int, ImportedRow] = field(default_factory=dict)
    wanted: dict[str, tuple[int, ImportRow, Item]] = field(default_factory=dict)

    def settle(self, number: int, outcome: Outcome, item: Item) -> None:
        self.results[number] = ImportedRow.model_construct(
            row=number,
            external_ref=item.external_ref,
            outcome=outcome,
            item_id=item.id,
            version=item.version,
            problem=None,
        )

    def refuse(self, number: int, reference: str, problem: Problem) -> None:
        self.results[number] = refused_row(number, reference, RowProblem.of(problem))


async def load_items(
    conn: Connection, seller: Caller, checked: CheckedRows, *, now: datetime
) -> list[ImportedRow]:
    """Create or update a seller's items by `external_ref`; each row gets its own verdict.

    A row that was loaded before with the same content changes nothing, even where the seller
    has changed the item by hand since. Categories that are missing are added.

    Args:
        conn: Open transaction; the caller commits.
        seller: Whose items they are.
        checked: Rows that are right by themselves, and verdicts on the others.
        now: When.

    Returns:
        A result for each row, in order.

    Emits:
        ItemChanged on `marketplace.items.v1` for each row created or updated.
    """
    load = _Load(seller, now, dict(checked.refused))
    categories = await grow_categories(conn, set(checked.paths.values()), by_id=seller.user_id)
    for number, row in checked.rows.items():
        try:
            listing = compose(dict(row), categories[checked.paths[number]])
        except Problem as problem:
            load.refuse(number, row.external_ref, problem)
            continue
        item = Item(
            id=new_id(),
            version=1,
            seller_id=seller.user_id,
            community=seller.community,
            external_ref=row.external_ref,
            content_hash=_hash(row),
            status=row.status,
            hidden=False,
            listing=listing,
            reserved=0,
            sold=0,
            created_at=now,
            changed_at=now,
        )
        load.wanted[row.external_ref] = (number, row, item)
    await _update_known(conn, load)
    await _create_new(conn, load)
    # References that another import took in between are known now.
    await _update_known(conn, load)
    return [load.results[number] for number in sorted(load.results)]


def _hash(row: ImportRow) -> bytes:
    content = orjson.dumps(row.coarse(), default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).digest()


async def _update_known(conn: Connection, load: _Load) -> None:
    """Settle the rows whose items are there already."""
    references = [
        reference for reference, (number, _, _) in load.wanted.items() if number not in load.results
    ]
    if not references:
        return
    known = await queries.lock_imported(conn, load.seller.user_id, references)
    updated: list[Item] = []
    for reference, item in known.items():
        number, row, new = load.wanted[reference]
        if item.content_hash == new.content_hash:
            load.settle(number, "unchanged", item)
            continue
        try:
            hashed = replace(item, content_hash=new.content_hash)
            revised = revise(hashed, new.listing, row.status, load.now)
        except Problem as problem:
            load.refuse(number, reference, problem)
            continue
        if revised is hashed:
            load.settle(number, "unchanged", item)
        else:
            updated.append(revised)
            load.settle(number, "updated", revised)
    await write_items(conn, updated)


async def _create_new(conn: Connection, load: _Load) -> None:
    """Settle the rows whose items are not there yet."""
    new = [item for number, _, item in load.wanted.values() if number not in load.results]
    if not new:
        return
    written = await queries.insert_items(conn, new)
    created = [item for item in new if item.id in written]
    await emit(conn, *(changed(item) for item in created))
    for item in created:
        load.settle(load.wanted[item.external_ref or ""][0], "created", item)
