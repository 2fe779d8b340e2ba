"""HTTP edge of reputation."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.access import Operator, Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.service import Now, OpenDatabase
from marketplace.reputations.models import ReputationView
from marketplace.reputations.recount import recount_reputations
from marketplace.reputations.show import show_reputation

router = APIRouter(tags=["ratings"])


@router.get("/members/{user_id}/reputation")
async def get_reputation(user_id: UUID, caller: Person, database: OpenDatabase) -> ReputationView:
    """What trades and ratings say of a member of one's community, with everything it is made of."""
    async with database.connection() as conn:
        return await show_reputation(conn, user_id, caller)


@router.post("/members/{user_id}/reputation/recount", response_model=ReputationView)
async def post_recount(
    user_id: UUID, caller: Operator, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """An operator has a member's reputation made anew from their trades and ratings."""

    async def perform(conn: Connection) -> Answer:
        await show_reputation(conn, user_id, caller)
        await recount_reputations(conn, [user_id], now=now)
        view = await show_reputation(conn, user_id, caller)
        return Answer.of(200, view.model_dump(mode="json"))

    route = f"POST /v1/members/{user_id}/reputation/recount"
    request = KeyedRequest(str(caller.user_id), key, route, {})
    return await answer_once(database, request, perform)
