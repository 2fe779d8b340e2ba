"""Tell people live."""

from collections import Counter
from collections.abc import Sequence

from chassis.database import Connection
from gateway.live import queries
from gateway.live.lifecycle import News


async def tell_people(conn: Connection, news: Sequence[News]) -> None:
    """Number news for each person without gaps; who was erased is told nothing any more.

    Args:
        conn: Open transaction; the caller commits, then wakes their streams.
        news: In the order in which each is to hear it.
    """
    counts = Counter(one.user_id for one in news)
    if not counts:
        return
    lasts = await queries.advance_counters(conn, counts)
    gone = await queries.select_gone(conn, list(counts))
    following = {person: lasts[person] - count + 1 for person, count in counts.items()}
    rows: list[queries.LiveRow] = []
    for one in news:
        if one.user_id in gone:
            continue
        rows.append(
            (
                one.user_id,
                following[one.user_id],
                one.event_id,
                one.type_name,
                one.data,
                one.occurred_at,
            )
        )
        following[one.user_id] += 1
    if rows:
        await queries.insert_live(conn, rows)
