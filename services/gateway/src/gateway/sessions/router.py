"""`/sessions`: log in and out, and the list of devices. `GET /me`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import ANYONE
from chassis.resources import Now, OpenDatabase, OpenResources
from gateway.sessions.access import Fresh, FromDevice, Known, LoggedIn
from gateway.sessions.browse import browse_sessions
from gateway.sessions.cache import SessionCache
from gateway.sessions.end import end_session
from gateway.sessions.end_all import end_sessions
from gateway.sessions.lifecycle import FORGET
from gateway.sessions.log_in import log_in
from gateway.sessions.log_out import log_out
from gateway.sessions.models import Credentials, SessionList, SessionView
from gateway.users.models import UserView

router = APIRouter(tags=["sessions"])


@router.post("/sessions", status_code=201, dependencies=[ANYONE])
async def open_session(
    credentials: Credentials,
    device: FromDevice,
    response: Response,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
) -> SessionView:
    """Log in by e-mail or phone. Send the token as `Authorization: Bearer` from then on.

    Who has a second factor is answered 401 `second-factor-needed` with a challenge, to be answered
    at `POST /v1/sessions/second-factor`.

    This POST takes no Idempotency-Key: to repeat the answer, the token would have to be stored.
    Repeating it opens another session, which harms nothing.
    """
    response.headers["Cache-Control"] = "no-store"
    token, session = await log_in(
        database,
        resources.extra["passwords"],
        resources.extra["ask_more"],
        credentials,
        device=device,
        now=now,
    )
    return session.view(token)


@router.get("/sessions")
async def list_sessions(
    session: LoggedIn,
    database: OpenDatabase,
    now: Now,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SessionList:
    """Where you are logged in, the last used first."""
    async with database.connection() as conn:
        return SessionList(
            sessions=await browse_sessions(
                conn, session.user.id, current=session.id, now=now, limit=limit
            )
        )


@router.delete("/sessions", status_code=204)
async def close_others(
    session: Fresh, database: OpenDatabase, resources: OpenResources, now: Now
) -> None:
    """Log out everywhere else; this session goes on. It shows again who asks."""
    async with database.transaction() as conn:
        ended = await end_sessions(conn, session.user.id, kept=session.id, now=now)
    await _forget(resources.extra["session_cache"], *ended)


@router.delete("/sessions/current", status_code=204)
async def close_session(
    session: LoggedIn,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
    response: Response,
) -> None:
    """Log out: the token is worth nothing from now on, and a browser forgets what it kept."""
    response.headers["Clear-Site-Data"] = FORGET
    await log_out(database, resources.extra["session_cache"], session.id, now=now)


@router.delete("/sessions/{session_id}", status_code=204)
async def close_one(
    session_id: UUID, session: Fresh, database: OpenDatabase, resources: OpenResources, now: Now
) -> None:
    """Log out one device; this session shows again who asks."""
    async with database.transaction() as conn:
        ended = await end_session(conn, session_id, user_id=session.user.id, now=now)
    await _forget(resources.extra["session_cache"], ended)


@router.get("/me")
async def me(session: Known) -> UserView:
    """Who is logged in."""
    return session.user.view()


async def _forget(cache: SessionCache, *ended: bytes) -> None:
    for token_hash in ended:
        await cache.revoke(token_hash)
