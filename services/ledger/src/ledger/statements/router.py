"""HTTP edge of statements."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.access import Person
from chassis.problems import Malformed
from chassis.service import Now, OpenDatabase
from ledger.moments import Moment
from ledger.reach import reach_of
from ledger.statements.lifecycle import read_cursor, render_statement
from ledger.statements.models import Period, Place, StatementAnswer
from ledger.statements.read import read_statement

router = APIRouter(tags=["statements"])


@router.get("/accounts/{account_id}/statement")
async def get_statement(  # noqa: PLR0913, PLR0917 - each is a parameter of the address
    account_id: UUID,
    caller: Person,
    database: OpenDatabase,
    now: Now,
    begins: Annotated[Moment, Query(alias="from")],
    ends: Annotated[Moment, Query(alias="to")],
    known_at: Moment | None = None,
    cursor: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> StatementAnswer:
    """What took effect from `from` up to and without `to`; opening and entries make closing."""
    if ends <= begins:
        raise _wrong("to", "is later than from")
    period = Period(begins, ends, known_at)
    after = _read_cursor(cursor, period)
    async with (
        database.connection() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        found = await read_statement(
            conn, account_id, period, reach=reach_of(caller), after=after, limit=limit
        )
    return render_statement(found, period, now)


def _read_cursor(cursor: str | None, period: Period) -> Place | None:
    if cursor is None:
        return None
    place = read_cursor(cursor)
    if place is None or not period.begins <= place.effective_at < period.ends:
        raise _wrong("cursor", "is a next_cursor of this statement")
    return place


def _wrong(field: str, rule: str) -> Malformed:
    return Malformed(
        f"check {field}: it {rule}", errors=[{"field": field, "rule": "period", "message": rule}]
    )
