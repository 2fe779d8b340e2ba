"""What a process tells at `/metrics` by looking: letters that wait for a person, a late loop.

Each is a job that looks again and again. A look costs next to nothing: one index, one short sleep.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from chassis.database import Connection
from chassis.metrics import DEAD_LETTERS, LOOP_LAG_SECONDS
from chassis.resources import Job, Resources

LETTERS_SECONDS: Final = 5.0
LOOP_SECONDS: Final = 0.25
#: For how long a loop's having been late is told: longer than between two questions for metrics.
LATE_SECONDS: Final = 60.0
#: States of a letter in which somebody has to do something.
OPEN: Final = ("DEAD", "WAITING")

COUNT_OPEN: Final = """
SELECT consumer, state, count(*) AS letters FROM dead_letter
WHERE state IN ('DEAD', 'WAITING') GROUP BY consumer, state
"""


def letters_job(groups: Sequence[str]) -> Job:
    """Tells how many letters of these consumers wait, and in which state."""

    async def look(resources: Resources) -> None:
        async with resources.database.connection() as conn:
            await tell_letters(conn, groups)

    return Job("dead_letters", LETTERS_SECONDS, look)


async def tell_letters(conn: Connection, groups: Sequence[str]) -> None:
    """Tell it now; a group without any is told as none, so that an alert sees it end."""
    rows = await conn.fetch(COUNT_OPEN)
    found = {(row["consumer"], row["state"]): row["letters"] for row in rows}
    for group in groups:
        for state in OPEN:
            DEAD_LETTERS.labels(group, state).set(found.get((group, state), 0))


def loop_job() -> Job:
    """Tells by how much the event loop was late at most, of late.

    What holds the loop up holds up every request, message and timer of the process. While it
    does, nobody can tell: it is seen in the next answer.
    """
    seen: deque[tuple[float, float]] = deque()

    async def look(_resources: Resources) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + LOOP_SECONDS
        await asyncio.sleep(LOOP_SECONDS)
        now = loop.time()
        seen.append((now, max(now - due, 0.0)))
        while seen[0][0] < now - LATE_SECONDS:
            seen.popleft()
        LOOP_LAG_SECONDS.set(max(late for _, late in seen))

    return Job("loop", 0, look)
