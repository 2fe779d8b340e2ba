"""`localex token`: an internal token, for talking to a service without the gateway."""

import sys
from typing import Annotated
from uuid import NAMESPACE_URL, UUID, uuid5

from cyclopts import App, Parameter

from embedded.commands.options import DataOption
from embedded.credentials import SERVICES
from embedded.places import Places

_ROLES = frozenset({"member", "operator", "auditor", "support", "admin"})


def register(app: App) -> None:
    """Add the command."""
    app.command(token)


def token(
    *,
    as_: Annotated[str, Parameter(name="--as")],
    ttl: int = 60,
    audience: Annotated[str, Parameter(name="--for")] = "ledger",
    community: str = "default",
    data: DataOption = None,
) -> None:
    """Mint an internal token with the gateway's key and print it.

    Args:
        as_: A user's id, or a role (member, operator, auditor, support, admin).
        ttl: Its life in seconds.
        audience: The service that shall accept it: ledger, marketplace or search.
        community: The community it speaks for.
        data: Data folder.
    """
    from chassis.tokens import Caller, mint, read_signing_key

    places = Places.of(data)
    if audience not in SERVICES:
        raise LookupError(f"{audience!r} is no service; there are {', '.join(SERVICES)}")
    if not places.signing_key_file.exists():
        raise LookupError(f"{places.data} has no signing key yet: start it with `localex up`")
    user_id, roles = _subject(as_)
    caller = Caller(user_id=user_id, roles=roles, community=community)
    key = read_signing_key(places.signing_key_file)
    print(mint(key, caller, audience, ttl_seconds=ttl))
    kind = "/".join(sorted(roles))
    print(f"for {audience}, as {user_id} ({kind}), valid for {ttl} s", file=sys.stderr)


def _subject(named: str) -> tuple[UUID, frozenset[str]]:
    if named in _ROLES:
        return uuid5(NAMESPACE_URL, f"localex:role:{named}"), frozenset({named})
    try:
        return UUID(named), frozenset({"member"})
    except ValueError:
        raise LookupError(f"{named!r} is neither a user's id nor one of {sorted(_ROLES)}") from None
