"""O3: what was acknowledged exists exactly once, what was refused does not."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg

from embedded.torture.history import Operation
from embedded.torture.oracles.findings import Violation, limited
from embedded.torture.world import memo_of

SELECT_TRANSFERS: Final = """
SELECT id::text AS id, coalesce(metadata ->> 'memo', metadata ->> 'reason') AS memo
FROM ledger.transfer WHERE kind IN ('transfer', 'issuance')
"""
SELECT_RESERVATIONS: Final = "SELECT id::text AS id, memo FROM ledger.reservation"
SELECT_MOVES: Final = "SELECT transfer_id::text AS id FROM ledger.reservation_move"
SELECT_ITEMS: Final = """
SELECT id::text AS id, seller_id::text || ' ' || external_ref AS reference FROM marketplace.item
"""
SELECT_TRADES: Final = "SELECT id::text AS id, version FROM marketplace.trade"
_TRANSFERS: Final = frozenset(
    {"transfer", "same key race", "overdraft", "wrong owner", "bad amount", "issue"}
)


@dataclass(slots=True)
class Effects:
    """What the databases hold.

    Attributes:
        transfers: Ids by memo: one, if all is well.
        reservations: The same of reservations.
        moves: Transfers that moved a reservation.
        items: Items by id.
        references: Ids by what names an item where it comes from.
        trades: Versions of trades by id.
    """

    transfers: Mapping[str, list[str]] = field(default_factory=dict)
    reservations: Mapping[str, list[str]] = field(default_factory=dict)
    moves: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()
    references: Mapping[str, list[str]] = field(default_factory=dict)
    trades: Mapping[str, int] = field(default_factory=dict)


async def read_effects(conn: asyncpg.Connection) -> Effects:
    """Read everything that operations leave behind."""
    items = await conn.fetch(SELECT_ITEMS)
    return Effects(
        _by(await conn.fetch(SELECT_TRANSFERS), "memo"),
        _by(await conn.fetch(SELECT_RESERVATIONS), "memo"),
        frozenset(row["id"] for row in await conn.fetch(SELECT_MOVES)),
        frozenset(row["id"] for row in items),
        _by([row for row in items if row["reference"]], "reference"),
        {row["id"]: row["version"] for row in await conn.fetch(SELECT_TRADES)},
    )


def effects_agree(operations: Iterable[Operation], effects: Effects) -> list[Violation]:
    """O3: compare what clients were told with what there is."""
    return limited("O3", (found for one in operations for found in _contradictions(one, effects)))


def answers_are_in_order(operations: Iterable[Operation]) -> list[Violation]:
    """Answers that no fault excuses: defects, forgotten sessions, two effects of one key."""
    return limited(
        "answers",
        ((f"{one.kind} {one.number}", fault) for one in operations for fault in one.faults),
    )


def _contradictions(one: Operation, effects: Effects) -> Iterator[tuple[str, str]]:
    name = f"{one.kind} {one.number}"
    if one.kind == "bulk":
        yield from _of_bulk(one, effects, name)
    elif one.kind in _TRANSFERS:
        found = effects.transfers.get(memo_of(one.number), [])
        yield from _of_one(one, found, name)
    elif one.kind == "reserve":
        yield from _of_one(one, effects.reservations.get(memo_of(one.number), []), name)
    elif one.outcome == "acknowledged":
        yield from _of_step(one, effects, name)


def _of_one(one: Operation, found: list[str], name: str) -> Iterator[tuple[str, str]]:
    if len(found) > 1:
        yield name, f"it happened {len(found)} times"
    if one.outcome == "acknowledged" and found != [one.answer["id"]]:
        yield name, f"{one.answer['id']} was acknowledged, there is {found or 'nothing'}"
    if one.outcome == "refused" and found:
        yield name, f"it was refused ({one.status}), there is {found}"


def _of_bulk(one: Operation, effects: Effects, name: str) -> Iterator[tuple[str, str]]:
    count = one.body.get("count") or len(one.body["transfers"])
    told: list[str | None] = one.answer if one.outcome == "acknowledged" else [None] * count
    if one.outcome == "acknowledged" and len(told) != count:
        yield name, f"{len(told)} of {count} were answered"
    present = 0
    for item, wanted in enumerate(told):
        found = effects.transfers.get(memo_of(one.number, item), [])
        present += bool(found)
        if len(found) > 1:
            yield f"{name} item {item}", f"it happened {len(found)} times"
        if one.outcome == "acknowledged" and found != ([wanted] if wanted else []):
            yield f"{name} item {item}", f"the answer says {wanted}, there is {found or 'nothing'}"
        if one.outcome == "refused" and found:
            yield f"{name} item {item}", f"it was refused ({one.status}), there is {found}"
    if one.body["mode"] == "atomic" and present not in {0, count}:
        yield name, f"all or none was asked for, there are {present} of {count}"


def _of_step(one: Operation, effects: Effects, name: str) -> Iterator[tuple[str, str]]:
    answer: Any = one.answer
    match one.kind:
        case "capture" | "late capture" | "release":
            if answer["transfer_id"] not in effects.moves:
                yield name, f"{answer['transfer_id']} was acknowledged and is not there"
        case "list":
            if answer["id"] not in effects.items:
                yield name, f"item {answer['id']} was acknowledged and is not there"
        case "offer" | "trade step":
            if effects.trades.get(answer["id"], 0) < answer["version"]:
                yield name, f"version {answer['version']} of trade {answer['id']} is not there"
        case "import":
            for row in answer["rows"]:
                reference = f"{one.person} {row['external_ref']}"
                found = effects.references.get(reference, [])
                if row["item_id"] and found != [row["item_id"]]:
                    yield name, f"{reference} was loaded as {row['item_id']}, there is {found}"


def _by(rows: Iterable[Any], name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        if row[name] is not None:
            found.setdefault(row[name], []).append(row["id"])
    return found
