"""Tell people what their searches have found."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from chassis.database import Connection
from chassis.outbox import emit
from marketplace.saved_searches import queries
from marketplace.saved_searches.lifecycle import digests_of

PEOPLE_MAX: Final = 50
#: Matches of one person in one digest; more are told in the next.
MATCHES_MAX: Final = 200


async def tell_matches(conn: Connection, *, now: datetime, digest_after: timedelta) -> bool:
    """Tell some people whose digest is due what was found since the last one, each in one event.

    Items that are gone meanwhile are not told. That it was told is written with the event.

    Args:
        conn: Open transaction; the caller commits.
        now: When.
        digest_after: When the next digest tells what was too much for this one.

    Returns:
        Whether there was something to do.

    Emits:
        SavedSearchMatched on `marketplace.saved_searches.v1`, one a person.
    """
    people = await queries.take_due(conn, now, PEOPLE_MAX)
    if not people:
        return False
    told = await queries.take_untold(conn, people, now, MATCHES_MAX)
    matches = await queries.select_matches(conn, [(search, item) for search, item, _ in told])
    await emit(conn, *digests_of(matches))
    counts = Counter(person for _, _, person in told)
    more = sorted(person for person, count in counts.items() if count == MATCHES_MAX)
    await queries.insert_due(conn, more, now + digest_after)
    return True
