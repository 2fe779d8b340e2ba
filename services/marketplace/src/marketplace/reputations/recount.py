"""Count people's reputation anew."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from marketplace.reputations import queries
from marketplace.reputations.events import changed


async def recount_reputations(conn: Connection, people: Iterable[UUID], *, now: datetime) -> None:
    """Make the counts of people anew from their trades and ratings. Can be repeated at any time.

    Args:
        conn: Open transaction; the caller commits.
        people: Whose; locked in the order of ids, so that batches never wait in a circle.
        now: When.

    Emits:
        ReputationChanged on `marketplace.reputations.v1`, keyed by user, for each whose figures
        are others than before.

    Source:
        spec 1, trading; docs/decisions/0065-ratings-are-revealed-together.md
    """
    others = await queries.count_anew(conn, sorted(set(people)), now)
    await emit(conn, *map(changed, others))
