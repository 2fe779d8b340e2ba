"""Show what second factors a person has."""

from uuid import UUID

from chassis.database import Connection
from gateway.two_factor import queries
from gateway.two_factor.lifecycle import methods_of
from gateway.two_factor.models import SecondFactorState


async def show_state(conn: Connection, user_id: UUID) -> SecondFactorState:
    """What a person can show; nothing secret is in it.

    Args:
        conn: To the database.
        user_id: Who.
    """
    totp = await queries.select_totp(conn, user_id)
    passkeys = await queries.select_passkeys(conn, user_id)
    codes = await queries.count_codes(conn, user_id)
    confirmed_at = totp.confirmed_at if totp else None
    methods = methods_of(totp=confirmed_at is not None, passkeys=len(passkeys), codes=codes)
    return SecondFactorState(
        methods=list(methods),
        totp_confirmed_at=confirmed_at,
        passkeys=[one.view for one in passkeys],
        recovery_codes_left=codes if methods else 0,
    )
