"""O6: what was built from events equals what it was built from."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import aiohttp
import asyncpg

from embedded.torture.oracles.findings import Violation, limited
from marketplace.items.events import changed
from marketplace.items.queries import lock_told
from search.indexing.documents import document_of
from search.parity.lifecycle import digest_of

PEOPLE_WITHOUT: Final = """
SELECT 'user ' || u.id AS subject, CASE
    WHEN m.user_id IS NULL THEN 'the marketplace does not know them'
    ELSE 'has ' || a.accounts || ' accounts of a person'
END AS detail
FROM gateway.users AS u
LEFT JOIN marketplace.member AS m ON m.user_id = u.id
CROSS JOIN LATERAL (
    SELECT count(*) AS accounts FROM ledger.account AS a
    WHERE a.owner_id = u.id AND a.asset = 'LXC' AND a.type IN ('MAIN', 'ESCROW', 'GIFT')
) AS a
WHERE m.user_id IS NULL OR a.accounts <> 3
"""
#: A trade's state and what its escrow may be in then, when everything has come to rest.
TRADES_WITHOUT: Final = """
SELECT 'trade ' || t.id AS subject,
    t.state || ', and its escrow is ' || coalesce(lower(e.state), 'not there') AS detail
FROM marketplace.trade AS t LEFT JOIN ledger.escrow AS e ON e.id = t.id
WHERE NOT CASE
    WHEN t.state IN ('offered', 'declined', 'expired') THEN e.id IS NULL
    WHEN t.state IN ('funded', 'handed_over', 'disputed') THEN e.state = 'FUNDED'
    WHEN t.state = 'released' THEN e.state = 'RELEASED' AND e.amount_minor = t.amount_minor
        AND e.refunded_minor IS NOT DISTINCT FROM t.refund_minor
    WHEN t.state = 'refunded' THEN e.state = 'REFUNDED'
    WHEN t.state = 'cancelled' THEN e.id IS NULL OR e.state IN ('REFUSED', 'REFUNDED')
    ELSE false
END IS TRUE
"""
STEPS_WITHOUT: Final = """
SELECT 'trade ' || t.id AS subject, 'version ' || t.version || ' has ' || count(s.version)
    || ' steps' AS detail
FROM marketplace.trade AS t LEFT JOIN marketplace.trade_step AS s ON s.trade_id = t.id
GROUP BY t.id, t.version HAVING count(s.version) <> t.version
"""
LIVE_WITHOUT: Final = """
SELECT 'live events of ' || c.user_id AS subject,
    'the last is ' || c.last_seq || ', there are ' || count(e.seq) || ' of '
    || count(DISTINCT e.event_id) AS detail
FROM gateway.live_counter AS c
INNER JOIN gateway.live_event AS e ON e.user_id = c.user_id
GROUP BY c.user_id, c.last_seq
HAVING max(e.seq) <> c.last_seq OR count(e.seq) <> max(e.seq) - min(e.seq) + 1
    OR count(DISTINCT e.event_id) <> count(e.seq)
"""
SELECT_ITEMS: Final = "SELECT id FROM marketplace.item ORDER BY id"
_PAGE: Final = 2000


@dataclass(frozen=True, slots=True)
class Listed:
    """An item, in the marketplace or in the index; the digest is of the whole document."""

    version: int
    live: bool
    digest: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """What a document of the index says, or the one that an item makes."""
        digest = digest_of(document).hex()[:16]
        return cls(document["version"], not document["deleted"], digest)


async def tables_agree(conn: asyncpg.Connection) -> list[Violation]:
    """What services keep about each other's things is what those things are."""
    found = [
        (row["subject"], row["detail"])
        for statement in (PEOPLE_WITHOUT, TRADES_WITHOUT, STEPS_WITHOUT, LIVE_WITHOUT)
        for row in await conn.fetch(statement)
    ]
    return limited("O6", found)


async def read_items(conn: asyncpg.Connection) -> dict[str, Listed]:
    """All items in the marketplace, as the documents that they make."""
    found: dict[str, Listed] = {}
    ids = [row["id"] for row in await conn.fetch(SELECT_ITEMS)]
    # The service's own statement reads them, and knows its schema by the path only.
    await conn.execute("SET search_path = marketplace")
    for page in itertools.batched(ids, _PAGE, strict=False):
        for item in await lock_told(conn, page):
            found[str(item.id)] = Listed.of(document_of(changed(item)))
    await conn.execute("RESET search_path")
    return found


async def read_index(url: str, alias: str) -> dict[str, Listed]:
    """All documents in the index behind an alias, tombstones too."""
    found: dict[str, Listed] = {}
    after: list[Any] | None = None
    async with aiohttp.ClientSession(url) as http:
        await http.post(f"/{alias}/_refresh")
        while True:
            query: dict[str, Any] = {
                "size": _PAGE,
                "sort": [{"item_id": "asc"}],
            }
            if after is not None:
                query["search_after"] = after
            async with http.post(f"/{alias}/_search", json=query) as answer:
                hits = (await answer.json())["hits"]["hits"]
            for hit in hits:
                found[hit["_source"]["item_id"]] = Listed.of(hit["_source"])
            if len(hits) < _PAGE:
                return found
            after = hits[-1]["sort"]


def index_agrees(items: Mapping[str, Listed], index: Mapping[str, Listed]) -> list[Violation]:
    """The index holds every item in its newest version, whole, and nothing else."""
    return limited("O6", _differences(items, index))


def _differences(
    items: Mapping[str, Listed], index: Mapping[str, Listed]
) -> Iterator[tuple[str, str]]:
    for item_id, item in items.items():
        found = index.get(item_id)
        # What was never on offer needs no tombstone.
        if found is None and not item.live:
            continue
        if found != item:
            yield f"item {item_id}", f"is {item}, the index has {found}"
    for item_id in index.keys() - items.keys():
        yield f"item {item_id}", "is in the index only"
