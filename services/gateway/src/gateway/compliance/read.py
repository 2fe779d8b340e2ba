"""How a person stands."""

from dataclasses import asdict
from uuid import UUID

from chassis.database import Connection
from gateway.compliance import queries
from gateway.compliance.errors import NoSuchPerson
from gateway.compliance.models import CheckView, StandingView


async def read_standing(conn: Connection, user_id: UUID) -> StandingView:
    """A person's checks, and whether they are restricted.

    Args:
        conn: A connection.
        user_id: Whose.

    Raises:
        NoSuchPerson: Nobody has this id.
    """
    if await queries.select_shown(conn, user_id) is None:
        raise NoSuchPerson("nobody has this id")
    version, restricted = await queries.select_standing(conn, user_id)
    checks = await queries.select_checks(conn, user_id)
    views = [
        CheckView.model_validate({**asdict(one), "flags": list(one.flags)})
        for one in checks.values()
    ]
    return StandingView(user_id=user_id, version=version, restricted=restricted, checks=views)
