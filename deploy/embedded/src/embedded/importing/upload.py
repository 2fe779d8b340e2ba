"""Send rows to the gateway, several batches at a time."""

import asyncio
import time
from collections.abc import Callable
from itertools import batched
from typing import Any, Final

from embedded.importing.pace import Pace
from embedded.importing.progress import Progress, Tally
from embedded.importing.rows import Remark
from localex_client import LocalEx, ProblemError
from localex_client.market_models import ImportResult

PARALLEL: Final = 4
_POLL_SECONDS: Final = 0.1

type Row = tuple[int, dict[str, Any]]


async def upload_rows(
    client: LocalEx,
    rows: list[Row],
    progress: Progress,
    pace: Pace,
    *,
    batch_max: int,
    advance: Callable[[int], None],
) -> None:
    """Send all rows that an earlier run has not.

    Args:
        client: Logged in as the seller.
        rows: With their line numbers.
        progress: What is done; grows.
        pace: Says when the next batch may go.
        batch_max: Rows in a request, at most 500.
        advance: Told how many rows were answered.

    Raises:
        ProblemError: The system refuses whole requests.
        Unreachable: The gateway stayed away.
    """
    waiting = iter(list(enumerate(batched(rows, batch_max, strict=False))))

    async def work() -> None:
        for number, batch in waiting:
            if number not in progress.done:
                async with pace.turn():
                    result = await client.import_items([row for _, row in batch])
                    progress.settle(number, _tally(result), _remarks(result, batch))
            advance(len(batch))

    async with asyncio.TaskGroup() as group:
        for _ in range(PARALLEL):
            group.create_task(work())


def _tally(result: ImportResult) -> Tally:
    return Tally(result.created, result.updated, result.unchanged, result.refused)


def _remarks(result: ImportResult, batch: tuple[Row, ...]) -> list[Remark]:
    found = []
    for answer in result.rows:
        if answer.problem is None:
            continue
        line, row = batch[answer.row]
        found += [
            Remark(
                line,
                row["external_ref"],
                answer.outcome,
                error["field"],
                error["rule"],
                error["message"],
            )
            for error in answer.problem.errors
        ]
    return found


async def count_found(client: LocalEx) -> int | None:
    """How many of the caller's own listings search finds; None when search is away or off."""
    me = await client.me()
    try:
        return (await client.search(seller=str(me.id), limit=1)).total
    except ProblemError:
        return None


async def wait_until_found(client: LocalEx, expected: int, *, limit_seconds: float) -> float | None:
    """Wait until search finds so many of the caller's listings.

    Returns:
        The seconds it took; None when they are not there in time.
    """
    started = time.perf_counter()
    while (elapsed := time.perf_counter() - started) < limit_seconds:
        if (await count_found(client) or 0) >= expected:
            return elapsed
        await asyncio.sleep(_POLL_SECONDS)
    return None
