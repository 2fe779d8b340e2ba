"""Statements of the audit: each examines a page and returns only where to go on and what is wrong.

Pages go by primary key, so that memory is bounded; each is one statement, so that what others
write meanwhile is seen whole or not at all.
"""

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.findings import Finding, Step

NOWHERE: Final = UUID(int=0)

AUDIT_TRANSFERS: Final = """
WITH page AS MATERIALIZED (
    SELECT id, entry_count, effective_at, posted_at FROM transfer WHERE id > $1
    ORDER BY id LIMIT $2
), found AS (
    SELECT p.id::text AS subject, 'its entries are not all there' AS detail FROM page AS p
    WHERE p.entry_count <> (SELECT count(*) FROM entry AS e WHERE e.transfer_id = p.id)
    UNION ALL
    SELECT s.id::text, 'its entries in ' || s.asset || ' sum to ' || s.total FROM (
        SELECT p.id, e.asset, sum(e.amount_minor) AS total FROM page AS p
        INNER JOIN entry AS e ON e.transfer_id = p.id GROUP BY p.id, e.asset
    ) AS s WHERE s.total <> 0
    UNION ALL
    SELECT p.id::text, 'it is not in the log and does not wait for it' FROM page AS p
    WHERE NOT EXISTS (SELECT FROM transparency_leaf AS l WHERE l.transfer_id = p.id)
        AND NOT EXISTS (SELECT FROM transparency_pending AS w WHERE w.transfer_id = p.id)
)
SELECT (SELECT count(*) FROM page) AS examined,
    (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS next_id,
    0::bigint AS next_seq,
    (SELECT jsonb_agg(jsonb_build_array(subject, detail)) FROM found) AS findings
"""
AUDIT_ENTRIES: Final = """
WITH page AS MATERIALIZED (
    SELECT account_id, account_seq, transfer_id, asset, amount_minor, balance_after_minor,
        held_after_minor, effective_at, posted_at
    FROM entry WHERE (account_id, account_seq) > ($1, $2)
    ORDER BY account_id, account_seq LIMIT $3
), links AS (
    SELECT c.*, lag(c.account_seq) OVER chain AS seq_before,
        lag(c.balance_after_minor) OVER chain AS balance_before,
        lag(c.posted_at) OVER chain AS posted_before
    FROM (
        SELECT account_id, account_seq, transfer_id, asset, amount_minor, balance_after_minor,
            held_after_minor, effective_at, posted_at
        FROM entry WHERE account_id = $1 AND account_seq = $2
        UNION ALL
        SELECT account_id, account_seq, transfer_id, asset, amount_minor, balance_after_minor,
            held_after_minor, effective_at, posted_at FROM page
    ) AS c
    WINDOW chain AS (PARTITION BY c.account_id ORDER BY c.account_seq)
), found AS (
    SELECT l.account_id || ' entry ' || l.account_seq AS subject, CASE
        WHEN a.id IS NULL THEN 'there is no such account'
        WHEN t.id IS NULL THEN 'there is no such transfer'
        WHEN l.asset <> a.asset THEN 'the account holds ' || a.asset || ', not ' || l.asset
        WHEN l.account_seq <> coalesce(l.seq_before, 0) + 1 THEN 'the entry before it is gone'
        WHEN l.balance_after_minor <> coalesce(l.balance_before, 0) + l.amount_minor
            THEN 'the balance does not continue the one before'
        WHEN l.held_after_minor < 0 THEN 'less than nothing is held'
        WHEN l.posted_at < l.posted_before THEN 'it was posted before the one before it'
        WHEN (l.posted_at, l.effective_at) <> (t.posted_at, t.effective_at)
            THEN 'its times are not its transfer''s'
    END AS detail
    FROM links AS l
    LEFT JOIN account AS a ON a.id = l.account_id
    LEFT JOIN transfer AS t ON t.id = l.transfer_id
    WHERE (l.account_id, l.account_seq) > ($1, $2)
)
SELECT (SELECT count(*) FROM page) AS examined, last.account_id AS next_id,
    last.account_seq AS next_seq,
    (
        SELECT jsonb_agg(jsonb_build_array(subject, detail)) FROM found WHERE detail IS NOT NULL
    ) AS findings
FROM (
    SELECT account_id, account_seq FROM page ORDER BY account_id DESC, account_seq DESC LIMIT 1
) AS last
"""
AUDIT_FLOORS: Final = """
WITH page AS MATERIALIZED (
    SELECT b.id, b.floor_minor, b.available_minor, b.balance_minor, CASE WHEN b.type = 'GIFT' THEN (
        SELECT coalesce(sum(l.remaining_minor), 0) FROM gift_lot AS l
        WHERE l.account_id = b.id AND l.state = 'OPEN'
    ) END AS lots_minor
    FROM account_balances AS b WHERE b.id > $1
    ORDER BY b.id LIMIT $2
)
SELECT (SELECT count(*) FROM page) AS examined,
    (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS next_id,
    0::bigint AS next_seq, (
        SELECT jsonb_agg(jsonb_build_array(id, CASE WHEN available_minor < floor_minor
            THEN available_minor || ' is available, the floor is ' || floor_minor
            ELSE balance_minor || ' is in it, its gifts hold ' || lots_minor
        END)) FROM page WHERE available_minor < floor_minor OR lots_minor <> balance_minor
    ) AS findings
"""
#: Events are kept for days only: transfers from the oldest one on must have theirs.
AUDIT_OUTBOX: Final = """
WITH told AS MATERIALIZED (
    SELECT key FROM outbox WHERE topic = 'ledger.transfers.v1'
), found AS (
    SELECT t.id::text AS subject, 'no event tells of it' AS detail FROM transfer AS t
    WHERE t.id >= (SELECT key::uuid FROM told ORDER BY key::uuid LIMIT 1)
        AND NOT EXISTS (SELECT FROM told AS o WHERE o.key = t.id::text)
    UNION ALL
    SELECT o.key, 'an event tells of it, and it is not there' FROM told AS o
    WHERE NOT EXISTS (SELECT FROM transfer AS t WHERE t.id = o.key::uuid)
    UNION ALL
    SELECT o.key, 'several events tell of it' FROM told AS o GROUP BY o.key HAVING count(*) > 1
)
SELECT (SELECT count(*) FROM told) AS examined,
    (
        SELECT jsonb_agg(jsonb_build_array(subject, detail))
        FROM (SELECT subject, detail FROM found LIMIT 10000) AS f
    ) AS findings
"""
COUNT_ROWS: Final = """
SELECT (SELECT greatest(sum(c.reltuples), 0)::bigint FROM pg_class AS c
    WHERE c.oid IN ('transfer'::regclass, 'entry'::regclass, 'account'::regclass))
    + (SELECT coalesce(max(leaf_index) + 1, 0) FROM transparency_leaf)
"""
#: Pages are short; the outbox is one long look. The role's usual limit is for requests.
PATIENCE: Final = "SET statement_timeout = '10min'"


