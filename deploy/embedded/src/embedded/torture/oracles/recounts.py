"""O6: what services count as they go on is what counting anew gives; the statements are our own."""

from typing import Final

import asyncpg

from embedded.torture.oracles.findings import Violation, limited

REPUTATIONS: Final = """
WITH sides AS (
    SELECT seller_id AS user_id, 'seller' AS side, id, state FROM marketplace.trade
    UNION ALL SELECT buyer_id, 'buyer', id, state FROM marketplace.trade
), counted AS (
    SELECT s.user_id,
        count(*) FILTER (WHERE s.state = 'released' AND s.side = 'seller') AS sold,
        count(*) FILTER (WHERE s.state = 'released' AND s.side = 'buyer') AS bought,
        count(*) FILTER (WHERE s.state = 'refunded' AND s.side = 'seller') AS refunded_as_seller,
        count(*) FILTER (WHERE s.state = 'refunded' AND s.side = 'buyer') AS refunded_as_buyer,
        count(*) FILTER (WHERE r.action = 'rule-refund' AND s.side = 'seller'
            OR r.action = 'rule-release' AND s.side = 'buyer') AS disputes_lost,
        count(*) FILTER (WHERE r.action = 'rule-split') AS disputes_shared
    FROM sides AS s
    LEFT JOIN marketplace.trade_step AS r ON r.trade_id = s.id AND r.action LIKE 'rule-%'
    WHERE s.state IN ('released', 'refunded')
    GROUP BY s.user_id
)
SELECT 'reputation of ' || coalesce(c.user_id, k.user_id) AS subject,
    'counted anew it is ' || coalesce(c::text, 'none') || ', it is ' || coalesce(k::text, 'none')
        AS detail
FROM counted AS c FULL JOIN marketplace.reputation AS k ON k.user_id = c.user_id
WHERE (k.sold, k.bought, k.refunded_as_seller, k.refunded_as_buyer, k.disputes_lost,
    k.disputes_shared) IS DISTINCT FROM (c.sold::int, c.bought::int, c.refunded_as_seller::int,
    c.refunded_as_buyer::int, c.disputes_lost::int, c.disputes_shared::int)
"""
RATINGS: Final = """
SELECT 'ratings of ' || k.user_id AS subject, 'as counted: ' || k::text AS detail
FROM marketplace.reputation AS k
LEFT JOIN marketplace.rating AS g ON g.about_id = k.user_id AND g.revealed_at IS NOT NULL
GROUP BY k.user_id, k.*
HAVING (k.stars_1, k.stars_2, k.stars_3, k.stars_4, k.stars_5) IS DISTINCT FROM (
    (count(*) FILTER (WHERE g.stars = 1))::int, (count(*) FILTER (WHERE g.stars = 2))::int,
    (count(*) FILTER (WHERE g.stars = 3))::int, (count(*) FILTER (WHERE g.stars = 4))::int,
    (count(*) FILTER (WHERE g.stars = 5))::int)
"""
CATEGORIES: Final = """
SELECT 'category ' || coalesce(t.category_id, i.category_id) || ' in '
    || coalesce(t.community, i.community) AS subject,
    coalesce(t.counted, 0) || ' are counted, ' || coalesce(i.offered, 0) || ' are on offer'
        AS detail
FROM (
    SELECT community, category_id, sum(delta) AS counted FROM marketplace.category_tally
    GROUP BY community, category_id
) AS t
FULL JOIN (
    SELECT community, category_id, count(*) AS offered FROM marketplace.item
    WHERE status = 'active' AND NOT hidden GROUP BY community, category_id
) AS i ON i.community = t.community AND i.category_id = t.category_id
WHERE coalesce(t.counted, 0) <> coalesce(i.offered, 0)
"""
STOCKS: Final = """
SELECT 'stock of item ' || i.id AS subject,
    i.reserved || ' reserved and ' || i.sold || ' sold, its trades have '
    || coalesce(t.reserved, 0) || ' and ' || coalesce(t.sold, 0) AS detail
FROM marketplace.item AS i
LEFT JOIN (
    SELECT item_id, sum(quantity) FILTER (WHERE state = 'released') AS sold,
        sum(quantity) FILTER (WHERE state IN ('accepted', 'funded', 'handed_over', 'confirmed',
            'disputed', 'refunding')) AS reserved
    FROM marketplace.trade GROUP BY item_id
) AS t ON t.item_id = i.id
WHERE (i.reserved, i.sold) IS DISTINCT FROM (
    coalesce(t.reserved, 0)::int, coalesce(t.sold, 0)::int)
"""
#: Within one day the order of deeds does not matter; a run over midnight is known by its bounds.
POINTS: Final = """
WITH deeds AS (
    SELECT seller_id AS user_id, 10 AS points FROM marketplace.item
    UNION ALL SELECT buyer_id, 5 FROM marketplace.trade
    UNION ALL SELECT unnest(ARRAY[seller_id, buyer_id]), 50 FROM marketplace.trade
    WHERE state = 'released'
), earned AS (
    SELECT user_id, sum(points) AS points FROM deeds GROUP BY user_id
)
SELECT 'points of ' || coalesce(e.user_id, p.user_id) AS subject,
    'deeds are worth ' || coalesce(e.points, 0) || ', 200 a day at most; there are '
    || coalesce(p::text, 'none') AS detail
FROM earned AS e FULL JOIN gateway.progress AS p ON p.user_id = e.user_id
WHERE (CASE
    WHEN p.points = p.points_of_day THEN p.points = least(200, e.points)
        AND p.streak_days = 1 AND p.longest_streak_days = 1
    ELSE p.points BETWEEN least(200, e.points) AND e.points AND p.streak_days BETWEEN 1 AND 2
END) IS NOT TRUE
"""
STRANGE_NOTICES: Final = """
SELECT 'notification ' || n.kind || ' of ' || n.user_id AS subject,
    'event ' || n.event_id || ' was said by nobody' AS detail
FROM gateway.notification AS n
WHERE NOT EXISTS (SELECT FROM ledger.outbox AS o WHERE o.event_id = n.event_id)
    AND NOT EXISTS (SELECT FROM marketplace.outbox AS o WHERE o.event_id = n.event_id)
    AND NOT EXISTS (SELECT FROM gateway.outbox AS o WHERE o.event_id = n.event_id)
"""
#: Both sides hear of a ruling, once; of somebody with very many notifications the oldest leave.
RULINGS_UNTOLD: Final = """
SELECT 'ruling of trade ' || s.trade_id AS subject,
    side.user_id || ' was told ' || count(n.id) || ' times' AS detail
FROM marketplace.trade_step AS s
INNER JOIN marketplace.trade AS t ON t.id = s.trade_id
CROSS JOIN LATERAL unnest(ARRAY[t.seller_id, t.buyer_id]) AS side (user_id)
LEFT JOIN gateway.notification AS n ON n.user_id = side.user_id AND n.kind = 'trade_ruled'
    AND n.data ->> 'trade_id' = t.id::text
WHERE s.action LIKE 'rule-%'
    AND (SELECT count(*) FROM gateway.notification AS a WHERE a.user_id = side.user_id) < 900
GROUP BY s.trade_id, s.version, side.user_id HAVING count(n.id) <> 1
"""
_STATEMENTS: Final = (
    REPUTATIONS,
    RATINGS,
    CATEGORIES,
    STOCKS,
    POINTS,
    STRANGE_NOTICES,
    RULINGS_UNTOLD,
)


async def counts_agree(conn: asyncpg.Connection) -> list[Violation]:
    """O6: reputations, categories, stocks, points and notifications, counted anew."""
    found = [
        (row["subject"], row["detail"])
        for statement in _STATEMENTS
        for row in await conn.fetch(statement)
    ]
    return limited("O6", found)
