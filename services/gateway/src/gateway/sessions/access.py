"""Who may call the gateway's own routes: whoever holds an open session."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from chassis import context
from chassis.access import ALL_ROLES
from chassis.problems import Forbidden, Unauthenticated
from chassis.resources import Resources
from chassis.step_up import ProgramsMayNot, is_fresh, step_up_needed
from gateway.sessions.find import find_session
from gateway.sessions.guard import OPERATORS, Guard
from gateway.sessions.lifecycle import KEY_PREFIX, READING, read_token
from gateway.sessions.models import Device, Session


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
        resources.database,
        resources.extra["session_cache"],
        token,
        now=resources.clock.now(),
        find_key=resources.extra.get("find_key"),
    )
    if session is None:
        raise Unauthenticated("the session is unknown or over; log in again with POST /v1/sessions")
    return session


def require_fresh(session: Session, what: str, *, now: datetime) -> None:
    """Refuse a session that was not strengthened lately.

    Raises:
        StepUpNeeded: It was not; the problem names how.
    """
    if not is_fresh(session.strengthened_at, now):
        raise step_up_needed(what)


def check_scopes(session: Session, prefix: str, method: str) -> None:
    """Refuse a program what its scopes do not have; people may do all that they may.

    Raises:
        ProgramsMayNot: The problem names the scope that it would need.
    """
    if session.scopes is None:
        return
    needed = f"{prefix}:{'read' if method in READING else 'write'}"
    if needed not in session.scopes:
        raise ProgramsMayNot(f"this needs an API key with the scope {needed}", needs=[needed])


def device_of(request: Request) -> Device:
    """Where a request comes from."""
    address = request.client.host if request.client else "unknown"
    agent = request.headers.get("user-agent")
    return Device(address, "".join(c for c in agent if c.isprintable()) if agent else None)


def _guard_of(request: Request) -> Guard:
    guard: Guard = request.app.state.resources.extra["guard"]
    return guard


async def _known(request: Request) -> Session:
    authorization = request.headers.get("authorization", "")
    session = await require_session(request.app.state.resources, authorization)
    # Address and agent are known already, from the socket: nobody stands before the gateway.
    context.origin.set(
        replace(context.origin.get(), user_id=session.user.id, session_id=session.id)
    )
    return session


async def _logged_in(request: Request) -> Session:
    session = await _known(request)
    if session.scopes is not None:
        raise ProgramsMayNot("log in yourself: this is not for API keys")
    return session


async def _fresh(request: Request) -> Session:
    session = await _logged_in(request)
    _require_fresh(request, session)
    return session


def _require_fresh(request: Request, session: Session) -> None:
    now = request.app.state.resources.clock.now()
    require_fresh(session, f"{request.method} {request.url.path}", now=now)


def _use_power() -> None:
    # What such a route does and does not say in the audit log is written down as it was asked for.
    context.origin.set(replace(context.origin.get(), power=True))


async def _fresh_admin(request: Request) -> Session:
    session = await _logged_in(request)
    if "ADMIN" not in session.user.roles:
        raise Forbidden("this needs the role ADMIN", needs=["ADMIN"])
    await _guard_of(request).check(session)
    _require_fresh(request, session)
    _use_power()
    return session


async def _key_holder(request: Request) -> Session:
    session = await _known(request)
    token = read_token(request.headers.get("authorization", "")) or ""
    if not token.startswith(KEY_PREFIX):
        raise Forbidden("send an API key as Authorization: Bearer; people use POST /v1/sessions")
    return session


for _check in (_known, _logged_in, _fresh, _key_holder):
    setattr(_check, "allowed_roles", ALL_ROLES)  # noqa: B010 - as below
setattr(_fresh_admin, "allowed_roles", ("ADMIN",))  # noqa: B010 - a function has no such attribute to mypy

#: A route's parameter: the session of the caller, who may be a program.
Known = Annotated[Session, Depends(_known)]
#: The session of a person.
LoggedIn = Annotated[Session, Depends(_logged_in)]
#: A person's session that was strengthened lately: for what changes who may do what.
Fresh = Annotated[Session, Depends(_fresh)]
#: An administrator's, strengthened lately.
FreshAdmin = Annotated[Session, Depends(_fresh_admin)]
#: What an API key stands for; not a session that was opened by one.
KeyHolder = Annotated[Session, Depends(_key_holder)]
#: A route's parameter: where the request comes from.
FromDevice = Annotated[Device, Depends(device_of)]


async def _operator(request: Request, session: LoggedIn) -> Session:
    if not session.caller().has(*OPERATORS):
        raise Forbidden("this needs the role OPERATOR or ADMIN", needs=list(OPERATORS))
    await _guard_of(request).check(session)
    _use_power()
    return session


#: A route's parameter: the session of an operator or administrator.
LoggedInOperator = Annotated[Session, Depends(_operator)]


async def _fresh_operator(request: Request, session: LoggedInOperator) -> Session:
    _require_fresh(request, session)
    return session


setattr(_operator, "allowed_roles", OPERATORS)  # noqa: B010 - as above
setattr(_fresh_operator, "allowed_roles", OPERATORS)  # noqa: B010 - as above
#: Theirs, strengthened lately.
FreshOperator = Annotated[Session, Depends(_fresh_operator)]