async def be_patient(conn: Connection) -> None:
    """Let statements of this connection take longer than a request may."""
    await conn.execute(PATIENCE)


async def count_rows(conn: Connection) -> int:
    """About how much there is to examine."""
    return int(await conn.fetchval(COUNT_ROWS))


async def page_transfers(conn: Connection, page: int) -> AsyncIterator[Step]:
    """Sums, completeness and places in the log, of all transfers."""
    after: UUID | None = NOWHERE
    while after is not None:
        row = await conn.fetchrow(AUDIT_TRANSFERS, after, page)
        yield _step("transfers", row)
        after = row["next_id"]


async def page_entries(conn: Connection, page: int) -> AsyncIterator[Step]:
    """Chains of all accounts."""
    after, seq = NOWHERE, 0
    while row := await conn.fetchrow(AUDIT_ENTRIES, after, seq, page):
        yield _step("entries", row)
        after, seq = row["next_id"], row["next_seq"]


async def page_floors(conn: Connection, page: int) -> AsyncIterator[Step]:
    """Whether each account is above its floor, and gifts add up to what is in a GIFT account."""
    after: UUID | None = NOWHERE
    while after is not None:
        row = await conn.fetchrow(AUDIT_FLOORS, after, page)
        yield _step("floors", row)
        after = row["next_id"]


async def look_at_outbox(conn: Connection, page: int) -> AsyncIterator[Step]:
    """Whether each transfer has one event; in one statement, `page` is for the others."""
    del page
    yield _step("outbox", await conn.fetchrow(AUDIT_OUTBOX))


def _step(check: str, row: Any) -> Step:
    noun = "account" if check in {"entries", "floors"} else "transfer"
    found = [
        Finding(check, f"{noun} {subject}", detail) for subject, detail in row["findings"] or ()
    ]
    return Step(check, row["examined"], found)
