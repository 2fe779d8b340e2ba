"""HTTP edge of statements as files: CSV and PDF, for a month or a range."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse

from chassis.access import Person
from chassis.database import Database
from chassis.service import Now, OpenDatabase
from chassis.tokens import Caller
from ledger.reach import reach_of
from ledger.statements import paper, sheet
from ledger.statements.begin import begin_statement
from ledger.statements.follow import follow_statement
from ledger.statements.models import Facts, Period
from ledger.statements.periods import choose_period, name_of

router = APIRouter(tags=["statements"])

#: Entries of one answer. A CSV file is streamed; pages of a PDF file are drawn meanwhile.
SHEET_ENTRIES_MAX: Final = 20_000
PAPER_ENTRIES_MAX: Final = 500


def _answers_file(media_type: str) -> dict[str, Any]:
    """How a route is declared that answers a file."""
    schema = {"type": "string", "format": "binary"}
    bare = media_type.partition(";")[0]
    file = {"description": "The file", "content": {bare: {"schema": schema}}}
    return {"response_class": Response, "responses": {200: file}}


ChosenPeriod = Annotated[Period, Depends(choose_period)]


@router.get("/accounts/{account_id}/statement.csv", **_answers_file(sheet.MEDIA_TYPE))
async def get_statement_csv(
    account_id: UUID, caller: Person, database: OpenDatabase, period: ChosenPeriod, now: Now
) -> Response:
    """A whole statement as CSV: opening, entries, closing, digest, checkpoint."""
    facts = await _begin(
        database, account_id, caller, period, entries_max=SHEET_ENTRIES_MAX, now=now
    )
    parts = sheet.write_sheet(facts, follow_statement(database, facts))
    return StreamingResponse(parts, media_type=sheet.MEDIA_TYPE, headers=_name_file(facts, "csv"))


@router.get("/accounts/{account_id}/statement.pdf", **_answers_file(paper.MEDIA_TYPE))
async def get_statement_pdf(
    account_id: UUID, caller: Person, database: OpenDatabase, period: ChosenPeriod, now: Now
) -> Response:
    """A whole statement as PDF: opening, entries, closing, digest, checkpoint."""
    facts = await _begin(
        database, account_id, caller, period, entries_max=PAPER_ENTRIES_MAX, now=now
    )
    body = await paper.write_paper(facts, follow_statement(database, facts))
    return Response(body, media_type=paper.MEDIA_TYPE, headers=_name_file(facts, "pdf"))


async def _begin(
    database: Database,
    account_id: UUID,
    caller: Caller,
    period: Period,
    *,
    entries_max: int,
    now: datetime,
) -> Facts:
    async with (
        database.connection() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        return await begin_statement(
            conn, account_id, period, reach=reach_of(caller), entries_max=entries_max, now=now
        )


def _name_file(facts: Facts, form: str) -> dict[str, str]:
    """Headers of a file that is to be kept, by nobody on the way."""
    name = f'attachment; filename="{name_of(facts, form)}"'
    return {"Content-Disposition": name, "Cache-Control": "no-store"}
