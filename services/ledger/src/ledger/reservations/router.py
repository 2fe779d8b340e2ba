"""HTTP edge of reservations: of one's own money; operators see and end their community's."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import Person
from chassis.database import Connection, Database
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.problems import Problem
from chassis.service import Now, OpenDatabase
from contracts.money import render_amount
from ledger.accounts.look_at import look_at_accounts
from ledger.journal.models import Declined
from ledger.reach import Reach, reach_of
from ledger.reservations.browse import browse_reservations
from ledger.reservations.capture import capture_reservation
from ledger.reservations.models import (
    Capture,
    CaptureMoney,
    Reservation,
    ReservationAnswer,
    ReservationsAnswer,
    ReservationState,
    ReserveMoney,
)
from ledger.reservations.prepare import prepare_reservation
from ledger.reservations.read import read_reservation
from ledger.reservations.release import release_reservation
from ledger.reservations.require_payee import require_payee
from ledger.reservations.reserve import reserve_money
from ledger.text import read_amount

router = APIRouter(tags=["reservations"])

POST_RESERVATIONS: Final = "POST /v1/reservations"
Limit = Annotated[int, Query(ge=1, le=200)]

type Move = Callable[[Connection], Awaitable[Reservation | Declined]]


@router.post("/reservations", status_code=201, response_model=ReservationAnswer)
async def reserve(
    wish: ReserveMoney, caller: Person, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Set money aside in one's main account, for 30 minutes unless said."""
    async with database.connection() as conn:
        wanted = await prepare_reservation(
            conn, wish, reservation_id=new_id(), person=caller.user_id, now=now
        )
    request = KeyedRequest(
        str(caller.user_id), key, POST_RESERVATIONS, wish.model_dump(mode="json")
    )
    return await answer_move_once(
        database,
        request,
        lambda conn: reserve_money(conn, wanted, transfer_id=new_id(), now=now),
        status=201,
    )


@router.post("/reservations/{reservation_id}/capture", response_model=ReservationAnswer)
async def capture(
    reservation_id: UUID,
    wish: CaptureMoney,
    caller: Person,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Pay from what one has set aside, in one or several parts; `final` lets the rest go."""
    async with database.connection() as conn:
        held = await read_reservation(conn, reservation_id, reach=reach_of(caller))
        if wish.to_account:
            await require_payee(conn, wish.to_account, held.account_id)
    part = Capture(
        read_amount(wish.amount, held.asset), wish.to_account, wish.final, caller.user_id
    )
    route = f"{POST_RESERVATIONS}/{reservation_id}/capture"
    request = KeyedRequest(str(caller.user_id), key, route, wish.model_dump(mode="json"))
    return await answer_move_once(
        database,
        request,
        lambda conn: capture_reservation(conn, held.id, part, transfer_id=new_id(), now=now),
    )


@router.post("/reservations/{reservation_id}/release", response_model=ReservationAnswer)
async def release(
    reservation_id: UUID, caller: Person, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Make what is still set aside available again."""
    async with database.connection() as conn:
        held = await read_reservation(conn, reservation_id, reach=reach_of(caller))
    route = f"{POST_RESERVATIONS}/{reservation_id}/release"
    return await answer_move_once(
        database,
        KeyedRequest(str(caller.user_id), key, route, {}),
        lambda conn: release_reservation(
            conn, held.id, transfer_id=new_id(), now=now, released_by=caller.user_id
        ),
    )


@router.get("/reservations/{reservation_id}")
async def get_reservation(
    reservation_id: UUID, caller: Person, database: OpenDatabase
) -> ReservationAnswer:
    """A reservation of one's own money; operators see their community's."""
    reach = reach_of(caller)
    async with database.connection() as conn:
        found = await read_reservation(conn, reservation_id, reach=reach)
        if reach.has_power:
            await look_at_accounts(conn, [found.account_id])
    return _render(found)


@router.get("/reservations")
async def list_reservations(
    caller: Person,
    database: OpenDatabase,
    account_id: UUID | None = None,
    state: ReservationState | None = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> ReservationsAnswer:
    """One's own reservations, newest first; operators see others' when they name the account."""
    reach = reach_of(caller) if account_id else Reach(caller.user_id)
    async with database.connection() as conn:
        page, following = await browse_reservations(
            conn, reach=reach, account_id=account_id, state=state, before=cursor, limit=limit
        )
        if reach.has_power:
            await look_at_accounts(conn, [account_id])
    return ReservationsAnswer(reservations=[_render(one) for one in page], next_cursor=following)


async def answer_move_once(
    database: Database, request: KeyedRequest, move: Move, status: int = 200
) -> Response:
    """Move a reservation once for its key. What the journal declined is committed, then told."""

    async def perform(conn: Connection) -> Answer | Problem:
        moved = await move(conn)
        return moved.problem if isinstance(moved, Declined) else _answer_of(moved, status)

    return await answer_once(database, request, perform)


def _answer_of(moved: Reservation, status: int) -> Answer:
    content = _render(moved).model_dump(mode="json")
    if status == 201:  # noqa: PLR2004 - created
        return Answer.of(status, content, Location=f"/v1/reservations/{moved.id}")
    return Answer.of(status, content)


def _render(held: Reservation) -> ReservationAnswer:
    def amount(minor: int) -> str:
        return render_amount(minor, held.asset)

    return ReservationAnswer(
        id=held.id,
        account_id=held.account_id,
        asset=held.asset,
        amount=amount(held.amount_minor),
        captured=amount(held.captured_minor),
        released=amount(held.released_minor),
        remaining=amount(held.remaining_minor),
        state=held.state,
        to_account=held.to_account,
        memo=held.memo,
        version=held.version,
        transfer_id=held.moved_by,
        created_at=held.created_at,
        expires_at=held.expires_at,
        changed_at=held.changed_at,
    )
