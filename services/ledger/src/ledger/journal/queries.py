"""Statements of the journal: lock and read positions, write what was decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import starmap
from typing import Any, Final
from uuid import UUID

import orjson

from chassis.columns import join_column
from chassis.database import Connection
from ledger.journal.models import Declined, Head, Position, Posted, Velocity

#: Amounts travel as text: NUMERIC(38,0) is wider than any integer that the driver knows.
LOCK_ACCOUNTS: Final = """
SELECT id, owner_id, type, asset, floor_minor::text, ceiling_minor::text, frozen, closed,
    account_seq, balance_minor::text, held_minor::text, posted_at, soft_floor_minor::text,
    velocity_seconds, velocity_minor::text []
FROM lock_accounts_v2($1)
"""
SELECT_POSITIONS: Final = """
SELECT a.id, a.owner_id, a.type, a.asset, a.floor_minor::text, a.ceiling_minor::text, a.frozen,
    a.closed, coalesce(h.account_seq, 0), coalesce(h.balance_after_minor, 0)::text,
    coalesce(h.held_after_minor, 0)::text, h.posted_at, a.soft_floor_minor::text,
    a.velocity_seconds, a.velocity_minor::text [], a.policy_version
FROM account AS a
LEFT JOIN LATERAL (
    SELECT e.account_seq, e.balance_after_minor, e.held_after_minor, e.posted_at
    FROM entry AS e WHERE e.account_id = a.id ORDER BY e.account_seq DESC LIMIT 1
) AS h ON true
WHERE a.id = ANY($1::uuid [])
"""
#: What has gone out of accounts in their windows; asked only for those that have any.
SELECT_OUTFLOWS: Final = """
SELECT w.account_id, w.place,
    get_account_outflow(
        w.account_id, $1::timestamptz - make_interval(secs => w.seconds), $1::timestamptz
    )::text
FROM unnest($2::uuid [], $3::integer [], $4::integer []) AS w (account_id, place, seconds)
"""
#: Each column travels as one text: the driver spends more on an array's elements than all else.
INSERT_POSTINGS: Final = """
WITH wanted AS MATERIALIZED (
    SELECT id::uuid AS id, kind, entry_count::smallint AS entry_count,
        coalesce(effective_at::timestamptz, $1) AS effective_at, reverses::uuid AS reverses,
        initiated_by::uuid AS initiated_by, correlation_id, metadata::jsonb AS metadata
    FROM unnest(
        string_to_array($2, E'\x1f'), string_to_array($3, E'\x1f'),
        string_to_array($4, E'\x1f'), string_to_array($5, E'\x1f', ''),
        string_to_array($6, E'\x1f', ''), string_to_array($7, E'\x1f', ''),
        string_to_array($8, E'\x1f', ''), string_to_array($9, E'\x1f')
    ) AS t (
        id, kind, entry_count, effective_at, reverses, initiated_by, correlation_id, metadata
    )
), written AS (
    INSERT INTO transfer (
        id, kind, entry_count, effective_at, posted_at, reverses, initiated_by,
        correlation_id, metadata
    )
    SELECT id, kind, entry_count, effective_at, $1, reverses, initiated_by, correlation_id,
        metadata
    FROM wanted
)
INSERT INTO entry (
    account_id, account_seq, transfer_id, position, asset, amount_minor, balance_after_minor,
    held_after_minor, held_minor, effective_at, posted_at
)
SELECT e.account_id::uuid, e.account_seq::bigint, t.id, e.position::smallint, e.asset,
    e.amount_minor::numeric(38, 0), e.balance_after_minor::numeric(38, 0),
    e.held_after_minor::numeric(38, 0), e.held_minor::numeric(38, 0), t.effective_at, $1
FROM unnest(
    string_to_array($10, E'\x1f'), string_to_array($11, E'\x1f'),
    string_to_array($12, E'\x1f'), string_to_array($13, E'\x1f'),
    string_to_array($14, E'\x1f'), string_to_array($15, E'\x1f'),
    string_to_array($16, E'\x1f'), string_to_array($17, E'\x1f'),
    string_to_array($18, E'\x1f', '')
) AS e (
    account_id, account_seq, transfer_id, position, asset, amount_minor, balance_after_minor,
    held_after_minor, held_minor
)
INNER JOIN wanted AS t ON t.id = e.transfer_id::uuid
"""
_SEPARATOR: Final = "\x1f"
#: See the function: what was decided before the lock is written if it still holds.
POST_DECIDED: Final = "SELECT post_decided($1, $2, $3, $4, $5, $6, $7)"
INSERT_REFUSED_ATTEMPTS: Final = """
INSERT INTO refused_attempt (
    attempted_at, transfer_id, kind, initiated_by, account_id, asset, rule, limit_minor,
    beyond_minor, detail, correlation_id
)
SELECT $1, transfer_id, kind, initiated_by, account_id, asset, rule, limit_minor::numeric(38, 0),
    beyond_minor::numeric(39, 0), detail, correlation_id
