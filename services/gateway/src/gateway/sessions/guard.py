"""People with power show more than a password before they use it."""

import time
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from chassis.database import Connection, Database
from gateway.sessions.errors import EnrolFirst
from gateway.sessions.models import Session

#: Who looks after people and money.
OPERATORS: Final = ("OPERATOR", "ADMIN")
#: How long it is believed that somebody still has a second factor.
KEPT_SECONDS: Final = 10.0
_KEPT_MAX: Final = 10_000

#: Whether somebody has a second factor.
type HasFactor = Callable[[Connection, UUID], Awaitable[bool]]


class Guard:
    """Lets operators and administrators through who have a second factor.

    Whoever has one is asked for it at each log-in, so that to have it is to have shown it.
    """

    def __init__(self, database: Database, has_factor: HasFactor, *, needed: bool) -> None:
        """Ask `has_factor` of people with power, where it is `needed`."""
        self._database = database
        self._has_factor = has_factor
        self._needed = needed
        self._known: dict[UUID, float] = {}

    async def check(self, session: Session) -> None:
        """Let the caller go on.

        A session of the machine's own was opened by whoever holds the gateway's database.

        Raises:
            EnrolFirst: They have power and no second factor; the problem says how to enrol.
        """
        if (
            not self._needed
            or session.strengthened_by == "machine"
            or not session.caller().has(*OPERATORS)
        ):
            return
        now = time.monotonic()
        if self._known.get(session.user.id, 0.0) > now:
            return
        async with self._database.connection() as conn:
            if not await self._has_factor(conn, session.user.id):
                raise EnrolFirst
        if len(self._known) >= _KEPT_MAX:
            self._known.clear()
        self._known[session.user.id] = now + KEPT_SECONDS
