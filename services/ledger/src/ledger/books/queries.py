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
    AND NOT EXISTS (SELECT FROM transparency_key) AND NOT EXISTS (SELECT FROM exchange_rate)
    AND NOT EXISTS (SELECT FROM account_group) AND NOT EXISTS (SELECT FROM trade_agreement)
"""
#: Limits of today are no limits of history: they are set when all entries are there. Version 0 says
#: that an account is being brought in.
OPEN_POLICIES: Final = {
    "floor_minor": "CASE WHEN r.owner_id IS NOT NULL THEN 1 - 10::numeric ^ 38 END",
    "soft_floor_minor": "NULL",
    "ceiling_minor": "NULL",
    "velocity_seconds": "NULL",
    "velocity_minor": "NULL",
    "accepts_gifts": "r.type = 'MAIN'",
    "frozen": "false",
    "closed": "false",
    "policy_version": "0",
}
SELECT_BELOW_FLOOR: Final = """
SELECT id, available_minor, floor_minor FROM account_balances
WHERE available_minor < floor_minor ORDER BY id LIMIT 1
"""
KEEP: Final = "CREATE TABLE kept_{table} (LIKE {table} INCLUDING DEFAULTS)"
DROP_KEPT: Final = "DROP TABLE {tables}"
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
    async with conn.transaction():
        await obey(conn, statement, *(list(column) for column in zip(*rows, strict=True)))


async def obey(conn: Connection, statement: str, *arguments: Any) -> None:
    """Run a statement, without a savepoint: some triggers want what is of this very transaction.

    Raises:
        RowRefused: By a rule; the transaction is over.
    """
    try:
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


async def drop_kept(conn: Connection, tables: Sequence[str]) -> None:
    """Away with what was kept aside."""
    await conn.execute(DROP_KEPT.format(tables=", ".join(f"kept_{table}" for table in tables)))


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


async def can_read(conn: Connection, column: Column, text: str) -> bool:
    """Whether a text is one of a column's type."""
    return bool(await conn.fetchval(CAN_READ, text, column.type))
