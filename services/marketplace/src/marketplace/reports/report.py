"""Report an item."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.tokens import Caller
from marketplace.items.show import show_item
from marketplace.reports import queries
from marketplace.reports.errors import AlreadyReported, OwnItemReported, TooManyReports
from marketplace.reports.models import REPORTS_MAX, Report, ReportBody


async def report_item(
    conn: Connection, item_id: UUID, reporter: Caller, body: ReportBody, *, now: datetime
) -> Report:
    """Tell operators that an item breaks the rules. The seller is not told.

    Args:
        conn: Open transaction; the caller commits.
        item_id: Which item.
        reporter: Who says so; operators alone learn it.
        body: On what ground, and in words.
        now: When.

    Raises:
        NoSuchItem: There is none on show in the reporter's community.
        OwnItemReported: It is the reporter's own.
        TooManyReports: The reporter has reported as many as one may in a day.
        AlreadyReported: The reporter has reported this item before.
    """
    item, _ = await show_item(conn, item_id, reporter)
    if item.seller_id == reporter.user_id:
        raise OwnItemReported
    recent = await queries.hold_reporter(conn, reporter.user_id, now - timedelta(days=1))
    report = Report(
        id=new_id(),
        item_id=item_id,
        item_version=item.version,
        seller_id=item.seller_id,
        community=item.community,
        reporter_id=reporter.user_id,
        ground=body.ground,
        details=body.details,
        reported_at=now,
    )
    if recent >= REPORTS_MAX:
        raise TooManyReports(REPORTS_MAX)
    if not await queries.insert_report(conn, report):
        raise AlreadyReported(item_id)
    return report
