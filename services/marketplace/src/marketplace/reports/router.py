"""HTTP edge of reports."""

from dataclasses import asdict
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.access import Operator, Person
from chassis.context import look
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.service import Now, OpenDatabase
from marketplace.items.show import show_item
from marketplace.paging import Cursor, Limit, write_cursor
from marketplace.reports import queries
from marketplace.reports.decide import decide_reports
from marketplace.reports.models import (
    DECIDED_MAX,
    Case,
    DecisionBody,
    DecisionView,
    OwnReport,
    OwnReports,
    Queue,
    QueuedItem,
    ReportBody,
    ReportReceipt,
    ReportView,
)
from marketplace.reports.report import report_item

router = APIRouter(tags=["reports"])


@router.post("/items/{item_id}/reports", status_code=201, response_model=ReportReceipt)
async def post_report(
    item_id: UUID,
    body: ReportBody,
    caller: Person,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Tell operators that an item breaks the rules. Once per person and item."""

    async def perform(conn: Connection) -> Answer:
        report = await report_item(conn, item_id, caller, body, now=now)
        receipt = ReportReceipt.model_validate(asdict(report))
        return Answer.of(201, receipt.model_dump(mode="json"))

    content = body.model_dump(mode="json")
    route = f"POST /v1/items/{item_id}/reports"
    request = KeyedRequest(str(caller.user_id), key, route, content)
    return await answer_once(database, request, perform)


@router.post("/items/{item_id}/decisions", status_code=201, response_model=DecisionView)
async def post_decision(
    item_id: UUID,
    body: DecisionBody,
    caller: Operator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Dismiss an item's open reports, hide it, or put it back. Operators only."""

    async def perform(conn: Connection) -> Answer:
        decided = await decide_reports(conn, item_id, caller, body, now=now)
        view = DecisionView.model_validate(asdict(decided))
        return Answer.of(201, view.model_dump(mode="json"))

    content = body.model_dump(mode="json")
    route = f"POST /v1/items/{item_id}/decisions"
    request = KeyedRequest(str(caller.user_id), key, route, content)
    return await answer_once(database, request, perform)


@router.get("/items/{item_id}/reports")
async def get_case(item_id: UUID, caller: Operator, database: OpenDatabase) -> Case:
    """All reports of an item and decisions on it, up to 1,000 of each. Operators only."""
    async with database.connection() as conn:
        item, _ = await show_item(conn, item_id, caller)
        reports = await queries.select_reports(conn, item_id, DECIDED_MAX)
        decisions = await queries.select_decisions(conn, item_id, DECIDED_MAX)
    # Who reported it; its seller is not warned of an open report.
    look(*(row["reporter_id"] for row in reports))
    return Case(
        item_id=item_id,
        hidden=item.hidden,
        reports=[ReportView.model_validate(dict(row)) for row in reports],
        decisions=[DecisionView.model_validate(dict(row)) for row in decisions],
    )


@router.get("/item-reports/mine")
async def list_own_reports(
    caller: Person, database: OpenDatabase, cursor: Cursor, limit: Limit = 20
) -> OwnReports:
    """What one has reported oneself, newest first, and whether it was decided."""
    async with database.connection() as conn:
        found = await queries.select_own(conn, caller.user_id, cursor, limit + 1)
    page = found[:limit]
    return OwnReports(
        reports=[OwnReport.model_validate(dict(row)) for row in page],
        next_cursor=write_cursor(page[-1]["id"]) if len(found) > limit else None,
    )


@router.get("/item-reports")
async def list_queue(
    caller: Operator, database: OpenDatabase, cursor: Cursor, limit: Limit = 20
) -> Queue:
    """Items of the community with open reports, longest waiting first. Operators only."""
    async with database.connection() as conn:
        found = await queries.select_queue(conn, caller.community, cursor, limit + 1)
    page = found[:limit]
    return Queue(
        items=[QueuedItem.model_validate(dict(row)) for row in page],
        next_cursor=write_cursor(page[-1]["report_id"]) if len(found) > limit else None,
    )
