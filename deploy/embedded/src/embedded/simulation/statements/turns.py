"""The statements of turns and of aftercare: heads, parked messages, what became of them."""

import asyncio
from typing import Any

from chassis import aftercare, turns
from embedded.simulation.statements import Session, Transaction, does, rows_of

type Row = dict[str, Any]
type Arguments = tuple[Any, ...]


def _parked(tx: Transaction, consumer: str) -> list[Row]:
    found = [row for row in tx.rows("parked_message") if row["consumer"] == consumer]
    return sorted(found, key=lambda row: (row["key"], row["version"]))


@does(turns.LOCK_HEADS)
async def lock_heads(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Lock the heads of keys in order; what waits is counted as it was before the locks."""
    consumer, keys = arguments
    waiting = [row["key"] for row in _parked(tx, consumer)]
    found = []
    for key in sorted(keys):
        if not await tx.insert("aggregate_head", (consumer, key), 0):
            await tx.hold("aggregate_head", (consumer, key))
        version = tx.get("aggregate_head", (consumer, key))
        found.append({"key": key, "version": version, "parked": waiting.count(key)})
    return found


@does(turns.ADVANCE_HEADS)
async def advance_heads(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Move heads on, never back."""
    consumer, keys, versions = arguments
    for key, version in sorted(zip(keys, versions, strict=True)):
        if not await tx.insert("aggregate_head", (consumer, key), version):
            await tx.hold("aggregate_head", (consumer, key))
            before = tx.get("aggregate_head", (consumer, key))
            tx.put("aggregate_head", (consumer, key), max(before, version))
    return []


@does(turns.COUNT_PARKED)
async def count_parked(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """How many wait in all."""
    consumer, limit = arguments
    return [{"count": min(len(_parked(tx, consumer)), limit)}]


@does(turns.PARK)
async def park(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Keep messages; a version has one place."""
    consumer, *columns = arguments
    names = "key version event_day event_id topic partition message_offset headers payload"
    now = asyncio.get_running_loop().time()
    return [
        {"event_id": row["event_id"]}
        for row in rows_of(names, *columns)
        if await tx.insert(
            "parked_message",
            (consumer, row["key"], row["version"]),
            row | {"consumer": consumer, "parked_at": now},
        )
    ]


@does(turns.SET_OUTCOMES)
async def set_outcomes(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Say what became of messages that are in the inbox."""
    consumer, days, ids, outcome, _ = arguments
    for day, event_id in zip(days, ids, strict=True):
        if await tx.lock("inbox", (consumer, day, event_id)):
            tx.put("inbox", (consumer, day, event_id), outcome)
    return []


@does(turns.SELECT_DUE)
async def select_due(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Parked messages whose turn has come."""
    consumer, keys = arguments
    found = []
    for row in _parked(tx, consumer):
        head = tx.get("aggregate_head", (consumer, row["key"]))
        if head is not None and row["version"] <= head + 1 and (not keys or row["key"] in keys):
            found.append(row)
    return found[:100]


@does(turns.SELECT_OVERDUE)
async def select_overdue(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Parked messages that have waited too long."""
    consumer, seconds = arguments
    since = asyncio.get_running_loop().time() - seconds
    return [
        row | {"head": tx.get("aggregate_head", (consumer, row["key"]))}
        for row in _parked(tx, consumer)
        if row["parked_at"] < since
    ][:100]


@does(turns.TAKE_PARKED)
async def take_parked(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Delete a parked message, if nobody else has."""
    *place, event_id = arguments
    row = await tx.lock("parked_message", tuple(place))
    if row is None or row["event_id"] != event_id:
        return []
    tx.drop("parked_message", tuple(place))
    return [{"event_id": event_id}]


@does(aftercare.SELECT_WAITING)
async def select_waiting(_session: Session, _tx: Transaction, _arguments: Arguments) -> list[Row]:
    """None: no operator redrives anything here."""
    return []
