"""Keep the tally of items on offer short."""

from typing import Final

from chassis.resources import Resources
from marketplace.categories import queries

ROWS_MAX: Final = 5_000
ROUNDS_MAX: Final = 20


async def fold_tally(resources: Resources) -> None:
    """Add up rows of the tally, a bounded number in each transaction; the counts stay.

    Args:
        resources: Of the process that works.
    """
    for _ in range(ROUNDS_MAX):
        async with resources.database.transaction() as conn:
            folded = await queries.fold_tally(conn, ROWS_MAX)
        if folded < ROWS_MAX:
            return
