"""Who may call the gateway's own routes: whoever holds an open session."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import Depends, Request

from chassis import context
from chassis.access import ALL_ROLES
from chassis.problems import Forbidden, Unauthenticated
from chassis.resources import Resources
from gateway.sessions.find import find_session
from gateway.sessions.lifecycle import read_token
from gateway.sessions.models import Session

#: Who looks after people and money.
OPERATORS: Final = ("OPERATOR", "ADMIN")


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
    session = await require_session(request.app.state.resources, authorization)
    # Address and agent are known already, from the socket: nobody stands before the gateway.
    context.origin.set(
        replace(context.origin.get(), user_id=session.user.id, session_id=session.id)
    )
    return session


setattr(_logged_in, "allowed_roles", ALL_ROLES)  # noqa: B010 - a function has no such attribute to mypy

#: A route's parameter: the session of the caller.
LoggedIn = Annotated[Session, Depends(_logged_in)]


async def _operator(session: LoggedIn) -> Session:
    if not session.caller().has(*OPERATORS):
        raise Forbidden("this needs the role OPERATOR or ADMIN", needs=list(OPERATORS))
    context.origin.set(replace(context.origin.get(), power=True))
    return session


setattr(_operator, "allowed_roles", OPERATORS)  # noqa: B010 - as above

#: A route's parameter: the session of an operator or administrator.
LoggedInOperator = Annotated[Session, Depends(_operator)]
