"""What operations leave behind in the databases, by what names the operation there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg

SELECT_TRANSFERS: Final = """
SELECT id::text AS effect, coalesce(metadata ->> 'memo', metadata ->> 'reason') AS name
FROM ledger.transfer WHERE kind IN ('transfer', 'issuance')
"""
SELECT_RESERVATIONS: Final = """
SELECT id::text AS effect, memo AS name FROM ledger.reservation
"""
SELECT_CAPTURES: Final = """
SELECT transfer_id::text AS effect, reservation_id::text AS name
FROM ledger.reservation_move WHERE captured_minor > 0
"""
SELECT_RELEASES: Final = """
SELECT transfer_id::text AS effect, reservation_id::text AS name
FROM ledger.reservation_move WHERE captured_minor = 0 AND state = 'RELEASED'
"""
#: Of what people list one by one, the operation is in the title.
SELECT_ITEMS: Final = """
SELECT id::text AS effect, substring(title FROM 'op [0-9]+$') AS name FROM marketplace.item
WHERE external_ref IS NULL
"""
SELECT_REFERENCES: Final = """
SELECT id::text AS id, version, seller_id::text || ' ' || external_ref AS name
FROM marketplace.item WHERE external_ref IS NOT NULL
"""
SELECT_TRADES: Final = """
SELECT id::text AS effect, item_id::text || ' ' || buyer_id::text AS name FROM marketplace.trade
"""
SELECT_STEPS: Final = """
SELECT version::text AS effect, trade_id::text || ' ' || action || ' ' || by_id::text AS name
FROM marketplace.trade_step WHERE by_id IS NOT NULL
"""

type ByName = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """An item that came by an import, and how often it was written."""

    item_id: str
    version: int


@dataclass(slots=True)
class Effects:
    """What the databases hold.

    Attributes:
        transfers: Ids by memo: one, if all is well.
        reservations: The same of reservations.
        captures: Transfers that paid from a reservation, by its id.
        releases: Transfers with which somebody let a reservation go, by its id.
        items: Ids by the operation in the title.
        references: What imports wrote, by seller and by what names an item where it comes from.
        trades: Ids by item and buyer.
        steps: Versions by trade, action and who took it.
    """

    transfers: ByName = field(default_factory=dict)
    reservations: ByName = field(default_factory=dict)
    captures: ByName = field(default_factory=dict)
    releases: ByName = field(default_factory=dict)
    items: ByName = field(default_factory=dict)
    references: Mapping[str, list[Loaded]] = field(default_factory=dict)
    trades: ByName = field(default_factory=dict)
    steps: ByName = field(default_factory=dict)


async def read_effects(conn: asyncpg.Connection) -> Effects:
    """Read everything that operations leave behind."""
    loaded: dict[str, list[Loaded]] = {}
    for row in await conn.fetch(SELECT_REFERENCES):
        loaded.setdefault(row["name"], []).append(Loaded(row["id"], row["version"]))
    return Effects(
        transfers=_by_name(await conn.fetch(SELECT_TRANSFERS)),
        reservations=_by_name(await conn.fetch(SELECT_RESERVATIONS)),
        captures=_by_name(await conn.fetch(SELECT_CAPTURES)),
        releases=_by_name(await conn.fetch(SELECT_RELEASES)),
        items=_by_name(await conn.fetch(SELECT_ITEMS)),
        references=loaded,
        trades=_by_name(await conn.fetch(SELECT_TRADES)),
        steps=_by_name(await conn.fetch(SELECT_STEPS)),
    )


def _by_name(rows: Iterable[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["name"] is not None:
            found.setdefault(row["name"], []).append(row["effect"])
    return found
