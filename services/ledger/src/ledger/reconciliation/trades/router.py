"""HTTP edge of differences between trades and escrows. Operators only."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from chassis.access import Operator
from chassis.service import OpenDatabase
from contracts.ledger import DifferenceKind
from ledger.reach import reach_of
from ledger.reconciliation.trades import queries

router = APIRouter(tags=["reconciliation"], prefix="/reconciliation")


class DifferenceAnswer(BaseModel):
    """What trade and escrow do not agree by."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    trade_id: UUID
    kind: DifferenceKind
    detail: str
    found_at: datetime
    resolved_at: datetime | None


class DifferencesAnswer(BaseModel):
    """How trades and escrows stand to each other."""

    model_config = ConfigDict(frozen=True)

    trades_known: int
    waiting: int
    oldest_waits_until: datetime | None
    open: dict[DifferenceKind, int]
    differences: list[DifferenceAnswer]


@router.get("/differences")
async def list_differences(
    caller: Operator,
    database: OpenDatabase,
    resolved: Annotated[bool, Query()] = False,  # noqa: FBT002 - a parameter of the address
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> DifferencesAnswer:
    """Trades whose escrow is not as it should be, by what both services have told."""
    reach = reach_of(caller)
    async with database.connection() as conn:
        found = await queries.select_differences(
            conn, reach=reach, resolved=resolved, after=None, limit=limit
        )
        counts = await queries.count_differences(conn, reach)
        figures = await queries.count_agreements(conn, reach)
    return DifferencesAnswer(
        trades_known=figures["known"],
        waiting=figures["waiting"],
        oldest_waits_until=figures["oldest"],
        open=counts,
        differences=[DifferenceAnswer.model_validate(one) for one in found],
    )
