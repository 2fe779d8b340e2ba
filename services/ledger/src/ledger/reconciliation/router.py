"""HTTP edge of reconciliation: setups, statements, runs and summaries. Operators only."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from chassis.access import Operator
from chassis.database import Connection
from chassis.http import amount_problem
from chassis.idempotency import (
    Answer,
    IdempotencyKey,
    KeyedRequest,
    answer_again,
    answer_once,
)
from chassis.ids import new_id
from chassis.problems import Malformed
from chassis.service import Now, OpenDatabase
from contracts.money import SCALES, AmountError
from ledger.reach import reach_of
from ledger.reconciliation import queries
from ledger.reconciliation.answers import (
    ImportAnswer,
    ItemAnswer,
    RunAnswer,
    SetupAnswer,
    StatementAnswer,
    SummaryAnswer,
)
from ledger.reconciliation.files.csv_file import Declared
from ledger.reconciliation.files.faults import BYTES_MAX
from ledger.reconciliation.find_setup import find_setup
from ledger.reconciliation.import_file import Imported, Upload, import_file
from ledger.reconciliation.mapping import minor_of
from ledger.reconciliation.matching.browse import browse_runs
from ledger.reconciliation.matching.pause import pause_run
from ledger.reconciliation.matching.start import start_run
from ledger.reconciliation.models import Format, Setup, Side
from ledger.reconciliation.set_up import set_up_account
from ledger.reconciliation.summing.sum_up import sum_up
from ledger.reconciliation.wishes import SetupWish
from ledger.text import AmountText, Line

router = APIRouter(tags=["reconciliation"], prefix="/reconciliation")

HOME: Final = "/v1/reconciliation/accounts/{id}"
Limit = Annotated[int, Query(ge=1, le=200)]


class Page[T](BaseModel):
    """A page of a list."""

    model_config = ConfigDict(frozen=True)

    found: list[T]
    next_cursor: str | None


def page_of[T](found: list[T], limit: int, cursors: list[Any]) -> Page[T]:
    """The page, and the cursor of the next if one more was found."""
    more = len(found) > limit
    return Page(found=found[:limit], next_cursor=str(cursors[limit - 1]) if more else None)


@router.get("/accounts")
async def list_accounts(
    caller: Operator,
    database: OpenDatabase,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> Page[SetupAnswer]:
    """How each account is reconciled."""
    async with database.connection() as conn:
        found = await queries.select_setups(conn, reach_of(caller), cursor, limit + 1)
    answers = [SetupAnswer.of(one) for one in found]
    return page_of(answers, limit, [one.account_id for one in found])


@router.post("/accounts/{account_id}/setup", status_code=201, response_model=SetupAnswer)
async def post_setup(
    account_id: UUID,
    wish: SetupWish,
    caller: Operator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Say how an account is reconciled: sign, columns, rules, limit. A new version each time."""

    async def perform(conn: Connection) -> Answer:
        setup = await set_up_account(
            conn,
            account_id,
            wish,
            operator=caller.user_id,
            reach=reach_of(caller),
            now=now,
        )
        return Answer.of(201, SetupAnswer.of(setup).model_dump(mode="json"))

    content = {"account_id": account_id, **wish.model_dump(mode="json")}
    request = KeyedRequest(str(caller.user_id), key, f"POST {HOME}/setup", content)
    return await answer_once(database, request, perform)


