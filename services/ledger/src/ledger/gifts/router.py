"""HTTP edge of gifts: one gives from one's MAIN account and spends from one's GIFT account."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import Person
from chassis.answers import foreseen
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.problems import Problem
from chassis.service import Now, OpenDatabase
from ledger.accounts.find import find_account
from ledger.accounts.find_people import find_accounts_of_people
from ledger.accounts.look_at import look_at_accounts
from ledger.gifts.browse import browse_gifts
from ledger.gifts.find_sides import find_sides
from ledger.gifts.give import give_gift, transfer_of
from ledger.gifts.lifecycle import render_gift
from ledger.gifts.models import (
    Direction,
    Gift,
    GiftAnswer,
    GiftsAnswer,
    GiveGift,
    LotState,
    SpendGifts,
    Spending,
)
from ledger.gifts.prepare import prepare_gift
from ledger.gifts.read import read_gift
from ledger.gifts.spend import spend_gifts
from ledger.journal.models import Declined, Transfer
from ledger.reach import reach_of
from ledger.text import read_amount
from ledger.transfers.foresee import foresee_transfer
from ledger.transfers.lifecycle import answer_to
from ledger.transfers.models import ForeseenAnswer, TransferAnswer

router = APIRouter(tags=["gifts"])

POST_GIFTS: Final = "POST /v1/gifts"
POST_SPENDINGS: Final = "POST /v1/gifts/spend"
Limit = Annotated[int, Query(ge=1, le=200)]


@router.post(
    "/gifts",
    status_code=201,
    response_model=GiftAnswer,
    responses=foreseen(ForeseenAnswer),
)
async def give(
    wish: GiveGift,
    caller: Person,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
    *,
    dry_run: bool = False,
) -> Response:
    """Give credits into somebody's GIFT account; what is left of them at `expires_at` returns.

    `dry_run` only says what would be.
    """

    async def prepare(conn: Connection) -> Gift:
        return await prepare_gift(conn, wish, transfer_id=new_id(), person=caller.user_id, now=now)

    async def perform(conn: Connection) -> Answer | Problem:
        gift = await prepare(conn)
        given = await give_gift(conn, gift, now=now)
        if isinstance(given, Declined):
            return given.problem
        content = render_gift(given).model_dump(mode="json")
        return Answer.of(201, content, Location=f"/v1/gifts/{given.id}")

    if dry_run:
        async with database.connection() as conn:
            wanted: Transfer | Problem
            try:
                wanted = transfer_of(await prepare(conn))
            except Problem as problem:
                wanted = problem
            seen = await foresee_transfer(conn, wanted, viewer=caller.user_id, now=now)
        return Answer(200, seen.model_dump_json().encode()).response()
    request = KeyedRequest(str(caller.user_id), key, POST_GIFTS, wish.model_dump(mode="json"))
    return await answer_once(database, request, perform)


@router.post("/gifts/spend", status_code=201, response_model=TransferAnswer)
async def spend(
    wish: SpendGifts, caller: Person, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Spend gift credits at an account that accepts them; first those that expire first."""

    async def perform(conn: Connection) -> Answer | Problem:
        amount_minor = read_amount(wish.amount, wish.asset)
        sides = await find_sides(conn, wish, person=caller.user_id)
        wanted = Spending(new_id(), *sides, amount_minor, wish.memo, caller.user_id)
        spent = await spend_gifts(conn, wanted, now=now)
        if isinstance(spent, Declined):
            return spent.problem
        return answer_to(spent, caller.user_id)

    request = KeyedRequest(str(caller.user_id), key, POST_SPENDINGS, wish.model_dump(mode="json"))
    return await answer_once(database, request, perform)


@router.get("/gifts/{gift_id}")
async def get_gift(gift_id: UUID, caller: Person, database: OpenDatabase) -> GiftAnswer:
    """A gift that one gave or received; operators see their community's."""
    reach = reach_of(caller)
    async with database.connection() as conn:
        found = await read_gift(conn, gift_id, reach=reach)
        if reach.has_power:
            await look_at_accounts(conn, [found.account_id, found.giver_account])
    return render_gift(found)


@router.get("/gifts")
async def list_gifts(
    caller: Person,
    database: OpenDatabase,
    direction: Direction = "received",
    account_id: UUID | None = None,
    state: LotState | None = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> GiftsAnswer:
    """Gifts that one received or gave, newest first; operators see others' by the account."""
    reach = reach_of(caller)
    async with database.connection() as conn:
        if account_id:
            named = await find_account(conn, field="account_id", account_id=account_id, reach=reach)
            accounts = [named.id]
        else:
            mine = await find_accounts_of_people(conn, [caller.user_id])
            accounts = [one.id for one in mine.values()]
        page, following = await browse_gifts(
            conn, accounts, direction=direction, state=state, before=cursor, limit=limit
        )
        if account_id and reach.has_power:
            shown = [(one.account_id, one.giver_account) for one in page]
            await look_at_accounts(conn, [account_id, *(side for one in shown for side in one)])
    return GiftsAnswer(gifts=[render_gift(one) for one in page], next_cursor=following)
