"""Match items that came on offer with all searches."""

from datetime import datetime, timedelta
from typing import Final

from chassis.database import Connection
from marketplace.saved_searches import queries

#: Few, since items that match more than a transaction writes are gone through again for the rest.
ITEMS_MAX: Final = 20
#: Matches written in one transaction.
MATCHES_MAX: Final = 2_000


async def match_arrivals(conn: Connection, *, now: datetime, digest_after: timedelta) -> bool:
    """Match the items that have waited longest, set-wise, and plan to tell whose searches they met.

    Matches and what is left to match are written together, and a match is a row that can be there
    once: whatever breaks off or is repeated, an item meets a search once.

    Args:
        conn: Open transaction; the caller commits.
        now: When.
        digest_after: For how long matches are gathered before they are told.

    Returns:
        Whether there was something to do.
    """
    arrivals = await queries.take_arrivals(conn, ITEMS_MAX)
    if not arrivals:
        return False
    people = await queries.insert_matches(conn, arrivals, now, MATCHES_MAX)
    await queries.insert_due(conn, sorted(set(people)), now + digest_after)
    if len(people) < MATCHES_MAX:
        await queries.delete_arrivals(conn, arrivals)
    return True
