"""Statements over whole tables, written for the columns that there are."""

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import asyncpg

from chassis.database import Connection
from ledger.books.tables import Column, Line, Shape, Table

PAGE: Final = 5_000
SELECT_COLUMNS: Final = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attidentity <> '' FROM pg_attribute AS a
WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
SELECT_SNAPSHOT: Final = "SELECT pg_current_snapshot()::text"
SELECT_ROWS: Final = "SELECT {columns} FROM {table} ORDER BY {key}"
COUNT_ROWS: Final = "SELECT count(*) FROM {table}"
#: One array of texts a column: the database reads each text as it wrote it.
INSERT_ROWS: Final = """
INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE
SELECT {values} FROM unnest({arrays}) AS r ({columns})
"""
SELECT_EMPTY: Final = """
SELECT NOT EXISTS (SELECT FROM account) AND NOT EXISTS (SELECT FROM transfer)
    AND NOT EXISTS (SELECT FROM refused_attempt) AND NOT EXISTS (SELECT FROM fee_schedule)
    AND NOT EXISTS (SELECT FROM transparency_key)
"""
#: Limits of today are no limits of history: they are set when all entries are there.
OPEN_POLICIES: Final = {
    "floor_minor": "CASE WHEN r.owner_id IS NOT NULL THEN 1 - 10::numeric ^ 38 END",
    "ceiling_minor": "NULL",
    "frozen": "false",
    "closed": "false",
}
SET_POLICIES: Final = """
UPDATE account AS a SET floor_minor = r.floor_minor::numeric,
    ceiling_minor = r.ceiling_minor::numeric, frozen = r.frozen::boolean, closed = r.closed::boolean
FROM unnest($1::text [], $2::text [], $3::text [], $4::text [], $5::text [])
    AS r (id, floor_minor, ceiling_minor, frozen, closed)
WHERE a.id = r.id::uuid
"""
SELECT_BELOW_FLOOR: Final = """
SELECT id, available_minor, floor_minor FROM account_balances
WHERE available_minor < floor_minor ORDER BY id LIMIT 1
"""
BEGIN_RESERVATIONS: Final = """
INSERT INTO reservation (
    id, account_id, asset, amount_minor, captured_minor, released_minor, state, to_account, memo,
    created_by, created_at, expires_at, changed_at, version, moved_by
)
SELECT k.id, k.account_id, k.asset, k.amount_minor, 0, 0, 'ACTIVE', k.to_account, k.memo,
    k.created_by, k.created_at, k.expires_at, k.created_at, 1, m.transfer_id
FROM kept_reservation AS k
INNER JOIN kept_reservation_move AS m ON m.reservation_id = k.id AND m.version = 1
"""
#: Each version by itself, so that every move is judged as it was when it was made.
MOVE_RESERVATIONS: Final = """
UPDATE reservation AS r SET state = m.state, version = m.version, moved_by = m.transfer_id,
    changed_at = m.moved_at, captured_minor = r.captured_minor + m.captured_minor,
    released_minor = CASE WHEN m.state = 'ACTIVE' THEN 0
        ELSE r.amount_minor - r.captured_minor - m.captured_minor END
FROM kept_reservation_move AS m
WHERE m.reservation_id = r.id AND m.version = $1
"""
LAST_VERSION: Final = "SELECT coalesce(max(version), 1) FROM kept_reservation_move"
SET_TIMERS: Final = """
INSERT INTO timer (kind, key, due_at)
SELECT 'reservations.expire', id::text, expires_at FROM reservation WHERE state = 'ACTIVE'
"""
BEGIN_ESCROWS: Final = """
INSERT INTO escrow (
    id, payer_id, payee_id, asset, amount_minor, state, version, funded_by, reason, created_at,
    changed_at
)
SELECT id, CASE WHEN version < 3 THEN payer_id END, CASE WHEN version < 3 THEN payee_id END,
    CASE WHEN version < 3 THEN asset END, CASE WHEN version < 3 THEN amount_minor END,
    CASE WHEN version = 3 THEN 'REFUNDED' WHEN version = 1 THEN state
        WHEN funded_by IS NULL THEN 'REFUSED' ELSE 'FUNDED' END,
    1, funded_by, reason, created_at, CASE WHEN version = 1 THEN changed_at ELSE created_at END
FROM kept_escrow
"""
MOVE_ESCROWS: Final = """
UPDATE escrow AS c SET payer_id = k.payer_id, payee_id = k.payee_id, asset = k.asset,
    amount_minor = k.amount_minor, fee_minor = k.fee_minor, state = k.state, version = k.version,
    settled_by = k.settled_by, reason = k.reason, changed_at = k.changed_at
FROM kept_escrow AS k WHERE k.id = c.id AND k.version > 1
"""
KEEP: Final = "CREATE TABLE kept_{table} (LIKE {table})"
DROP_KEPT: Final = "DROP TABLE kept_reservation, kept_reservation_move, kept_escrow"
FORGET_PENDING: Final = """
DELETE FROM transparency_pending AS w USING transparency_leaf AS l
WHERE l.transfer_id = w.transfer_id
"""
CAN_READ: Final = "SELECT pg_input_is_valid($1, $2)"
EXAMINE: Final = "SET CONSTRAINTS ALL IMMEDIATE"
RESTART: Final = """
ALTER TABLE {table} ALTER COLUMN {column} RESTART WITH {next}
"""
SELECT_NEXT: Final = "SELECT coalesce(max({column}), 0) + 1 FROM {table}"
PREPARE: Final = """
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL timezone = 'UTC'
"""
BECOME_OWNER: Final = "SET LOCAL ROLE ledger_owner; SET LOCAL search_path = ledger, extensions"

