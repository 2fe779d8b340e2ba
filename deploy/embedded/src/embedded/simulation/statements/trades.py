"""The marketplace's statements: trades and the stock of items."""

from typing import Any, Final

import asyncpg

from embedded.simulation.process import ADD_UP
from embedded.simulation.statements import Session, Transaction, does
from marketplace.items import queries as items
from marketplace.trades import queries as trades
from marketplace.trades.codes import queries as codes

type Row = dict[str, Any]
type Arguments = tuple[Any, ...]

_NEW: Final = (
    *("id", "version", "state", "community", "item_id", "item_title", "buyer_id", "seller_id"),
    *("quantity", "amount_minor", "asset", "offered_by_id", "message", "expires_at", "created_at"),
    *("kind", "gift_minor", "given"),
)
_CHANGED: Final = (
    *("id", "version", "state", "amount_minor", "offered_by_id", "reason", "refusal_detail"),
    *("fee_minor", "expires_at", "changed_at", "refund_minor", "proven_at"),
    *("seller_gave_at", "buyer_gave_at", "seller_got_at", "buyer_got_at"),
)
_STEP: Final = (
    *("trade_id", "version", "action", "from_state", "to_state", "by_id", "amount_minor"),
    *("reason", "taken_at"),
)


@does(trades.INSERT_TRADE)
async def insert_trade(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """A new trade."""
    row = dict(zip(_NEW, arguments, strict=True))
    row |= {"reason": None, "refusal_detail": None, "fee_minor": None}
    row |= {"refund_minor": None, "proven_at": None}
    row |= dict.fromkeys(("seller_gave_at", "buyer_gave_at", "seller_got_at", "buyer_got_at"))
    row["changed_at"] = row["created_at"]
    if not await tx.insert("trade", row["id"], row):
        raise asyncpg.UniqueViolationError(f"trade_pkey: {row['id']}")
    return []


@does(trades.UPDATE_TRADE)
async def update_trade(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """What a step may change."""
    before = await tx.lock("trade", arguments[0])
    tx.put("trade", arguments[0], before | dict(zip(_CHANGED, arguments, strict=True)))
    return []


@does(trades.INSERT_STEP)
async def insert_step(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """A line of history; one a version."""
    row = dict(zip(_STEP, arguments, strict=True))
    if not await tx.insert("trade_step", (row["trade_id"], row["version"]), row):
        raise asyncpg.UniqueViolationError(f"trade_step_pkey: {row['trade_id']} {row['version']}")
    return []


@does(trades.LOCK_OF_PARTY)
async def lock_of_party(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """A trade in which the person has a part."""
    key, community, person = arguments
    row = tx.get("trade", key)
    if row is None or row["community"] != community:
        return []
    return [await tx.lock("trade", key)] if person in (row["buyer_id"], row["seller_id"]) else []


@does(trades.LOCK_IN_COMMUNITY)
async def lock_in_community(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """A trade of the community."""
    row = await tx.lock("trade", arguments[0])
    return [row] if row and row["community"] == arguments[1] else []


@does(trades.LOCK_TRADE)
async def lock_trade(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """A trade."""
    row = await tx.lock("trade", arguments[0])
    return [row] if row else []


@does(trades.LOCK_IF_FREE)
async def lock_if_free(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """A trade, unless someone else has it."""
    if not tx.is_free("trade", arguments[0]):
        return []
    row = await tx.lock("trade", arguments[0])
    return [row] if row else []


@does(codes.LOCK_CODE)
async def lock_code(_session: Session, _tx: Transaction, _arguments: Arguments) -> list[Row]:
    """None: nobody makes codes here."""
    return []


@does(trades.LOCK_MANY)
async def lock_many(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Trades in the order of their ids."""
    found = [row for key in sorted(arguments[0]) if (row := await tx.lock("trade", key))]
    return [{"item_id": row["item_id"], "given": row["given"]} for row in found]


@does(items.LOCK_MANY)
async def lock_items(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Items in the order of their ids."""
    return [{"id": key} for key in sorted(arguments[0]) if await tx.lock("item", key)]


@does(items.LOCK_ITEM)
async def lock_item(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """An item."""
    row = await tx.lock("item", arguments[0])
    return [row] if row else []


@does(items.UPDATE_ITEMS)
async def update_items(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Changed items; amounts come as text, as JSON has them."""
    for row in arguments[0]:
        before = await tx.lock("item", row["id"])
        price = row["price_minor"]
        changed = row | {"price_minor": None if price is None else int(price)}
        tx.put("item", row["id"], before | changed)
    return []


@does(items.SELECT_ITEM)
async def select_item(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """An item on show, with its seller's name."""
    row = tx.get("item", arguments[0])
    return [row | {"seller_name": None}] if row and row["community"] == arguments[1] else []


@does(ADD_UP)
async def add_up(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Add to what was heard of an account."""
    account, amount = arguments
    if not await tx.insert("heard", account, amount):
        await tx.hold("heard", account)
        tx.put("heard", account, tx.get("heard", account) + amount)
    return []
