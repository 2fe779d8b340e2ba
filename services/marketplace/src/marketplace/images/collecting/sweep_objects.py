"""Compare a page of objects with the tables."""

from datetime import datetime, timedelta
from typing import Final, Literal

from chassis.database import Connection
from marketplace.images.collecting import queries
from marketplace.images.storage import Bucket

PAGE: Final = 500
#: Objects are written before their rows are.
YOUNG: Final = timedelta(hours=1)
PREFIXES: Final = {"renditions": "images/", "quarantine": "quarantine/"}


async def sweep_objects(
    conn: Connection,
    bucket: Bucket,
    part: Literal["renditions", "quarantine"],
    *,
    now: datetime,
    machine_now: datetime,
) -> int | None:
    """Find objects of a page that no row knows, and have them removed.

    Args:
        conn: Open transaction; the caller commits.
        bucket: Where they are.
        part: Which folder.
        now: When.
        machine_now: By the machine's clock, as the storage tells its times.

    Returns:
        How many were found; nothing when another worker is at it.

    Raises:
        StorageAway: The storage did not answer.
    """
    sweep = await queries.take_sweep(conn, part)
    if sweep is None:
        return None
    page = await bucket.page(PREFIXES[part], sweep.cursor, PAGE)
    named = {
        one.path: one.path.removeprefix(PREFIXES[part]).partition("/")[0]
        for one in page
        if machine_now - one.changed_at > YOUNG
    }
    ask = queries.known_hashes if part == "renditions" else queries.known_ids
    known = await ask(conn, [*set(named.values())])
    stray = [path for path, name in named.items() if name not in known]
    await queries.add_waste(conn, stray)
    cursor = page[-1].path if len(page) == PAGE else ""
    await queries.move_sweep(conn, part, cursor, len(page), len(stray), now)
    return len(stray)
