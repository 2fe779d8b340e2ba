"""Who may call the gateway's own routes: whoever holds an open session."""

from typing import Annotated

from fastapi import Depends, Request

from chassis.access import ALL_ROLES
from chassis.problems import Unauthenticated
from chassis.resources import Resources
from gateway.sessions.find import find_session
from gateway.sessions.lifecycle import read_token
from gateway.sessions.models import Session


async def require_session(resources: Resources, authorization: str) -> Session:
    """The session that an Authorization header stands for.

    Args:
        resources: With the database and the cache of sessions.
        authorization: The header's value, empty when there is none.

    Raises:
        Unauthenticated: There is no open session with this token.
    """
    token = read_token(authorization)
    if token is None:
        raise Unauthenticated("send the token of POST /v1/sessions as Authorization: Bearer")
    session = await find_session(
        resources.database, resources.extra["session_cache"], token, now=resources.clock.now()
    )
    if session is None:
        raise Unauthenticated("the session is unknown or over; log in again with POST /v1/sessions")
    return session


async def _logged_in(request: Request) -> Session:
    authorization = request.headers.get("authorization", "")
    return await require_session(request.app.state.resources, authorization)


setattr(_logged_in, "allowed_roles", ALL_ROLES)  # noqa: B010 - a function has no such attribute to mypy

#: A route's parameter: the session of the caller.
LoggedIn = Annotated[Session, Depends(_logged_in)]