FROM unnest(
    $2::uuid [], $3::text [], $4::uuid [], $5::uuid [], $6::text [], $7::text [], $8::text [],
    $9::text [], $10::text [], $11::text []
) AS r (
    transfer_id, kind, initiated_by, account_id, asset, rule, limit_minor, beyond_minor, detail,
    correlation_id
)
"""


async def lock_accounts(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, Position]:
    """Lock accounts in id order and read their positions; unknown ones are left out."""
    return {row[0]: _read_position(row) for row in await conn.fetch(LOCK_ACCOUNTS, ids)}


async def select_positions(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, Position]:
    """Read positions without a lock: they may move at any time."""
    return {row[0]: _read_position(row) for row in await conn.fetch(SELECT_POSITIONS, ids)}


def _read_position(row: Any) -> Position:
    (
        account_id, owner, kind, asset, floor, ceiling, frozen, closed, seq, balance, held, at,
        soft_floor, seconds, limits, *version,
    ) = row  # fmt: skip
    return Position(
        # The driver's own ids take JSON three times as long.
        UUID(bytes=account_id.bytes),
        None if owner is None else UUID(bytes=owner.bytes),
        kind,
        asset,
        None if floor is None else int(floor),
        None if ceiling is None else int(ceiling),
        frozen,
        closed,
        seq,
        int(balance),
        int(held),
        at,
        None if soft_floor is None else int(soft_floor),
        tuple(sorted(starmap(_velocity, zip(seconds, limits, strict=True)), key=_window))
        if seconds
        else (),
        *version,
    )


def _velocity(seconds: int, limit: str) -> Velocity:
    return Velocity(seconds, int(limit))


def _window(velocity: Velocity) -> int:
    return velocity.window_seconds


async def add_outflows(
    conn: Connection, positions: Mapping[UUID, Position], until: datetime
) -> dict[UUID, Position]:
    """The positions, those with velocities together with what has gone out in their windows.

    Args:
        conn: The connection that has them locked, to decide; any, to preview.
        positions: Accounts.
        until: When a batch would be posted: the end of each window.
    """
    asked = [
        (one.account_id, place, velocity.window_seconds)
        for one in positions.values()
        for place, velocity in enumerate(one.velocity)
    ]
    rows = await conn.fetch(SELECT_OUTFLOWS, until, *map(list, zip(*asked, strict=True)))
    used = {(row[0], row[1]): int(row[2]) for row in rows}
    return {
        account_id: replace(
            one,
            velocity=tuple(
                replace(velocity, used_minor=used[account_id, place])
                for place, velocity in enumerate(one.velocity)
            ),
        )
        if one.velocity
        else one
        for account_id, one in positions.items()
    }


async def insert_postings(conn: Connection, posted: Sequence[Posted]) -> None:
    """Write transfers of one moment and their entries, all in one statement."""
    entries = [
        (verdict.transfer.id, position, entry)
        for verdict in posted
        for position, entry in enumerate(verdict.entries, 1)
    ]
    transfers = [verdict.transfer for verdict in posted]
    await conn.execute(
        INSERT_POSTINGS,
        posted[0].posted_at,
        _column(transfer.id.hex for transfer in transfers),
        _column(transfer.kind for transfer in transfers),
        _column(str(len(verdict.entries)) for verdict in posted),
        _column(_text(transfer.effective_at) for transfer in transfers),
        _column(_text(transfer.reverses) for transfer in transfers),
        _column(_text(transfer.initiated_by) for transfer in transfers),
        _column(_text(transfer.cause.correlation_id) for transfer in transfers),
        _column(orjson.dumps(transfer.metadata).decode() for transfer in transfers),
        _column(entry.account_id.hex for _, _, entry in entries),
        _column(str(entry.account_seq) for _, _, entry in entries),
        _column(transfer_id.hex for transfer_id, _, _ in entries),
        _column(str(position) for _, position, _ in entries),
        _column(entry.asset for _, _, entry in entries),
        _column(str(entry.amount_minor) for _, _, entry in entries),
        _column(str(entry.balance_after_minor) for _, _, entry in entries),
        _column(str(entry.held_after_minor) for _, _, entry in entries),
        _column(str(entry.held_minor) if entry.held_minor else "" for _, _, entry in entries),
    )


async def post_decided(
    conn: Connection,
    decided_on: Sequence[Head],
    posted: Sequence[Posted],
    *,
    asked: list[str],
    events: list[str],
    answers: list[str],
) -> str:
    """Hold keys, lock accounts, and write all of it unless something has moved: one round trip.

    Args:
        conn: Outside any transaction: the call is one by itself.
        decided_on: Accounts in order of their ids, as they were.
        posted: Transfers of one moment, none of which holds money.
        asked: Columns of the keys.
        events: Columns of the outbox.
        answers: Columns of the answers, in the order of the keys.

    Returns:
        `posted`, `answered` or `moved`; the last two have written nothing.
    """
    found: str = await conn.fetchval(
        POST_DECIDED,
        posted[0].posted_at,
        asked,
        [
            join_column([one.account_id.hex for one in decided_on]),
            join_column([str(one.account_seq) for one in decided_on]),
            join_column([str(one.policy_version) for one in decided_on]),
            join_column([str(one.balance_minor) for one in decided_on]),
            join_column([str(one.held_minor) for one in decided_on]),
            join_column([_say(one.posted_at) for one in decided_on]),
        ],
        _transfers_in_columns(posted),
        _entries_in_columns(posted),
        events,
        answers,
    )
    return found


def _transfers_in_columns(posted: Sequence[Posted]) -> list[str]:
    transfers = [verdict.transfer for verdict in posted]
    return [
        join_column([one.id.hex for one in transfers]),
        join_column([one.kind for one in transfers]),
        join_column([str(len(verdict.entries)) for verdict in posted]),
        join_column([_say(one.effective_at) for one in transfers]),
        join_column([_say(one.reverses) for one in transfers]),
        join_column([_say(one.initiated_by) for one in transfers]),
        join_column([_say(one.cause.correlation_id) for one in transfers]),
        join_column([orjson.dumps(one.metadata).decode() for one in transfers]),
    ]


def _entries_in_columns(posted: Sequence[Posted]) -> list[str]:
    entries = [entry for verdict in posted for entry in verdict.entries]
    return [
        join_column([entry.account_id.hex for entry in entries]),
        join_column([str(entry.account_seq) for entry in entries]),
        join_column([verdict.transfer.id.hex for verdict in posted for _ in verdict.entries]),
        join_column([str(n) for one in posted for n in range(1, len(one.entries) + 1)]),
        join_column([entry.asset for entry in entries]),
        join_column([str(entry.amount_minor) for entry in entries]),
        join_column([str(entry.balance_after_minor) for entry in entries]),
        join_column([str(entry.held_after_minor) for entry in entries]),
        join_column([_say(one.transfer.effective_at) for one in posted for _ in one.entries]),
    ]


def _say(value: object) -> str:
    return "" if value is None else str(value)


def _column(values: Iterable[str]) -> str:
    """Values as one text. JSON escapes the separator, and `_text` leaves it out."""
    return _SEPARATOR.join(values)


def _text(value: object) -> str:
    return "" if value is None else str(value).replace(_SEPARATOR, "")


async def insert_refused_attempts(
    conn: Connection, declined: Sequence[Declined], at: datetime
) -> None:
    """Keep who tried what, which rule refused it, and by how much it was broken."""

    def text(minor: int | None) -> str | None:
        return None if minor is None else str(minor)

    await conn.execute(
        INSERT_REFUSED_ATTEMPTS,
        at,
        [verdict.transfer.id for verdict in declined],
        [verdict.transfer.kind for verdict in declined],
        [verdict.transfer.initiated_by for verdict in declined],
        [verdict.account_id for verdict in declined],
        [verdict.asset for verdict in declined],
        [verdict.problem.slug() for verdict in declined],
        [text(verdict.limit_minor) for verdict in declined],
        [text(verdict.beyond_minor) for verdict in declined],
        [verdict.problem.detail for verdict in declined],
        [verdict.transfer.cause.correlation_id for verdict in declined],
    )
