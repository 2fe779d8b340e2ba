"""Note second factors that are wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Database
from gateway.two_factor.errors import WrongSecondFactor
from gateway.two_factor.lifecycle import Purpose
from gateway.two_factor.models import Proof


@asynccontextmanager
async def note_refusals(
    database: Database, user_id: UUID, proof: Proof, purpose: Purpose
) -> AsyncIterator[None]:
    """Around the transaction of a proof: one that is refused there is in the audit log.

    Args:
        database: It is written in a transaction of its own: that of the proof is rolled back.
        user_id: Whose second factor is meant.
        proof: What was shown; only which way it was is told.
        purpose: What for.
    """
    try:
        yield
    except WrongSecondFactor:
        way = next(name for name in proof.ways() if getattr(proof, name) is not None)
        told = {"way": way, "purpose": purpose}
        async with database.transaction() as conn:
            await record_acts(conn, Act("second_factor.refused", "user", str(user_id), after=told))
        raise
