"""Examine the whole of the books."""

from collections.abc import Callable
from typing import Final

from chassis.database import Connection
from ledger.audit import queries
from ledger.audit.models import Report
from ledger.findings import Step
from ledger.transparency.audit import audit_log

PAGE: Final = 5_000
FINDINGS_MAX: Final = 1_000


async def verify_books(
    conn: Connection,
    *,
    on_start: Callable[[int], None] = lambda _total: None,
    on_step: Callable[[Step], None] = lambda _step: None,
    page: int = PAGE,
) -> Report:
    """Examine sums, chains, floors, events and the log, a page at a time, while all goes on.

    Args:
        conn: A connection of one's own, outside a transaction; the service's role suffices.
        on_start: Told about how much there is.
        on_step: Told of each page.
        page: Rows in memory at a time.

    Returns:
        What was examined and found.
    """
    await queries.be_patient(conn)
    on_start(await queries.count_rows(conn))
    report = Report()
    for check in (
        queries.page_transfers(conn, page),
        queries.page_entries(conn, page),
        queries.page_floors(conn, page),
        queries.look_at_outbox(conn, page),
        audit_log(conn, page=page),
    ):
        async for step in check:
            report.examined[step.check] = report.examined.get(step.check, 0) + step.examined
            report.found[step.check] = report.found.get(step.check, 0) + len(step.findings)
            report.findings += step.findings[: FINDINGS_MAX - len(report.findings)]
            on_step(step)
    return report
