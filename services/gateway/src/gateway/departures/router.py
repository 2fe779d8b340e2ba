"""`DELETE /me`; it is taken back by `POST /sessions/stay`, a log-in of `two_factor`."""

from fastapi import APIRouter

from chassis.resources import Now, OpenDatabase, OpenResources
from gateway.departures.begin import begin_departure
from gateway.departures.models import DepartureView
from gateway.departures.require_settled import require_settled
from gateway.proxy.as_person import Asker
from gateway.sessions.access import Fresh

router = APIRouter(tags=["departures"])


@router.delete("/me")
async def leave(
    session: Fresh, database: OpenDatabase, resources: OpenResources, now: Now
) -> DepartureView:
    """Leave. Sessions and keys end now; what is kept of you is erased when the grace period ends.

    Refused while trades are open or money is left. Until then log in to stay. What you traded
    stays in the books, under an id that leads to nobody.

    This DELETE takes no Idempotency-Key: with it the session ends in which it could be repeated.
    """
    user_id = session.user.id
    await require_settled(Asker.of(resources, user_id, session.user.community))
    async with database.transaction() as conn:
        departure, ended = await begin_departure(
            conn,
            user_id,
            grace_days=resources.settings.leaving_grace_days,
            keyring=resources.extra["keyring"],
            now=now,
        )
    for token_hash in ended:
        await resources.extra["session_cache"].revoke(token_hash)
    return departure