_MOMENT: Final = """to_char({}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


class RowRefused(Exception):
    """The database refused a statement by a rule, or could not read a value."""

    def __init__(self, rule: str, detail: str) -> None:
        """Which rule, and what the database said."""
        super().__init__(detail)
        self.rule, self.detail = rule, detail


async def prepare(conn: Connection, *, owner: bool = False) -> None:
    """Make ready for long work in this transaction."""
    await conn.execute(PREPARE)
    if owner:
        await conn.execute(BECOME_OWNER)


async def select_shape(conn: Connection, table: Table) -> Shape:
    """A table with the columns that it has."""
    rows = await conn.fetch(SELECT_COLUMNS, table.name)
    return Shape(table, tuple(Column(*row) for row in rows))


async def select_snapshot(conn: Connection) -> str:
    """What this transaction sees; the same again only if nobody has written since."""
    return str(await conn.fetchval(SELECT_SNAPSHOT))


async def count_rows(conn: Connection, table: Table) -> int:
    """Rows of a table."""
    return int(await conn.fetchval(COUNT_ROWS.format(table=table.name)))


async def select_rows(conn: Connection, shape: Shape) -> AsyncIterator[list[Line]]:
    """All rows as texts, in the order of the key, a page at a time."""
    statement = SELECT_ROWS.format(
        columns=", ".join(_written(column) for column in shape.columns),
        table=shape.table.name,
        key=", ".join(_ordered(shape, name) for name in shape.table.key),
    )
    cursor = await conn.cursor(statement)
    while rows := await cursor.fetch(PAGE):
        yield [tuple(row) for row in rows]


def _ordered(shape: Shape, name: str) -> str:
    """The column, not its text; texts in the same order everywhere."""
    [kind] = [column.type for column in shape.columns if column.name == name]
    collation = ' COLLATE "C"' if kind == "text" else ""
    return f"{shape.table.name}.{name}{collation}"


def _written(column: Column) -> str:
    match column.type:
        case "timestamp with time zone":
            return _MOMENT.format(column.name)
        case "bytea":
            return f"encode({column.name}, 'hex')"
        case _:
            return f"{column.name}::text"


def _read(column: Column) -> str:
    value = f"r.{column.name}"
    return f"decode({value}, 'hex')" if column.type == "bytea" else f"{value}::{column.type}"


async def insert_rows(conn: Connection, shape: Shape, rows: Sequence[Line], into: str = "") -> None:
    """Write rows as their texts say.

    Raises:
        RowRefused: By a rule, or because a text is none of its type.
    """
    table = into or shape.table.name
    values = [
        OPEN_POLICIES.get(column.name, _read(column)) if table == "account" else _read(column)
        for column in shape.columns
    ]
    statement = INSERT_ROWS.format(
        table=table,
        columns=", ".join(shape.names),
        values=", ".join(values),
        arrays=", ".join(f"${place}::text []" for place in range(1, len(values) + 1)),
    )
    await _obey(conn, statement, *(list(column) for column in zip(*rows, strict=True)))


async def obey(conn: Connection, statement: str, *arguments: Any) -> None:
    """Run a statement of this module.

    Raises:
        RowRefused: By a rule.
    """
    await _obey(conn, statement, *arguments)


async def _obey(conn: Connection, statement: str, *arguments: Any) -> None:
    try:
        async with conn.transaction():
            await conn.execute(statement, *arguments)
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        named = getattr(error, "constraint_name", None) or re.sub(
            r"(?<!^)(?=[A-Z])", "_", type(error).__name__
        ).lower().removesuffix("_error")
        raise RowRefused(named, str(error)) from error


async def is_empty(conn: Connection) -> bool:
    """Whether nobody has written in these books."""
    return bool(await conn.fetchval(SELECT_EMPTY))


async def keep_aside(conn: Connection, table: str) -> str:
    """A table that only this transaction sees, of the same columns; returns its name."""
    await conn.execute(KEEP.format(table=table))
    return f"kept_{table}"


async def replay_reservations(conn: Connection) -> None:
    """Begin every reservation, and move all of them version by version."""
    await _obey(conn, BEGIN_RESERVATIONS)
    for version in range(2, int(await conn.fetchval(LAST_VERSION)) + 1):
        await _obey(conn, MOVE_RESERVATIONS, version)
    await conn.execute(SET_TIMERS)


async def replay_escrows(conn: Connection) -> None:
    """Begin every escrow, and move those that went on."""
    await _obey(conn, BEGIN_ESCROWS)
    await _obey(conn, MOVE_ESCROWS)


async def find_below_floor(conn: Connection) -> str | None:
    """An account that is below its floor, in words."""
    row = await conn.fetchrow(SELECT_BELOW_FLOOR)
    return f"account {row[0]} has {row[1]}, its floor is {row[2]}" if row else None


async def restart(conn: Connection, shape: Shape) -> None:
    """Let numbers that the database gives go on behind those that are there."""
    for column in shape.columns:
        if column.generated:
            names = {"table": shape.table.name, "column": column.name}
            follows = await conn.fetchval(SELECT_NEXT.format(**names))
            await conn.execute(RESTART.format(**names, next=int(follows)))


async def set_policies(conn: Connection, policies: Sequence[Sequence[str | None]]) -> None:
    """Give accounts the policies that they have."""
    await _obey(conn, SET_POLICIES, *(list(column) for column in zip(*policies, strict=True)))


async def can_read(conn: Connection, column: Column, text: str) -> bool:
    """Whether a text is one of a column's type."""
    return bool(await conn.fetchval(CAN_READ, text, column.type))
