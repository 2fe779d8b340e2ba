"""What operators do by hand is kept for good: who, what, why. The table refuses changes."""

from dataclasses import dataclass
from typing import Final

import asyncpg

from chassis.database import Connection
from chassis.problems import TooMany

INSERT_ACTION: Final = """
INSERT INTO operator_action (acted_by, action, subject, reason) VALUES ($1, $2, $3, $4)
"""


class TooManyActions(TooMany):
    """Operators did as much of this within a minute as anybody should."""

    title = "So many in a minute are enough"


@dataclass(frozen=True, slots=True)
class Office:
    """Somebody who looks after a service by hand, and why.

    Attributes:
        by: A name that colleagues know.
        reason: In words.
    """

    by: str
    reason: str


async def keep_action(conn: Connection, office: Office, action: str, subject: str) -> None:
    """Write down what an operator does, in the transaction of what is done.

    Args:
        conn: Open transaction; the caller commits.
        office: Who acts, and why.
        action: Such as `saga.resume`; the service's own table knows which there are.
        subject: What is acted on.

    Raises:
        TooManyActions: Too many of these in the last minute.
    """
    try:
        await conn.execute(INSERT_ACTION, office.by, action, subject, office.reason)
    except asyncpg.CheckViolationError as error:
        if error.constraint_name != "operator_action_rate":
            raise
        raise TooManyActions(
            f"{action}: wait a minute, and look at what was done", retry_after_seconds=60
        ) from error
