"""Statements of reputation."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from marketplace.reputations.models import Counted, Counts

ENSURE_ROWS: Final = """
INSERT INTO reputation (user_id, counted_at)
SELECT wanted.id, $2 FROM unnest($1::uuid []) AS wanted (id) ORDER BY wanted.id
ON CONFLICT (user_id) DO NOTHING
"""
LOCK_ROWS: Final = """
SELECT user_id, version FROM reputation
WHERE user_id = ANY($1::uuid []) ORDER BY user_id FOR UPDATE
"""
#: What trades and ratings say now. Rulings are steps of a trade's history.
COUNT_ANEW: Final = """
UPDATE reputation AS r SET
    sold = t.sold, bought = t.bought, refunded_as_seller = t.refunded_as_seller,
    refunded_as_buyer = t.refunded_as_buyer, disputes_lost = d.lost, disputes_shared = d.shared,
    stars_1 = s.one, stars_2 = s.two, stars_3 = s.three, stars_4 = s.four, stars_5 = s.five,
    counted_at = $2,
    version = r.version + CASE WHEN (
        r.sold, r.bought, r.refunded_as_seller, r.refunded_as_buyer, r.disputes_lost,
        r.disputes_shared, r.stars_1, r.stars_2, r.stars_3, r.stars_4, r.stars_5
    ) = (
        t.sold, t.bought, t.refunded_as_seller, t.refunded_as_buyer, d.lost,
        d.shared, s.one, s.two, s.three, s.four, s.five
    ) THEN 0 ELSE 1 END
FROM unnest($1::uuid []) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE x.state = 'released' AND x.sells) AS sold,
        count(*) FILTER (WHERE x.state = 'released' AND NOT x.sells) AS bought,
        count(*) FILTER (WHERE x.state = 'refunded' AND x.sells) AS refunded_as_seller,
        count(*) FILTER (WHERE x.state = 'refunded' AND NOT x.sells) AS refunded_as_buyer
    FROM (
        SELECT state, true AS sells FROM trade
        WHERE seller_id = wanted.id AND state IN ('released', 'refunded')
        UNION ALL
        SELECT state, false FROM trade
        WHERE buyer_id = wanted.id AND state IN ('released', 'refunded')
    ) AS x
) AS t
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (
            WHERE h.action = CASE WHEN x.sells THEN 'rule-refund' ELSE 'rule-release' END
        ) AS lost,
        count(*) FILTER (WHERE h.action = 'rule-split') AS shared
    FROM (
        SELECT id, true AS sells FROM trade
        WHERE seller_id = wanted.id AND state IN ('released', 'refunded')
        UNION ALL
        SELECT id, false FROM trade
        WHERE buyer_id = wanted.id AND state IN ('released', 'refunded')
    ) AS x
    INNER JOIN trade_step AS h ON h.trade_id = x.id
        AND h.action IN ('rule-refund', 'rule-release', 'rule-split')
) AS d
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE g.stars = 1) AS one,
        count(*) FILTER (WHERE g.stars = 2) AS two,
        count(*) FILTER (WHERE g.stars = 3) AS three,
        count(*) FILTER (WHERE g.stars = 4) AS four,
        count(*) FILTER (WHERE g.stars = 5) AS five
    FROM rating AS g WHERE g.about_id = wanted.id AND g.revealed_at IS NOT NULL
) AS s
WHERE r.user_id = wanted.id
RETURNING r.user_id, r.version, r.counted_at, r.sold, r.bought, r.refunded_as_seller,
    r.refunded_as_buyer, r.disputes_lost, r.disputes_shared, r.stars_1, r.stars_2, r.stars_3,
    r.stars_4, r.stars_5
"""
SELECT_COUNTS: Final = """
SELECT sold, bought, refunded_as_seller, refunded_as_buyer, disputes_lost, disputes_shared,
    stars_1, stars_2, stars_3, stars_4, stars_5
FROM reputation WHERE user_id = $1
"""
#: Those that were counted before anybody told of them.
FIRST_VERSIONS: Final = """
UPDATE reputation AS r SET version = 1 FROM (
    SELECT user_id FROM reputation WHERE version = 0 AND user_id > $1
    ORDER BY user_id LIMIT $2 FOR UPDATE
) AS untold
WHERE r.user_id = untold.user_id
RETURNING r.user_id, r.version, r.counted_at, r.sold, r.bought, r.refunded_as_seller,
    r.refunded_as_buyer, r.disputes_lost, r.disputes_shared, r.stars_1, r.stars_2, r.stars_3,
    r.stars_4, r.stars_5
"""

_NAMES: Final = tuple(field.name for field in fields(Counts))


async def count_anew(conn: Connection, people: Sequence[UUID], now: datetime) -> list[Counted]:
    """Count what trades and ratings say of people; their rows are locked before it is read.

    Returns:
        Those of whom something else is said than before, in order of id.
    """
    await conn.execute(ENSURE_ROWS, people, now)
    before = {row["user_id"]: row["version"] for row in await conn.fetch(LOCK_ROWS, people)}
    counted = [_counted(row) for row in await conn.fetch(COUNT_ANEW, people, now)]
    changed = (one for one in counted if one.version != before[one.user_id])
    return sorted(changed, key=lambda one: one.user_id)


async def take_untold(conn: Connection, after: UUID, limit: int) -> list[Counted]:
    """The next who were never told of, in order of id, at their first version now."""
    rows = await conn.fetch(FIRST_VERSIONS, after, limit)
    return sorted(map(_counted, rows), key=lambda one: one.user_id)


async def select_counts(conn: Connection, user_id: UUID) -> Counts:
    """What was counted of a person; nothing of whom no trade or rating told."""
    row = await conn.fetchrow(SELECT_COUNTS, user_id)
    return _counts(row) if row else Counts()


def _counts(row: Any) -> Counts:
    return Counts(**{name: row[name] for name in _NAMES})


def _counted(row: Any) -> Counted:
    return Counted(row["user_id"], row["version"], _counts(row), row["counted_at"])