@router.post(
    "/accounts/{account_id}/statements",
    status_code=201,
    response_model=ImportAnswer,
    responses={200: {"model": ImportAnswer, "description": "It was taken before"}},
    max_body_size=BYTES_MAX,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def post_statements(  # noqa: PLR0913, PLR0917 - what a file does not say itself
    account_id: UUID,
    request: Request,
    caller: Operator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
    format: Format,  # noqa: A002 - the client's word
    file_name: Line,
    opening: AmountText | None = None,
    closing: AmountText | None = None,
    closed_on: date | None = None,
) -> Response:
    """Take a statement file, whole or not at all: the body is its bytes.

    `opening`, `closing` (in the bank's sign) and `closed_on` are for CSV that does not say them.
    """
    content = await request.body()
    async with database.connection() as conn:
        setup = await find_setup(conn, account_id, reach=reach_of(caller))
    declared = Declared(
        _signed(opening, "opening", setup), _signed(closing, "closing", setup), closed_on
    )
    upload = Upload(content, file_name, format, declared)
    said = {"account_id": account_id, "file_name": file_name, "content": upload.digest.hex()}
    keyed = KeyedRequest(str(caller.user_id), key, f"POST {HOME}/statements", said)
    if again := await answer_again(database, keyed):
        return again
    # In transactions of its own, because reading takes longer than one may stand; the content's
    # hash makes the effect once, whatever happens before the answer is kept.
    imported = await import_file(database, account_id, upload, operator=caller.user_id, now=now)
    status = 200 if imported.unchanged else 201

    async def perform(_conn: Connection) -> Answer:
        return Answer.of(status, _imported(imported, setup).model_dump(mode="json"))

    return await answer_once(database, keyed, perform)


def _signed(text: str | None, field: str, setup: Setup) -> int | None:
    try:
        return None if text is None else minor_of(text, SCALES[setup.asset])
    except ValueError as error:
        raise amount_problem(field, AmountError(str(error))) from None


def _imported(imported: Imported, setup: Setup) -> ImportAnswer:
    return ImportAnswer(
        outcome="unchanged" if imported.unchanged else "imported",
        line_count=imported.line_count,
        statements=[StatementAnswer.of(one, setup.asset) for one in imported.statements],
    )


@router.get("/accounts/{account_id}/statements")
async def list_statements(
    account_id: UUID,
    caller: Operator,
    database: OpenDatabase,
    cursor: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    limit: Limit = 50,
) -> Page[StatementAnswer]:
    """Statements, newest first, in the account's sign."""
    async with database.connection() as conn:
        setup = await find_setup(conn, account_id, reach=reach_of(caller))
        found = await queries.select_statements(conn, account_id, cursor, limit + 1)
    answers = [StatementAnswer.of(one, setup.asset) for one in found]
    return page_of(answers, limit, [one.seq for one in found])


@router.post("/accounts/{account_id}/runs", status_code=202, response_model=RunAnswer)
async def post_run(
    account_id: UUID, caller: Operator, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Match everything that is open, in the background."""

    async def perform(conn: Connection) -> Answer:
        setup = await find_setup(conn, account_id, reach=reach_of(caller))
        run = await start_run(conn, setup, run_id=new_id(), operator=caller.user_id, now=now)
        return Answer.of(202, RunAnswer.of(run, setup).model_dump(mode="json"))

    content = {"account_id": account_id}
    request = KeyedRequest(str(caller.user_id), key, f"POST {HOME}/runs", content)
    return await answer_once(database, request, perform)


@router.get("/accounts/{account_id}/runs")
async def list_runs(
    account_id: UUID,
    caller: Operator,
    database: OpenDatabase,
    cursor: UUID | None = None,
    limit: Limit = 20,
) -> Page[RunAnswer]:
    """Runs, newest first, with how far they are."""
    async with database.connection() as conn:
        found = await browse_runs(
            conn, account_id, reach=reach_of(caller), before=cursor, limit=limit + 1
        )
    answers = [RunAnswer.of(run, setup) for run, setup in found]
    return page_of(answers, limit, [run.id for run, _ in found])


@router.post("/accounts/{account_id}/runs/{run_id}/{move}", response_model=RunAnswer)
async def move_run(
    account_id: UUID,
    run_id: UUID,
    move: str,
    caller: Operator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """`pause` a run, or `resume` it where it stands."""
    if move not in ("pause", "resume"):
        raise Malformed(
            "check move: pause or resume",
            errors=[{"field": "move", "rule": "known", "message": "pause or resume"}],
        )

    async def perform(conn: Connection) -> Answer:
        await find_setup(conn, account_id, reach=reach_of(caller))
        state: Any = "PAUSED" if move == "pause" else "ACTIVE"
        run = await pause_run(conn, account_id, run_id, state, now=now)
        setup = await find_setup(conn, account_id, run.setup_version)
        return Answer.of(200, RunAnswer.of(run, setup).model_dump(mode="json"))

    content = {"account_id": account_id, "run_id": run_id, "move": move}
    request = KeyedRequest(str(caller.user_id), key, f"POST {HOME}/runs/{{id}}/{{move}}", content)
    return await answer_once(database, request, perform)


@router.get("/accounts/{account_id}/suspense")
async def list_suspense(
    account_id: UUID,
    caller: Operator,
    database: OpenDatabase,
    side: Side = "LINE",
    cursor: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    limit: Limit = 50,
) -> Page[ItemAnswer]:
    """What nobody and no rule has settled: lines of statements, or entries of the account."""
    async with database.connection() as conn:
        setup = await find_setup(conn, account_id, reach=reach_of(caller))
        found = await queries.select_open(conn, account_id, side, cursor, limit + 1)
    answers = [ItemAnswer.of(one, setup.asset) for one in found]
    return page_of(answers, limit, [one.number for one in found])


@router.get("/accounts/{account_id}/summary")
async def get_summary(
    account_id: UUID,
    caller: Operator,
    database: OpenDatabase,
    statement: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> SummaryAnswer:
    """Ledger balance = closing balance + what explains the rest, at the end of a statement."""
    async with database.connection() as conn, conn.transaction(isolation="repeatable_read"):
        setup = await find_setup(conn, account_id, reach=reach_of(caller))
        return SummaryAnswer.of(await sum_up(conn, setup, seq=statement))
