"""HTTP edge of parity. Operators only."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict

from chassis.access import Operator
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.resources import Now, OpenDatabase
from contracts.search import ParityFault
from search.parity import queries
from search.parity.models import Difference

router = APIRouter(tags=["search"])


class ParityDifference(BaseModel):
    """A document that has not been what was told for longer than the grace time."""

    model_config = ConfigDict(frozen=True)

    item_id: UUID
    kind: ParityFault
    told_version: int | None
    indexed_version: int | None
    found_at: datetime | None
    agreed_at: datetime | None

    @classmethod
    def of(cls, one: Difference) -> "ParityDifference":
        """As a client sees it."""
        fault = one.fault
        return cls(
            item_id=fault.item_id,
            kind=fault.kind,
            told_version=fault.told_version,
            indexed_version=fault.indexed_version,
            found_at=one.found_at,
            agreed_at=one.agreed_at,
        )


class ParityAnswer(BaseModel):
    """How the index stands to what was told and to what there is; no round yet has no time.

    `inventoried_at` is when the marketplace had last named all its items, `ownerless` how many are
    here and were not named.
    """

    model_config = ConfigDict(frozen=True)

    items_told: int
    completed_at: datetime | None
    completed_items: int
    inventoried_at: datetime | None
    inventoried_items: int
    ownerless: int
    suspects: int
    open: dict[str, int]
    differences: list[ParityDifference]


@router.get("/search/parity")
async def get_parity(
    caller: Operator,  # noqa: ARG001 - asked for the role only
    database: OpenDatabase,
    agreed: Annotated[bool, Query()] = False,  # noqa: FBT002 - a parameter of the address
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> ParityAnswer:
    """Documents that are not what the marketplace told, and when all were last compared."""
    async with database.connection() as conn:
        found = await queries.select_differences(conn, agreed=agreed, limit=limit)
        counts = await queries.count_differences(conn)
        stand = await queries.select_round(conn)
        told = await queries.count_told(conn)
        suspects = await queries.count_suspects(conn)
        inventory = await queries.select_inventory(conn)
        ownerless, _ = await queries.count_ownerless(conn)
    return ParityAnswer(
        items_told=told,
        completed_at=stand.completed_at,
        completed_items=stand.completed_items,
        inventoried_at=inventory.completed_at,
        inventoried_items=inventory.completed_items,
        ownerless=ownerless,
        suspects=suspects,
        open=counts,
        differences=[ParityDifference.of(one) for one in found],
    )


class ComparisonBegun(BaseModel):
    """When all is compared anew."""

    begun_at: datetime


@router.post("/search/parity", status_code=202, response_model=ComparisonBegun)
async def compare_now(
    caller: Operator, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Compare the whole index now, with what was told and with the marketplace's own rows.

    What differs for longer than the grace time is told again; what belongs to nobody is removed
    when it was asked for twice in vain.
    """

    async def perform(conn: Connection) -> Answer:
        await queries.restart_round(conn, now)
        return Answer.of(202, {"begun_at": now.isoformat()})

    request = KeyedRequest(str(caller.user_id), key, "POST /v1/search/parity", {})
    return await answer_once(database, request, perform)
