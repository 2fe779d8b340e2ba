"""HTTP edge of refused attempts, for operators."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.access import Operator
from chassis.context import look
from chassis.service import OpenDatabase
from ledger.accounts.look_at import look_at_accounts
from ledger.moments import Moment
from ledger.reach import reach_of
from ledger.refused_attempts.browse import browse_refused_attempts
from ledger.refused_attempts.models import Filters, RefusedAttemptsAnswer, render_attempt

router = APIRouter(tags=["refused attempts"])


@router.get("/refused-attempts")
async def list_refused_attempts(  # noqa: PLR0913, PLR0917 - each is a parameter of the address
    caller: Operator,
    database: OpenDatabase,
    account: UUID | None = None,
    user: UUID | None = None,
    rule: Annotated[str | None, Query(pattern="^[a-z][a-z-]{0,79}$")] = None,
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Annotated[Moment | None, Query(alias="to")] = None,
    cursor: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RefusedAttemptsAnswer:
    """Attempts to move money that a rule refused, newest first. Operators only.

    By account, by who tried, by the problem's name, and from a time up to and without another.
    """
    filters = Filters(account, user, rule, since, until, reach_of(caller).community)
    async with database.connection() as conn:
        page, following = await browse_refused_attempts(conn, filters, before=cursor, limit=limit)
        await look_at_accounts(conn, [one.account_id for one in page])
    look(*(one.initiated_by for one in page))
    return RefusedAttemptsAnswer(
        refused_attempts=[render_attempt(one) for one in page], next_cursor=following
    )
