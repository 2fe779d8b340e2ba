"""Examine the whole of the books."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final

from chassis.database import Connection, open_connection
from ledger.audit import queries
from ledger.audit.models import Progress, Report
from ledger.audit.recomputers import NAME, open_recomputers
from ledger.findings import Step
from ledger.transparency.audit import LOG, Recheck, audit_log
from ledger.transparency.models import Rechecked

PAGE: Final = 5_000
FINDINGS_MAX: Final = 1_000

type Check = Callable[[Connection, int, Mapping[str, Any]], AsyncIterator[Step]]

#: All but the log, in the order in which they are looked at. Names are those of the steps.
CHECKS: Final[dict[str, Check]] = {
    "transfers": queries.page_transfers,
    "entries": queries.page_entries,
    "floors": queries.page_floors,
    "projections": queries.page_projections,
    "outbox": queries.page_events,
}


async def verify_books(
    url: str,
    *,
    workers: int = 0,
    progress: Progress | None = None,
    on_start: Callable[[int], None] = lambda _total: None,
    on_step: Callable[[Step], None] = lambda _step: None,
    page: int = PAGE,
) -> Report:
    """Examine sums, chains, floors, projections, events and the log, while all goes on.

    Leaves are recomputed beside the other checks. Memory is bounded by pages.

    Args:
        url: The database; the service's role suffices.
        workers: Processes that recompute leaves; none means this one.
        progress: How far an earlier look came; it is moved on with each page, so that what was
            broken off can go on from it.
        on_start: Told about how much there is.
        on_step: Told of each page.
        page: Rows in memory at a time.

    Returns:
        What was examined and found.
    """
    progress = progress or Progress()

    def note(check: str, step: Step) -> None:
        progress.note(check, step, FINDINGS_MAX)
        on_step(step)

    async with (
        open_connection(url, NAME) as conn,
        open_connection(url, NAME) as other,
        open_recomputers(url, workers) as recheck,
    ):
        for one in (conn, other):
            await queries.be_patient(one)
        on_start(await queries.count_rows(conn))
        async with asyncio.TaskGroup() as group:
            group.create_task(_look_at_log(conn, recheck, page, progress, note))
            group.create_task(_look_at_rest(other, page, progress, note))
    return progress.report


async def _look_at_log(
    conn: Connection,
    recheck: Recheck,
    page: int,
    progress: Progress,
    note: Callable[[str, Step], None],
) -> None:
    async def examine(found: Rechecked) -> Sequence[Step]:
        faults = await queries.find_transfer_faults(conn, found.suspects)
        return [Step("transfers", 0, faults)] if faults else []

    if progress.is_done(LOG):
        return
    after = progress.places.get(LOG)
    async for step in audit_log(conn, recheck, page=page, after=after, examine=examine):
        note(LOG, step)
    progress.finish(LOG)


async def _look_at_rest(
    conn: Connection, page: int, progress: Progress, note: Callable[[str, Step], None]
) -> None:
    for name, check in CHECKS.items():
        if progress.is_done(name):
            continue
        async for step in check(conn, page, progress.places.get(name, {})):
            note(name, step)
        progress.finish(name)
