"""HTTP edge of statements as files: CSV and PDF, for a month or a range."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from chassis.access import Person
from chassis.database import Database
from chassis.problems import Malformed
from chassis.service import Now, OpenDatabase
from chassis.tokens import Caller
from ledger.moments import Moment
from ledger.statements import paper, sheet
from ledger.statements.begin import begin_statement
from ledger.statements.follow import follow_statement
from ledger.statements.lifecycle import month_of
from ledger.statements.models import Facts, Period

router = APIRouter(tags=["statements"])

#: Entries of one answer. A CSV file is streamed; pages of a PDF file are drawn meanwhile.
SHEET_ENTRIES_MAX: Final = 20_000
PAPER_ENTRIES_MAX: Final = 500
Month = Annotated[str, Query(pattern=r"^(19[789][0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])$")]


def choose_period(
    month: Month | None = None,
    begins: Annotated[Moment | None, Query(alias="from")] = None,
    ends: Annotated[Moment | None, Query(alias="to")] = None,
    known_at: Moment | None = None,
) -> Period:
    """A month in UTC, or `from` up to and without `to`.

    Raises:
        Malformed: Neither, both, or the range is empty.
    """
    if month is not None:
        if begins is not None or ends is not None:
            raise _wrong("month", "is not given together with from or to")
        return Period(*month_of(month), known_at)
    if begins is None:
        raise _wrong("from", "is given, with to; or month=2026-11")
    if ends is None or ends <= begins:
        raise _wrong("to", "is later than from")
    return Period(begins, ends, known_at)


ChosenPeriod = Annotated[Period, Depends(choose_period)]


@router.get("/accounts/{account_id}/statement.csv", response_class=Response)
async def get_statement_csv(
    account_id: UUID, caller: Person, database: OpenDatabase, period: ChosenPeriod, now: Now
) -> Response:
    """A whole statement as CSV: opening, entries, closing, digest, checkpoint."""
    facts = await _begin(
        database, account_id, caller, period, entries_max=SHEET_ENTRIES_MAX, now=now
    )
    parts = sheet.write_sheet(facts, follow_statement(database, facts))
    return StreamingResponse(parts, media_type=sheet.MEDIA_TYPE, headers=name_file(facts, "csv"))


@router.get("/accounts/{account_id}/statement.pdf", response_class=Response)
async def get_statement_pdf(
    account_id: UUID, caller: Person, database: OpenDatabase, period: ChosenPeriod, now: Now
) -> Response:
    """A whole statement as PDF: opening, entries, closing, digest, checkpoint."""
    facts = await _begin(
        database, account_id, caller, period, entries_max=PAPER_ENTRIES_MAX, now=now
    )
    body = await paper.write_paper(facts, follow_statement(database, facts))
    return Response(body, media_type=paper.MEDIA_TYPE, headers=name_file(facts, "pdf"))


async def _begin(
    database: Database,
    account_id: UUID,
    caller: Caller,
    period: Period,
    *,
    entries_max: int,
    now: datetime,
) -> Facts:
    owner = None if caller.has("OPERATOR", "ADMIN") else caller.user_id
    async with (
        database.connection() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        return await begin_statement(
            conn, account_id, period, owner=owner, entries_max=entries_max, now=now
        )


def name_file(facts: Facts, form: Literal["csv", "pdf"]) -> dict[str, str]:
    """Headers of a file that is to be kept, by nobody on the way."""
    name = f"statement-{facts.account_id}-{facts.begins:%Y%m%d}-{facts.ends:%Y%m%d}.{form}"
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


def _wrong(field: str, rule: str) -> Malformed:
    return Malformed(
        f"check {field}: it {rule}", errors=[{"field": field, "rule": "period", "message": rule}]
    )
