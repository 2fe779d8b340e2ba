"""What operators do by hand is kept for good: who, what, why. The table refuses changes."""

from dataclasses import dataclass
from typing import Final

from chassis.database import Connection

INSERT_ACTION: Final = """
INSERT INTO operator_action (acted_by, action, subject, reason) VALUES ($1, $2, $3, $4)
"""


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
        asyncpg.CheckViolationError: An unknown action, or too many of these in the last minute.
    """
    await conn.execute(INSERT_ACTION, office.by, action, subject, office.reason)
