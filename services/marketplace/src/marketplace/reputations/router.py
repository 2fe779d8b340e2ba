"""HTTP edge of reputation."""

from uuid import UUID

from fastapi import APIRouter

from chassis.access import Person
from chassis.service import OpenDatabase
from marketplace.reputations.models import ReputationView
from marketplace.reputations.show import show_reputation

router = APIRouter(tags=["ratings"])


@router.get("/members/{user_id}/reputation")
async def get_reputation(user_id: UUID, caller: Person, database: OpenDatabase) -> ReputationView:
    """What trades and ratings say of a member of one's community, with everything it is made of."""
    async with database.connection() as conn:
        return await show_reputation(conn, user_id, caller)
