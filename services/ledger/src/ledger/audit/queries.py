"""Statements of the audit: each examines a page and returns only where to go on and what is wrong.

Pages go by primary key, so that memory is bounded; each is one statement, so that what others
write meanwhile is seen whole or not at all.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.findings import Finding, Step

NOWHERE: Final = UUID(int=0)
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
PROJECTIONS: Final = "projections"

#: What is in the log is examined with its leaf; here, what is not, and what belongs to nothing.
#: Keys only: both sides are read in the order of their indexes.
AUDIT_PLACES: Final = """
WITH page AS MATERIALIZED (
    SELECT id FROM transfer WHERE id > $1 ORDER BY id LIMIT $2
), reach AS MATERIALIZED (
    SELECT found.*, coalesce(found.next_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff') AS until
    FROM (
        SELECT count(*) AS examined, CASE WHEN count(*) = $2 THEN (
            SELECT last.id FROM page AS last ORDER BY last.id DESC LIMIT 1
        ) END AS next_id FROM page
    ) AS found
)
SELECT r.examined, r.next_id, (
    SELECT array_agg(p.id) FROM page AS p
    LEFT JOIN transparency_leaf AS l ON l.transfer_id = p.id WHERE l.transfer_id IS NULL
) AS unlogged, (
    SELECT array_agg(DISTINCT e.transfer_id) FROM entry AS e
    LEFT JOIN transfer AS t ON t.id = e.transfer_id AND t.id > $1 AND t.id <= r.until
    WHERE e.transfer_id > $1 AND e.transfer_id <= r.until AND t.id IS NULL
) AS orphans
FROM reach AS r
"""
AUDIT_TRANSFERS: Final = """
WITH page AS MATERIALIZED (
    SELECT * FROM transfer WHERE id = ANY($1::uuid [])
), sides AS MATERIALIZED (
    SELECT p.id, e.* FROM page AS p INNER JOIN entry AS e ON e.transfer_id = p.id
)
SELECT p.id, 'its entries are not all there', NULL FROM page AS p
WHERE p.entry_count <> (SELECT count(*) FROM sides AS s WHERE s.id = p.id)
UNION ALL
SELECT s.id, 'its entries in ' || s.asset || ' sum to ' || sum(s.amount_minor), NULL
FROM sides AS s GROUP BY s.id, s.asset HAVING sum(s.amount_minor) <> 0
UNION ALL
SELECT s.id, 'entry ' || s.position || ' has other times than its transfer', NULL
FROM sides AS s INNER JOIN page AS p ON p.id = s.id
WHERE (s.posted_at, s.effective_at) <> (p.posted_at, p.effective_at)
UNION ALL
SELECT p.id, 'it breaks ' || find_reversal_fault(t), NULL
FROM page AS p INNER JOIN transfer AS t ON t.id = p.id
WHERE p.reverses IS NOT NULL AND find_reversal_fault(t) IS NOT NULL
UNION ALL
SELECT p.id, 'it is not in the log and does not wait for it', 'transparency_pending' FROM page AS p
WHERE NOT EXISTS (SELECT FROM transparency_leaf AS l WHERE l.transfer_id = p.id)
    AND NOT EXISTS (SELECT FROM transparency_pending AS w WHERE w.transfer_id = p.id)
    -- The sequencer may have taken it between our two looks.
    AND NOT EXISTS (SELECT FROM transparency_leaf AS l WHERE l.transfer_id = p.id)
UNION ALL
SELECT s.id, 'what it holds is no reservation''s', 'reservation_move' FROM sides AS s
WHERE s.held_minor IS NOT NULL AND NOT EXISTS (
    SELECT FROM reservation_move AS m WHERE m.transfer_id = s.id AND m.account_id = s.account_id
        AND m.held_minor = s.held_minor
)
UNION ALL
SELECT p.id, 'no escrow tells of it', 'escrow_transfer' FROM page AS p
WHERE (p.kind ^@ 'escrow.' OR p.kind IN ('gift.fund', 'gift.refund', 'gift.split')) AND NOT EXISTS (
    SELECT FROM escrow AS c WHERE c.id::text = p.metadata ->> 'escrow_id'
        AND p.id = CASE WHEN p.kind IN ('escrow.fund', 'gift.fund') THEN c.funded_by
            ELSE c.settled_by END
)
"""
AUDIT_ENTRIES: Final = """
WITH page AS MATERIALIZED (
    SELECT account_id, account_seq, asset, amount_minor, held_minor, balance_after_minor,
        held_after_minor, posted_at
    FROM entry WHERE (account_id, account_seq) > ($1, $2)
    ORDER BY account_id, account_seq LIMIT $3
), links AS (
    SELECT c.*, coalesce(lag(c.account_seq) OVER chain, 0) AS seq_before,
        coalesce(lag(c.balance_after_minor) OVER chain, 0) AS balance_before,
        coalesce(lag(c.held_after_minor) OVER chain, 0) AS held_before,
        lag(c.posted_at) OVER chain AS posted_before
    FROM (
        SELECT account_id, account_seq, asset, amount_minor, held_minor, balance_after_minor,
            held_after_minor, posted_at
        FROM entry WHERE account_id = $1 AND account_seq = $2
        UNION ALL
        SELECT * FROM page
    ) AS c
    WINDOW chain AS (PARTITION BY c.account_id ORDER BY c.account_seq)
), accounts AS MATERIALIZED (
    SELECT a.id, a.asset FROM account AS a
    WHERE a.id IN (SELECT DISTINCT p.account_id FROM page AS p)
), found AS (
    SELECT l.account_id || ' entry ' || l.account_seq AS subject, CASE
        WHEN a.id IS NULL THEN 'there is no such account'
        WHEN l.asset <> a.asset THEN 'the account holds ' || a.asset || ', not ' || l.asset
        WHEN l.account_seq <> l.seq_before + 1 THEN 'the entry before it is gone'
        WHEN l.balance_after_minor <> l.balance_before + l.amount_minor
            THEN 'the balance does not continue the one before'
        WHEN l.held_after_minor <> l.held_before + coalesce(l.held_minor, 0)
            THEN 'what is held does not continue what was held before'
        WHEN l.held_after_minor < 0 THEN 'less than nothing is held'
        WHEN l.posted_at < l.posted_before THEN 'it was posted before the one before it'
    END AS detail
    FROM links AS l LEFT JOIN accounts AS a ON a.id = l.account_id
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
    SELECT b.id, b.floor_minor, b.available_minor, b.ceiling_minor, b.closed, b.balance_minor,
        b.held_minor, CASE WHEN b.type = 'GIFT' THEN (
            SELECT coalesce(sum(l.remaining_minor), 0) FROM gift_lot AS l
            WHERE l.account_id = b.id AND l.state = 'OPEN'
        ) END AS lots_minor
    FROM account_balances AS b WHERE b.id > $1 ORDER BY b.id LIMIT $2
), found AS (
    SELECT id, available_minor || ' is available, the floor is ' || floor_minor AS detail
    FROM page WHERE available_minor < floor_minor
    UNION ALL
    SELECT id, 'it is closed, and not empty' FROM page
    WHERE closed AND (balance_minor <> 0 OR held_minor <> 0)
    UNION ALL
    SELECT id, balance_minor || ' is in it, its gifts hold ' || lots_minor FROM page
    WHERE lots_minor <> balance_minor
    UNION ALL
    SELECT a.id, find_policy_fault(a) FROM page AS p INNER JOIN account AS a ON a.id = p.id
    WHERE find_policy_fault(a) IS NOT NULL
)
SELECT (SELECT count(*) FROM page) AS examined,
    (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS next_id,
    (SELECT jsonb_agg(jsonb_build_array(id, detail)) FROM found) AS findings
"""
AUDIT_RESERVATIONS: Final = (
    "SELECT examined, next_id, findings FROM find_reservation_faults($1, $2)"
)
AUDIT_ESCROWS: Final = "SELECT examined, next_id, findings FROM find_escrow_faults($1, $2)"
AUDIT_GIFTS: Final = "SELECT examined, next_id, findings FROM find_gift_lot_faults($1, $2)"
AUDIT_HELD: Final = "SELECT examined, next_id, findings FROM find_held_faults($1, $2)"
AUDIT_EVENTS: Final = """
SELECT examined, next_at, next_id, digest, oldest, findings FROM find_event_faults($1, $2, $3, $4)
"""
#: Events are kept for days only: transfers from the oldest one on must have theirs.
DIGEST_TRANSFERS: Final = """
WITH page AS MATERIALIZED (SELECT id FROM transfer WHERE id > $1 ORDER BY id LIMIT $2)
SELECT count(*) AS counted, sum(hashtextextended(id::text, $3)) AS digest,
    (SELECT last.id FROM page AS last ORDER BY last.id DESC LIMIT 1) AS next_id
FROM page
"""
#: Only when count or digest differ: one long look that names what is wrong.
NAME_EVENT_FAULTS: Final = """
WITH told AS MATERIALIZED (
    SELECT key FROM outbox WHERE topic = 'ledger.transfers.v1'
)
SELECT t.id::text, 'no event tells of it' FROM transfer AS t
WHERE t.id >= $1 AND NOT EXISTS (SELECT FROM told AS o WHERE o.key = t.id::text)
UNION ALL
SELECT o.key, 'several events tell of it' FROM told AS o GROUP BY o.key HAVING count(*) > 1
LIMIT 10000
"""
REBUILD: Final = "SELECT before, after FROM rebuild_projection($1, $2, $3)"
BECOME_OWNER: Final = "SET LOCAL ROLE ledger_owner"
FIND_BOOKS: Final = "SET LOCAL search_path = ledger, extensions"
#: In this order whoever repairs; each waits for who is writing there.
LIFT_GUARDS: Final = """
ALTER TABLE reservation DISABLE TRIGGER USER;
ALTER TABLE reservation_move DISABLE TRIGGER USER;
ALTER TABLE escrow DISABLE TRIGGER USER;
ALTER TABLE transparency_node DISABLE TRIGGER USER
"""
SET_GUARDS: Final = LIFT_GUARDS.replace("DISABLE", "ENABLE")
COUNT_ROWS: Final = """
SELECT (SELECT greatest(sum(c.reltuples), 0)::bigint FROM pg_class AS c
    WHERE c.oid IN (
        'transfer'::regclass, 'entry'::regclass, 'account'::regclass, 'reservation'::regclass,
        'escrow'::regclass, 'gift_lot'::regclass
    )) + (SELECT coalesce(max(leaf_index) + 1, 0) FROM transparency_leaf)
"""
_PROJECTIONS: Final = (
    ("reservation", AUDIT_RESERVATIONS),
    ("escrow", AUDIT_ESCROWS),
    ("gift", AUDIT_GIFTS),
    ("account", AUDIT_HELD),
)
#: Pages are short; what names faults in the outbox is one long look. The role's usual limits are
#: for requests.
PATIENCE: Final = """
SET statement_timeout = '10min';
SET idle_in_transaction_session_timeout = '10min'
"""


async def be_patient(conn: Connection) -> None:
    """Let statements of this connection take longer than a request may."""
    await conn.execute(PATIENCE)


async def count_rows(conn: Connection) -> int:
    """About how much there is to examine."""
    return int(await conn.fetchval(COUNT_ROWS))


async def find_transfer_faults(conn: Connection, ids: Sequence[UUID]) -> list[Finding]:
    """A close look at some transfers: completeness, sums, times, reversals, holds, escrows."""
    return [
        Finding(
            "transfers",
            f"transfer {transfer_id}",
            detail,
            (table, str(transfer_id)) if table else None,
        )
        for transfer_id, detail, table in await conn.fetch(AUDIT_TRANSFERS, ids)
    ]


async def page_transfers(
    conn: Connection, page: int, after: Mapping[str, Any]
) -> AsyncIterator[Step]:
    """Places of all transfers in the log, and entries that belong to none."""
    last: UUID | None = UUID(after["id"]) if after else NOWHERE
    while last is not None:
        row = await conn.fetchrow(AUDIT_PLACES, last, page)
        findings = [
            Finding("transfers", f"transfer {orphan}", "there is no such transfer of an entry")
            for orphan in row["orphans"] or ()
        ]
        if row["unlogged"]:
            findings += await find_transfer_faults(conn, row["unlogged"])
        last = row["next_id"]
        yield Step("transfers", row["examined"], findings, {"id": str(last)} if last else {})


async def page_entries(
    conn: Connection, page: int, after: Mapping[str, Any]
) -> AsyncIterator[Step]:
    """Chains of all accounts."""
    last, seq = (UUID(after["id"]), after["seq"]) if after else (NOWHERE, 0)
    while row := await conn.fetchrow(AUDIT_ENTRIES, last, seq, page):
        last, seq = row["next_id"], row["next_seq"]
        found = _findings("entries", "account", row["findings"])
        yield Step("entries", row["examined"], found, {"id": str(last), "seq": seq})


async def page_floors(conn: Connection, page: int, after: Mapping[str, Any]) -> AsyncIterator[Step]:
    """Whether each account is above its floor, and has the policies of its newest version."""
    last: UUID | None = UUID(after["id"]) if after else NOWHERE
    while last is not None:
        row = await conn.fetchrow(AUDIT_FLOORS, last, page)
        found = _findings("floors", "account", row["findings"])
        last = row["next_id"]
        yield Step("floors", row["examined"], found, {"id": str(last)} if last else {})


async def page_projections(
    conn: Connection, page: int, after: Mapping[str, Any]
) -> AsyncIterator[Step]:
    """Reservations, gifts and their moves, escrows, and what accounts hold for them."""
    part = after.get("part", 0)
    last: UUID | None = UUID(after["id"]) if after else NOWHERE
    for number, (noun, statement) in enumerate(_PROJECTIONS[part:], part):
        while last is not None:
            row = await conn.fetchrow(statement, last, page)
            last = row["next_id"]
            found = _findings(PROJECTIONS, noun, row["findings"])
            place = {"part": number if last else number + 1, "id": str(last or NOWHERE)}
            yield Step(PROJECTIONS, row["examined"], found, place)
        last = NOWHERE


async def page_events(conn: Connection, page: int, after: Mapping[str, Any]) -> AsyncIterator[Step]:
    """Whether each transfer has one event that tells what the journal says. From the beginning.

    All pages see one snapshot, because what is compared in the end are sums over them.
    """
    del after
    seed = int.from_bytes(token_bytes(7))
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        at, last, told, digest, oldest = BEGINNING, 0, 0, 0, None
        while row := await conn.fetchrow(AUDIT_EVENTS, at, last, page, seed):
            at, last, told = row["next_at"], row["next_id"], told + row["examined"]
            digest += row["digest"]
            oldest = min((key for key in (oldest, row["oldest"]) if key), default=None)
            found = _findings("outbox", "transfer", row["findings"])
            yield Step("outbox", row["examined"], found)
        if oldest is None:
            return
        begin = UUID(oldest)
        if (told, digest) != await _digest_transfers(conn, begin, page, seed):
            faults = await conn.fetch(NAME_EVENT_FAULTS, begin)
            yield Step("outbox", 0, _findings("outbox", "transfer", faults))


async def _digest_transfers(
    conn: Connection, oldest: UUID, page: int, seed: int
) -> tuple[int, int]:
    counted, digest = 0, 0
    last = UUID(int=oldest.int - 1)
    while (row := await conn.fetchrow(DIGEST_TRANSFERS, last, page, seed)) and row["counted"]:
        last, counted, digest = row["next_id"], counted + row["counted"], digest + row["digest"]
    return counted, digest


def _findings(check: str, noun: str, found: Sequence[Sequence[str]] | None) -> list[Finding]:
    rebuilt = noun in {"reservation", "escrow", "gift"}
    return [
        Finding(check, f"{noun} {subject}", detail, (noun, subject) if rebuilt else None)
        for subject, detail in found or ()
    ]


async def lift_guards(conn: Connection) -> None:
    """Become the owner and switch the guards of projections off, until `set_guards`."""
    for statement in (BECOME_OWNER, FIND_BOOKS, LIFT_GUARDS):
        await conn.execute(statement)


async def set_guards(conn: Connection) -> None:
    """Switch the guards of projections on again."""
    await conn.execute(SET_GUARDS)


async def rebuild(conn: Connection, projection: str, key: str, by: str) -> tuple[Any, Any] | None:
    """Make one anew: as it was, as it became; nothing when nothing changed."""
    row = await conn.fetchrow(REBUILD, projection, key, by)
    return (row["before"], row["after"]) if row else None
