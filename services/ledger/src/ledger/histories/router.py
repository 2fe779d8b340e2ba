"""HTTP edge of imported history, for operators."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.access import Operator
from chassis.audit.record import Act, record_acts
from chassis.service import Now, OpenDatabase
from ledger.histories.begin import begin_import
from ledger.histories.bring_in import bring_in_rows
from ledger.histories.models import (
    BeginImport,
    BringRows,
    HistoryImport,
    ImportAnswer,
    Raw,
    Refusal,
    RefusalAnswer,
)
from ledger.histories.read import read_import
from ledger.reach import reach_of

router = APIRouter(tags=["history"])


@router.post("/history-imports", status_code=201)
async def begin(
    wish: BeginImport, caller: Operator, database: OpenDatabase, now: Now
) -> ImportAnswer:
    """Begin an import into one's community, or find it again by its name. Operators only.

    This POST takes no Idempotency-Key: the import's name is one; repeating it finds the import.
    """
    async with database.transaction() as conn:
        begun = await begin_import(
            conn,
            wish,
            content_hash=None,
            started_by=caller.user_id,
            reach=reach_of(caller),
            now=now,
        )
        after = {"name": begun.name, "kind": begun.kind, "community": begun.community}
        await record_acts(
            conn, Act("history_import.begun", "history_import", str(begun.id), after=after)
        )
    return _render(begun, [])


@router.put("/history-imports/{import_id}/rows")
async def bring_in(
    import_id: UUID, wish: BringRows, caller: Operator, database: OpenDatabase, now: Now
) -> ImportAnswer:
    """Bring in the next rows, up to 1,000; those that are done already are left out."""
    reach = reach_of(caller)
    rows = [Raw(number, values) for number, values in enumerate(wish.rows, wish.first)]
    async with database.transaction() as conn:
        await bring_in_rows(conn, import_id, wish.first, rows, reach=reach, now=now)
        stands, refusals = await read_import(
            conn, import_id, reach=reach, after=wish.first - 1, limit=len(rows)
        )
        after = {"first": wish.first, "rows": len(rows), "rows_done": stands.rows_done}
        await record_acts(
            conn, Act("history_import.brought_in", "history_import", str(import_id), after=after)
        )
    return _render(stands, refusals)


@router.get("/history-imports/{import_id}")
async def get_import(
    import_id: UUID,
    caller: Operator,
    database: OpenDatabase,
    after: Annotated[int, Query(ge=0, lt=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ImportAnswer:
    """How far an import is, and rows that were refused behind `after`."""
    async with database.connection() as conn:
        found, refusals = await read_import(
            conn, import_id, reach=reach_of(caller), after=after, limit=limit
        )
    return _render(found, refusals)


def _render(found: HistoryImport, refusals: list[Refusal]) -> ImportAnswer:
    return ImportAnswer(
        id=found.id,
        name=found.name,
        kind=found.kind,
        community=found.community,
        started_at=found.started_at,
        rows_done=found.rows_done,
        posted=found.posted,
        refused=found.refused,
        refusals=[
            RefusalAnswer(
                row=one.row_number,
                line=one.line,
                reference=one.reference,
                field=one.field,
                rule=one.rule,
                message=one.message,
            )
            for one in refusals
        ],
    )
