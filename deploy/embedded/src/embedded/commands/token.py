"""`localex token`: a token to call the gateway, or one service, as somebody."""

import asyncio
import sys
from datetime import timedelta
from typing import Annotated

from cyclopts import App, Parameter

from embedded.commands.options import DataOption
from embedded.places import Places

LIFE_MAX_SECONDS = 86_400


def register(app: App) -> None:
    """Add the command."""
    app.command(token)


def token(
    *,
    as_: Annotated[str, Parameter(name="--as")],
    ttl: int = 3600,
    service: Annotated[str | None, Parameter(name="--for")] = None,
    data: DataOption = None,
) -> None:
    """Print a token to call the gateway with, as Authorization: Bearer.

    Args:
        as_: A user's id or e-mail, or a role (MEMBER, VENDOR, RETAILER, OPERATOR, ADMIN): then a
            demo user with that role.
        ttl: Its life in seconds, 1 to 86,400.
        service: Instead: an internal token that this service accepts (ledger, marketplace, search).
        data: Data folder.
    """
    from embedded import granting

    places = Places.of(data)
    if not 1 <= ttl <= LIFE_MAX_SECONDS:
        raise LookupError(f"--ttl is 1 to {LIFE_MAX_SECONDS} seconds, not {ttl}")
    if not places.signing_key_file.exists():
        raise LookupError(f"{places.data} has no signing key yet: start it with `localex up`")
    life = timedelta(seconds=ttl)
    if service is None:
        printed, who = asyncio.run(granting.open_session(places, as_, life))
    else:
        printed, who = granting.mint_internal(places, as_, service, life)
    print(printed)
    print(f"as {who}, valid for {ttl} s", file=sys.stderr)
