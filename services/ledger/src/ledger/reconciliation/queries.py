"""Statements of reconciliation: setups, statements and items."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import batched
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.reach import Reach
from ledger.reconciliation.errors import NotOpen
from ledger.reconciliation.mapping import CsvMapping
from ledger.reconciliation.models import Decision, FileLine, Item, Setup, Side, Statement
from ledger.reconciliation.rules import Rule

#: One at a time for an account, without a lock that the journal would wait for.
LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('reconciliation ' || $1::text, 0))"
#: Of the transactions that write a whole file or a page: the role's limit is for requests.
PATIENCE: Final = "SET LOCAL statement_timeout = '60s'"
LEARN: Final = "SELECT learn_reconciliation_items()"
INSERT_ACCOUNT: Final = """
INSERT INTO reconciled_account (account_id, mirrored, external_account, opened_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
"""
INSERT_SETUP: Final = """
INSERT INTO reconciliation_setup (
    account_id, version, csv_mapping, rules, group_days, reference_key, write_off_limit_minor,
    reason, created_by, created_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
SELECT_SETUPS: Final = """
SELECT DISTINCT ON (r.account_id) r.account_id, s.version, a.asset, a.community, r.mirrored,
    r.external_account, s.csv_mapping, s.rules, s.group_days, s.reference_key,
    s.write_off_limit_minor, s.reason, s.created_by, s.created_at
FROM reconciled_account AS r
INNER JOIN account AS a ON a.id = r.account_id
INNER JOIN reconciliation_setup AS s ON s.account_id = r.account_id
WHERE ($1::uuid IS NULL OR r.account_id = $1) AND ($2::uuid IS NULL OR r.account_id > $2)
    AND ($3::integer IS NULL OR s.version = $3) AND ($4::text IS NULL OR a.community = $4)
ORDER BY r.account_id, s.version DESC LIMIT $5
"""
SELECT_IMPORTED: Final = """
SELECT count(*) FROM bank_statement WHERE account_id = $1 AND file_hash = $2
"""
SELECT_STATEMENTS: Final = """
SELECT account_id, seq, file_name, format, statement_ref, opening_minor, closing_minor, opened_on,
    closed_on, line_count, last_number, imported_by, imported_at
FROM bank_statement
WHERE account_id = $1 AND ($2::integer IS NULL OR seq < $2) ORDER BY seq DESC LIMIT $3
"""
SELECT_FIRST_STATEMENT: Final = """
SELECT opening_minor, opened_on FROM bank_statement WHERE account_id = $1 AND seq = 1
"""
INSERT_STATEMENT: Final = """
INSERT INTO bank_statement (
    account_id, seq, file_name, format, statement_ref, opening_minor, closing_minor, opened_on,
    closed_on, line_count, last_number, imported_by, imported_at, file_hash, place
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
INSERT_LINES: Final = """
INSERT INTO reconciliation_item (
    account_id, side, number, amount_minor, booked_on, reference, details, statement_seq
)
SELECT $1, 'LINE', number, amount_minor::numeric(38, 0), booked_on, reference, details, $2
FROM unnest($3::bigint [], $4::text [], $5::date [], $6::text [], $7::text [])
    AS t (number, amount_minor, booked_on, reference, details)
"""
#: Entries that only hold money or let it go move nothing.
COLLECT_ENTRIES: Final = """
WITH page AS MATERIALIZED (
    SELECT e.account_seq, e.amount_minor, e.transfer_id,
        (e.effective_at AT TIME ZONE 'UTC')::date AS booked_on, t.metadata, t.kind
    FROM entry AS e
    INNER JOIN transfer AS t ON t.id = e.transfer_id
    WHERE e.account_id = $1 AND e.account_seq > $2 ORDER BY e.account_seq LIMIT $3
), added AS (
    INSERT INTO reconciliation_item (
        account_id, side, number, amount_minor, booked_on, reference, details, transfer_id
    )
    SELECT $1, 'ENTRY', account_seq, amount_minor, booked_on,
        left(
            upper(regexp_replace(coalesce(metadata ->> $4, transfer_id::text), '\\s', '', 'g')), 140
        ),
        left(concat_ws(' ', kind, metadata ->> 'memo', metadata ->> 'reason'), 500), transfer_id
    FROM page WHERE amount_minor <> 0 AND booked_on >= $5
    ON CONFLICT DO NOTHING
    RETURNING number
)
SELECT max(p.account_seq), count(*), (SELECT count(*) FROM added) FROM page AS p
"""
SELECT_COLLECTED: Final = "SELECT collected_seq FROM reconciled_account WHERE account_id = $1"
UPDATE_COLLECTED: Final = "UPDATE reconciled_account SET collected_seq = $2 WHERE account_id = $1"
COUNT_UNCOLLECTED: Final = """
SELECT coalesce(max(e.account_seq), 0) - $2 FROM (
    SELECT account_seq FROM entry WHERE account_id = $1 ORDER BY account_seq DESC LIMIT 1
) AS e
"""
COUNT_OPEN: Final = """
SELECT count(*) FROM reconciliation_item
WHERE account_id = $1 AND side = $2 AND decision_id IS NULL
"""
SELECT_OPEN: Final = """
SELECT side, number, amount_minor, booked_on, reference, details, transfer_id, statement_seq
FROM reconciliation_item
WHERE account_id = $1 AND side = $2 AND number > $3 AND decision_id IS NULL
ORDER BY number LIMIT $4
"""
SELECT_OPEN_NUMBERED: Final = """
SELECT side, number, amount_minor, booked_on, reference, details, transfer_id, statement_seq
FROM reconciliation_item
WHERE account_id = $1 AND decision_id IS NULL AND (
    (side = 'LINE' AND number = ANY($2::bigint []))
    OR (side = 'ENTRY' AND number = ANY($3::bigint []))
)
ORDER BY side, number
"""
INSERT_DECISIONS: Final = """
INSERT INTO reconciliation_decision (
    account_id, decided_at, id, kind, strategy, line_count, entry_count, lines_minor,
    entries_minor, tolerance_minor, written_off_minor, limit_minor, transfer_id, undoes, run_id,
    reason, decided_by, approved_by
)
SELECT $1, $2, id, kind, strategy, line_count, entry_count, lines_minor::numeric(38, 0),
    entries_minor::numeric(38, 0), tolerance_minor::numeric(38, 0),
    written_off_minor::numeric(38, 0), limit_minor::numeric(38, 0), transfer_id, undoes, run_id,
    reason, decided_by, approved_by
FROM unnest(
    $3::uuid [], $4::text [], $5::text [], $6::integer [], $7::integer [], $8::text [],
    $9::text [], $10::text [], $11::text [], $12::text [], $13::uuid [], $14::uuid [],
    $15::uuid [], $16::text [], $17::uuid [], $18::uuid []
) AS t (
    id, kind, strategy, line_count, entry_count, lines_minor, entries_minor, tolerance_minor,
    written_off_minor, limit_minor, transfer_id, undoes, run_id, reason, decided_by, approved_by
)
"""
SETTLE_ITEMS: Final = """
UPDATE reconciliation_item AS i SET decision_id = t.decision_id
FROM unnest($2::text [], $3::bigint [], $4::uuid []) AS t (side, number, decision_id)
WHERE i.account_id = $1 AND i.side = t.side AND i.number = t.number AND i.decision_id IS NULL
"""
INSERT_CHUNK: Final = 5000


async def lock_account(conn: Connection, account_id: UUID) -> None:
    """Until the transaction ends nobody else decides about this account's items."""
    await conn.execute(LOCK, str(account_id))


async def be_patient(conn: Connection) -> None:
    """Let this transaction's statements take longer than a request may."""
    await conn.execute(PATIENCE)


async def learn_items(conn: Connection) -> None:
    """Tell the planner how the items are spread, before many are looked for."""
    await conn.execute(LEARN)


async def insert_setup(conn: Connection, setup: Setup) -> None:
    """Write a version, and the account's fixed facts with the first one."""
    await conn.execute(
        INSERT_ACCOUNT, setup.account_id, setup.mirrored, setup.external_account, setup.created_at
    )
    await conn.execute(
        INSERT_SETUP,
        setup.account_id,
        setup.version,
        setup.csv_mapping.model_dump(mode="json") if setup.csv_mapping else None,
        [rule.model_dump(mode="json") for rule in setup.rules],
        setup.group_days,
        setup.reference_key,
        setup.write_off_limit_minor,
        setup.reason,
        setup.created_by,
        setup.created_at,
    )


async def select_setups(
    conn: Connection, reach: Reach, after: UUID | None = None, limit: int = 50
) -> list[Setup]:
    """A page of the newest setups of accounts within reach, by account."""
    rows = await conn.fetch(SELECT_SETUPS, None, after, None, reach.community, limit)
    return [_read_setup(row) for row in rows]


async def select_setup(
    conn: Connection, account_id: UUID, version: int | None = None
) -> Setup | None:
    """An account's setup: the newest, or a version."""
    row = await conn.fetchrow(SELECT_SETUPS, account_id, None, version, None, 1)
    return _read_setup(row) if row else None


def _read_setup(row: Any) -> Setup:
    fields = dict(row)
    mapping = fields["csv_mapping"]
    fields["csv_mapping"] = CsvMapping.model_validate(mapping) if mapping else None
    fields["rules"] = tuple(Rule.model_validate(rule) for rule in fields["rules"])
    return Setup(**fields)


async def count_imported(conn: Connection, account_id: UUID, file_hash: bytes) -> int:
    """How many statements came from this very file."""
    return int(await conn.fetchval(SELECT_IMPORTED, account_id, file_hash))


async def select_statements(
    conn: Connection, account_id: UUID, before: int | None = None, limit: int = 1
) -> list[Statement]:
    """A page of statements, newest first."""
    rows = await conn.fetch(SELECT_STATEMENTS, account_id, before, limit)
    return [Statement(**dict(row)) for row in rows]


async def select_start(conn: Connection, account_id: UUID) -> tuple[int, date] | None:
    """Opening balance and day of the first statement: where reconciliation begins."""
    row = await conn.fetchrow(SELECT_FIRST_STATEMENT, account_id)
    return (row["opening_minor"], row["opened_on"]) if row else None


async def insert_statement(
    conn: Connection, one: Statement, lines: Sequence[FileLine], file_hash: bytes, place: int
) -> None:
    """Write a statement and its lines, whose amounts have the account's sign."""
    await conn.execute(
        INSERT_STATEMENT,
        one.account_id,
        one.seq,
        one.file_name,
        one.format,
        one.statement_ref,
        one.opening_minor,
        one.closing_minor,
        one.opened_on,
        one.closed_on,
        one.line_count,
        one.last_number,
        one.imported_by,
        one.imported_at,
        file_hash,
        place,
    )
    first = one.last_number - one.line_count + 1
    for chunk in batched(enumerate(lines, first), INSERT_CHUNK, strict=False):
        await conn.execute(
            INSERT_LINES,
            one.account_id,
            one.seq,
            [number for number, _ in chunk],
            [str(line.amount_minor) for _, line in chunk],
            [line.booked_on for _, line in chunk],
            [line.reference for _, line in chunk],
            [line.details for _, line in chunk],
        )


async def collect_entries(conn: Connection, setup: Setup, start: date, page: int) -> int:
    """Take the account's next entries as items; returns how many were looked at.

    An account's numbers have no gaps and are committed in order, so a cursor loses none.
    """
    after = await conn.fetchval(SELECT_COLLECTED, setup.account_id)
    row = await conn.fetchrow(
        COLLECT_ENTRIES, setup.account_id, after, page, setup.reference_key, start
    )
    if row["max"] is not None:
        await conn.execute(UPDATE_COLLECTED, setup.account_id, row["max"])
    return int(row[1])


async def count_uncollected(conn: Connection, account_id: UUID) -> int:
    """How many entries wait to be taken."""
    after = await conn.fetchval(SELECT_COLLECTED, account_id)
    return int(await conn.fetchval(COUNT_UNCOLLECTED, account_id, after) or 0)


async def count_open(conn: Connection, account_id: UUID, side: Side) -> int:
    """How many items of a side are open."""
    return int(await conn.fetchval(COUNT_OPEN, account_id, side))


async def select_open(
    conn: Connection, account_id: UUID, side: Side, after: int, limit: int
) -> list[Item]:
    """A page of open items, by number."""
    rows = await conn.fetch(SELECT_OPEN, account_id, side, after, limit)
    return [Item(**dict(row)) for row in rows]


async def select_open_numbered(
    conn: Connection, account_id: UUID, lines: Sequence[int], entries: Sequence[int]
) -> list[Item]:
    """Open items by their numbers; those that are settled or not there are left out."""
    rows = await conn.fetch(SELECT_OPEN_NUMBERED, account_id, lines, entries)
    return [Item(**dict(row)) for row in rows]


async def insert_decisions(
    conn: Connection, account_id: UUID, decisions: Sequence[Decision], at: datetime
) -> None:
    """Write decisions, and settle their items with them.

    Raises:
        NotOpen: One of the items is settled already, or is not there.
    """

    def text(minor: int | None) -> str | None:
        return None if minor is None else str(minor)

    await conn.execute(
        INSERT_DECISIONS,
        account_id,
        at,
        [one.id for one in decisions],
        [one.kind for one in decisions],
        [one.strategy for one in decisions],
        [len(one.lines) for one in decisions],
        [len(one.entries) for one in decisions],
        [text(one.lines_minor) for one in decisions],
        [text(one.entries_minor) for one in decisions],
        [text(one.tolerance_minor) for one in decisions],
        [text(one.written_off_minor) for one in decisions],
        [text(one.limit_minor) for one in decisions],
        [one.transfer_id for one in decisions],
        [one.undoes for one in decisions],
        [one.run_id for one in decisions],
        [one.reason for one in decisions],
        [one.decided_by for one in decisions],
        [one.approved_by for one in decisions],
    )
    items = [("LINE", number, one.id) for one in decisions for number in one.lines]
    items += [("ENTRY", number, one.id) for one in decisions for number in one.entries]
    settled: str = await conn.execute(
        SETTLE_ITEMS,
        account_id,
        [side for side, _, _ in items],
        [number for _, number, _ in items],
        [decision for _, _, decision in items],
    )
    if int(settled.rpartition(" ")[2]) != len(items):
        raise NotOpen("one of the items was settled meanwhile, or is not there")
