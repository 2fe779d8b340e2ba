"""Who may call a route: each route names its roles; without a name nobody may (a test holds it)."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from chassis import context
from chassis.problems import Forbidden, Unauthenticated
from chassis.tokens import Caller, TokenVerifier

ALL_ROLES = ("MEMBER", "VENDOR", "RETAILER", "OPERATOR", "ADMIN")


def authenticate(request: Request) -> Caller:
    """The caller in the internal token.

    Raises:
        Unauthenticated: No valid token.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("send the gateway's token as Authorization: Bearer")
    verifier: TokenVerifier = request.app.state.verifier
    return verifier.verify(token)


def origin_of(request: Request, caller: Caller, *, power: bool) -> context.Origin:
    """Where a request came from, as the gateway that signed the token tells it.

    Args:
        request: Of the gateway.
        caller: In its token.
        power: Whether the route is for people with power alone.
    """
    return context.Origin(
        address=request.headers.get("x-forwarded-for", "")[:64] or None,
        agent=request.headers.get("user-agent", "")[:300] or None,
        user_id=caller.user_id,
        session_id=caller.session_id,
        power=power,
    )


def allow(*roles: str) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency that lets in callers with any of `roles`, and gives the caller."""

    async def check(request: Request) -> Caller:
        caller = authenticate(request)
        if not caller.has(*roles):
            raise Forbidden(f"this needs the role {' or '.join(roles)}", needs=list(roles))
        context.community.set(caller.community)
        context.origin.set(origin_of(request, caller, power="MEMBER" not in roles))
        return caller

    # Read by the role table and its test.
    setattr(check, "allowed_roles", roles)  # noqa: B010 - a function has no such attribute to mypy
    return check


#: Anyone who is logged in.
Person = Annotated[Caller, Depends(allow(*ALL_ROLES))]
#: Operators and administrators.
Operator = Annotated[Caller, Depends(allow("OPERATOR", "ADMIN"))]


async def _let_in() -> None:
    """Ask nothing."""


setattr(_let_in, "allowed_roles", ("ANYONE",))  # noqa: B010 - as above

#: For `dependencies=[...]` of a route that needs no log-in: said, not forgotten.
ANYONE = Depends(_let_in)
