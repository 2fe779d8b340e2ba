"""Statements of runs: where a run stands, and what fits an item."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.reconciliation.matching.lifecycle import OTHER
from ledger.reconciliation.models import Candidate, Item, Run, RunState, Side, Wanted

INSERT_RUN: Final = """
INSERT INTO reconciliation_run (
    id, account_id, setup_version, state, phase, cursor, examined, total, matched, started_by,
    started_at, changed_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
SELECT_RUN: Final = """
SELECT id, account_id, setup_version, state, phase, cursor, examined, total, matched, started_by,
    started_at, changed_at
FROM reconciliation_run WHERE id = $1
"""
SELECT_RUNS: Final = """
SELECT id, account_id, setup_version, state, phase, cursor, examined, total, matched, started_by,
    started_at, changed_at
FROM reconciliation_run WHERE account_id = $1 AND ($2::uuid IS NULL OR id < $2)
ORDER BY id DESC LIMIT $3
"""
#: Longest untouched first.
SELECT_ACTIVE: Final = """
SELECT id FROM reconciliation_run WHERE state = 'ACTIVE' ORDER BY changed_at LIMIT 10
"""
#: A run that another worker is at is left to it.
TAKE_RUN: Final = """
SELECT id, account_id, setup_version, state, phase, cursor, examined, total, matched, started_by,
    started_at, changed_at
FROM reconciliation_run WHERE id = $1 AND state = 'ACTIVE' FOR UPDATE SKIP LOCKED
"""
LOCK_RUN: Final = "SELECT state FROM reconciliation_run WHERE id = $1 FOR UPDATE"
UPDATE_RUN: Final = """
UPDATE reconciliation_run SET state = $2, phase = $3, cursor = $4, examined = $5, total = $6,
    matched = $7, changed_at = $8
WHERE id = $1
"""
MOVE_RUN: Final = "UPDATE reconciliation_run SET state = $2, changed_at = $3 WHERE id = $1"
#: Twenty are enough to choose from: a page whose items took them all from each other is repeated.
SELECT_BY_REFERENCE: Final = """
SELECT w.number AS wanted, c.number, c.amount_minor, c.booked_on
FROM unnest($3::bigint [], $4::text [], $5::text [], $6::date [], $7::integer [], $8::text [])
    AS w (number, reference, amount_minor, booked_on, days, tolerance_minor)
CROSS JOIN LATERAL (
    SELECT i.number, i.amount_minor, i.booked_on FROM reconciliation_item AS i
    WHERE i.account_id = $1 AND i.side = $2 AND i.decision_id IS NULL
        AND i.reference = w.reference
        AND i.amount_minor BETWEEN w.amount_minor::numeric - w.tolerance_minor::numeric
        AND w.amount_minor::numeric + w.tolerance_minor::numeric
        AND i.booked_on BETWEEN w.booked_on - w.days AND w.booked_on + w.days
    ORDER BY abs(i.booked_on - w.booked_on), i.number LIMIT 20
) AS c
"""
#: Two are enough to see that there is a choice. `+ 0`: as the index has it.
SELECT_BY_AMOUNT: Final = """
SELECT w.number AS wanted, c.number, c.amount_minor, c.booked_on
FROM unnest($3::bigint [], $4::text [], $5::date [], $6::integer [], $7::text [])
    AS w (number, amount_minor, booked_on, days, tolerance_minor)
CROSS JOIN LATERAL (
    SELECT i.number, i.amount_minor, i.booked_on FROM reconciliation_item AS i
    WHERE i.account_id = $1 AND i.side = $2 AND i.decision_id IS NULL
        AND i.amount_minor + 0 BETWEEN w.amount_minor::numeric - w.tolerance_minor::numeric
        AND w.amount_minor::numeric + w.tolerance_minor::numeric
        AND i.booked_on BETWEEN w.booked_on - w.days AND w.booked_on + w.days
    LIMIT 2
) AS c
"""
#: Sums of everything that carries the item's reference: a batch, and what it consists of.
SELECT_SUMS: Final = """
SELECT w.number AS wanted, c.numbers
FROM unnest($3::bigint [], $4::text [], $5::text []) AS w (number, reference, amount_minor)
CROSS JOIN LATERAL (
    SELECT array_agg(i.number ORDER BY i.number) AS numbers, sum(i.amount_minor) AS total
    FROM (
        SELECT i.number, i.amount_minor FROM reconciliation_item AS i
        WHERE i.account_id = $1 AND i.side = $2 AND i.decision_id IS NULL
            AND i.reference = w.reference
        ORDER BY i.amount_minor LIMIT 1001
    ) AS i
) AS c
WHERE c.total = w.amount_minor::numeric AND cardinality(c.numbers) BETWEEN 2 AND 1000
"""
#: One more than may be searched, so that the search knows that there are too many.
SELECT_PARTS: Final = """
SELECT w.number AS wanted, c.number, c.amount_minor, c.booked_on
FROM unnest($3::bigint [], $4::text [], $5::date []) AS w (number, amount_minor, booked_on)
CROSS JOIN LATERAL (
    SELECT i.number, i.amount_minor, i.booked_on FROM reconciliation_item AS i
    WHERE i.account_id = $1 AND i.side = $2 AND i.decision_id IS NULL
        AND i.booked_on + 0 BETWEEN w.booked_on - $6::integer AND w.booked_on + $6::integer
        AND sign(i.amount_minor) = sign(w.amount_minor::numeric)
        AND abs(i.amount_minor) < abs(w.amount_minor::numeric)
    ORDER BY i.number LIMIT $7
) AS c
"""


async def insert_run(conn: Connection, run: Run) -> None:
    """Write a new run."""
    await conn.execute(
        INSERT_RUN,
        run.id,
        run.account_id,
        run.setup_version,
        run.state,
        run.phase,
        run.cursor,
        run.examined,
        run.total,
        dict(run.matched),
        run.started_by,
        run.started_at,
        run.changed_at,
    )


async def select_run(conn: Connection, run_id: UUID) -> Run | None:
    """A run as it stands."""
    row = await conn.fetchrow(SELECT_RUN, run_id)
    return Run(**dict(row)) if row else None


async def select_runs(
    conn: Connection, account_id: UUID, before: UUID | None, limit: int
) -> list[Run]:
    """A page of an account's runs, newest first."""
    return [Run(**dict(row)) for row in await conn.fetch(SELECT_RUNS, account_id, before, limit)]


async def select_active(conn: Connection) -> list[UUID]:
    """Runs that wait for their next page."""
    return [row["id"] for row in await conn.fetch(SELECT_ACTIVE)]


async def take_run(conn: Connection, run_id: UUID) -> Run | None:
    """An active run, unless somebody is at it; locked."""
    row = await conn.fetchrow(TAKE_RUN, run_id)
    return Run(**dict(row)) if row else None


async def update_run(conn: Connection, run: Run) -> None:
    """Write where a run stands now."""
    await conn.execute(
        UPDATE_RUN,
        run.id,
        run.state,
        run.phase,
        run.cursor,
        run.examined,
        run.total,
        dict(run.matched),
        run.changed_at,
    )


async def lock_run(conn: Connection, run_id: UUID) -> RunState | None:
    """Lock a run; its state."""
    state: RunState | None = await conn.fetchval(LOCK_RUN, run_id)
    return state


async def move_run(conn: Connection, run_id: UUID, state: RunState, at: datetime) -> None:
    """Write a run's state only."""
    await conn.execute(MOVE_RUN, run_id, state, at)


async def select_fitting(
    conn: Connection, account_id: UUID, side: Side, wanted: Sequence[Wanted]
) -> list[Candidate]:
    """Open items of the other side with the wanted references."""
    rows = await conn.fetch(
        SELECT_BY_REFERENCE,
        account_id,
        OTHER[side],
        [one.number for one in wanted],
        [one.reference for one in wanted],
        [str(one.amount_minor) for one in wanted],
        [one.booked_on for one in wanted],
        [one.days for one in wanted],
        [str(one.tolerance_minor) for one in wanted],
    )
    return _candidates(rows)


async def select_alike(
    conn: Connection, account_id: UUID, side: Side, wanted: Sequence[Wanted]
) -> list[Candidate]:
    """Up to two open items of the other side for each, by amount and day only."""
    rows = await conn.fetch(
        SELECT_BY_AMOUNT,
        account_id,
        OTHER[side],
        [one.number for one in wanted],
        [str(one.amount_minor) for one in wanted],
        [one.booked_on for one in wanted],
        [one.days for one in wanted],
        [str(one.tolerance_minor) for one in wanted],
    )
    return _candidates(rows)


async def select_sums(
    conn: Connection, account_id: UUID, side: Side, items: Sequence[Item]
) -> Mapping[int, tuple[int, ...]]:
    """For each item, the items of the other side with its reference, if they make its amount."""
    named = [item for item in items if item.reference]
    rows = await conn.fetch(
        SELECT_SUMS,
        account_id,
        OTHER[side],
        [item.number for item in named],
        [item.reference for item in named],
        [str(item.amount_minor) for item in named],
    )
    return {row["wanted"]: tuple(row["numbers"]) for row in rows}


async def select_parts(
    conn: Connection, account_id: UUID, side: Side, items: Sequence[Item], days: int, limit: int
) -> list[Candidate]:
    """For each item, smaller ones of the other side that could be parts of it."""
    rows = await conn.fetch(
        SELECT_PARTS,
        account_id,
        OTHER[side],
        [item.number for item in items],
        [str(item.amount_minor) for item in items],
        [item.booked_on for item in items],
        days,
        limit,
    )
    return _candidates(rows)


def _candidates(rows: Sequence[Any]) -> list[Candidate]:
    return [Candidate(**dict(row)) for row in rows]
