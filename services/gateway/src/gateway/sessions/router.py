"""`POST /sessions`, `DELETE /sessions/current`, `GET /me`."""

from fastapi import APIRouter, Request, Response

from chassis.access import ANYONE
from chassis.resources import Now, OpenDatabase, OpenResources
from gateway.sessions.access import LoggedIn
from gateway.sessions.log_in import log_in
from gateway.sessions.log_out import log_out
from gateway.sessions.models import Credentials, SessionView
from gateway.users.models import UserView

router = APIRouter(tags=["sessions"])


@router.post("/sessions", status_code=201, dependencies=[ANYONE])
async def open_session(
    credentials: Credentials,
    request: Request,
    response: Response,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
) -> SessionView:
    """Log in. Send the token as `Authorization: Bearer` from then on.

    This POST takes no Idempotency-Key: to repeat the answer, the token would have to be stored.
    Repeating it opens another session, which harms nothing.
    """
    response.headers["Cache-Control"] = "no-store"
    token, session = await log_in(
        database,
        resources.extra["passwords"],
        credentials,
        address=request.client.host if request.client else "unknown",
        now=now,
    )
    return SessionView(token=token, expires_at=session.ends_at, user=session.user.view())


@router.delete("/sessions/current", status_code=204)
async def close_session(
    session: LoggedIn, database: OpenDatabase, resources: OpenResources, now: Now
) -> None:
    """Log out: the token is worth nothing from now on."""
    await log_out(database, resources.extra["session_cache"], session.id, now=now)


@router.get("/me")
async def me(session: LoggedIn) -> UserView:
    """Who is logged in."""
    return session.user.view()
