"""Statements of the access log."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from chassis.database import Connection
from gateway.access_log.models import AccessView

#: Ids sort by the time they were made.
SELECT_ACCESSES: Final = """
SELECT id, accessed_at, reader_id, reader_roles, what, reason, address, agent FROM access_log
WHERE subject_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
"""
INSERT_LOOKS: Final = """
INSERT INTO access_log (
    reader_id, reader_roles, subject_id, what, reason, address, agent, session_id, correlation_id
) SELECT $1, $2, w.subject_id, $4, $5, $6, $7, $8, $9
FROM unnest($3::uuid []) AS w (subject_id)
"""
ENSURE_MONTHS: Final = "SELECT ensure_access_log_partitions($1, 4)"


async def select_accesses(
    conn: Connection, subject: UUID, before: UUID | None, limit: int
) -> Sequence[AccessView]:
    """Looks at one person's data, newest first."""
    rows = await conn.fetch(SELECT_ACCESSES, subject, before, limit)
    return [AccessView.model_validate(dict(row)) for row in rows]


async def insert_looks(
    conn: Connection, look: tuple[object, ...], origin: tuple[object, ...]
) -> None:
    """Write down looks: who, as whom, at whose, what, why; and where they came from."""
    await conn.execute(INSERT_LOOKS, *look, *origin)


async def ensure_months(conn: Connection, today: date) -> None:
    """Make partitions for the months to come."""
    await conn.fetchval(ENSURE_MONTHS, today)
