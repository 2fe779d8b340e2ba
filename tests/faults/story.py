"""The story of a cell: money sent, set aside and captured, trades, letters, deadlines that pass."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from fastapi import Response

from chassis.database import Connection, Database
from chassis.idempotency import Answer, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.operators import Office
from chassis.outbox import Cause, PreparedEvents, emit, prepare_events, write_events
from chassis.tokens import Caller
from contracts.ledger import EscrowFunded, EscrowReleased, FundEscrow
from ledger.accounts.find_people import find_accounts_of_people
from ledger.accounts.models import PERSONAL, Account
from ledger.accounts.open import open_accounts
from ledger.accounts.open_system import open_system_account
from ledger.journal.models import Posted, Transfer
from ledger.journal.templates import pay
from ledger.reservations.capture import capture_reservation
from ledger.reservations.models import Capture, Wanted
from ledger.reservations.reserve import reserve_money
from ledger.reservations.router import answer_move_once
from marketplace.trades.accept import accept_trade
from marketplace.trades.compensate import compensate_trade
from marketplace.trades.models import Trade
from marketplace.trades.offer import offer_trade
from marketplace.trades.requests import OfferBody
from tests.faults.done import Left
from tests.faults.subject import Running, insist, person_of

COMMUNITY: Final = "riverside"
SHOP: Final = UUID("01a1fdfa-0000-7000-8000-0000000000f0")
SHOP_ITEM: Final = UUID("01a1fdfa-0000-7000-8000-0000000000f1")
#: See `tell`.
STORY_LEAVES: Final = Left(
    transfers={
        **dict.fromkeys(("issue", "send", "reservation.reserve", "reservation.capture"), 1),
        "reservation.expire": 1,
        "escrow.fund": 2,
        "escrow.refund": 2,
    },
    ana=10_000 - 500 - 100,
    ben=500 + 100,
    trades=[
        ("refunded", ["offer", "accept", "fund", "compensate", "repay"]),
        ("refunded", ["offer", "accept", "fund", "expire", "repay"]),
    ],
    keys=[
        *("accept", "accept-again", "call-off", "capture", "early", "issue"),
        *("offer", "offer-again", "orphan", "reserve", "send", "unsendable"),
    ],
    letters=True,
)
SOME_SECONDS: Final = 40.0
#: What waits for an earlier version has waited for an hour.
AGE_PARKED: Final = """
WITH taken AS (DELETE FROM parked_message WHERE key = $1 RETURNING *)

INSERT INTO parked_message (
    consumer, key, version, event_day, event_id, topic, partition, message_offset, headers,
    payload, parked_at
)
SELECT
    consumer, key, version, event_day, event_id, topic, partition, message_offset, headers,
    payload, parked_at - interval '1 hour'
FROM taken
"""
#: As `redrive_dead_letter` does for operators, without its five times.
REDRIVE: Final = """
UPDATE dead_letter SET state = 'WAITING'
WHERE state = 'DEAD' AND (key = $1 OR payload = convert_to($1, 'UTF8'))
"""


class Teller:
    """Tells the story once; told again by another process, it changes nothing."""

    def __init__(self, running: Running, cell: int) -> None:
        """Tell the story of a cell's own people."""
        self._running = running
        self._cell = cell
        self._ana = person_of(cell, "a")
        self._ben = person_of(cell, "b")

    async def tell(self) -> None:
        """Ana gets 100.00, sends 5.00, sets 3.00 aside of which 1.00 is captured, and buys.

        Nobody hands the thing over: the trade's money comes back, and what is still set aside is
        let go. Another trade is called off by an operator. In between come a message that is none,
        one that is before its turn, one whose turn never comes, and one that can't be sent.
        """
        mains = await insist(self._open_accounts)
        await self._post("issue", mains["outside"], mains["ana"], 10_000)
        await self._post("send", mains["ana"], mains["ben"], 500)
        reservation = await self._reserve(mains["ana"], mains["ben"])
        await self._capture(reservation)
        await insist(self._poison)
        early = await self._out_of_turn()
        trade = await self._trade()
        async with asyncio.TaskGroup() as meanwhile:
            for part in (self._call_off, self._give_up, self._redrive_poison, self._cannot_send):
                meanwhile.create_task(part())
            await self._leaves("accepted", trade)
        self._running.clock.by = timedelta(days=20)
        await self._until(
            "marketplace", f"SELECT state = 'refunded' FROM trade WHERE id = '{trade}'"
        )
        await self._until(
            "ledger", f"SELECT state = 'EXPIRED' FROM reservation WHERE id = '{reservation}'"
        )
        await self._until(
            "marketplace",
            "SELECT (SELECT max(version) = 2 FROM aggregate_head "
            f"WHERE consumer = 'marketplace.trades' AND key = '{early}') "
            f"AND NOT EXISTS (SELECT FROM parked_message WHERE key = '{early}')",
        )
        await self._all_is_told()

    async def _all_is_told(self) -> None:
        for service in ("ledger", "marketplace"):
            await self._until(
                service,
                "SELECT count(*) = 0 FROM outbox WHERE published_at IS NULL AND failed_at IS NULL",
            )

    async def _open_accounts(self) -> dict[str, UUID]:
        now = self._running.clock.now()
        async with self._running.ledger.transaction() as conn:
            wanted = [
                Account(new_id(), owner, kind, "LXC", COMMUNITY)
                for owner in (self._ana, self._ben, SHOP)
                for kind in PERSONAL
            ]
            await open_accounts(conn, wanted, now=now)
            outside = await open_system_account(conn, COMMUNITY, "TRANSIT", "LXC", now=now)
            found = await find_accounts_of_people(conn, [self._ana, self._ben])
        return {
            "outside": outside.id,
            "ana": found[self._ana, "MAIN", "LXC"].id,
            "ben": found[self._ben, "MAIN", "LXC"].id,
        }

    def _request(self, key: str) -> KeyedRequest:
        return KeyedRequest(str(self._ana), key, f"POST /{key}", {"cell": self._cell})

    async def _ask(self, key: str, work: Callable[[], Awaitable[Response]]) -> dict[str, Any]:
        """Ask until answered, and write down what was said: each telling must hear the same."""
        body = bytes((await insist(work)).body)
        path = self._running.place.answers / f"{self._cell}.jsonl"
        with path.open("a") as file:
            file.write(json.dumps([key, body.decode()]) + "\n")
        answer: dict[str, Any] = json.loads(body)
        return answer

    async def _post(self, key: str, source: UUID, target: UUID, amount_minor: int) -> None:
        async def work() -> Response:
            movements = pay(source, target, "LXC", amount_minor)
            wanted = Transfer(new_id(), key, movements, initiated_by=self._ana)
            return await self._running.journal.post(self._request(key), wanted, _render)

        await self._ask(key, work)

    async def _reserve(self, account: UUID, payee: UUID) -> UUID:
        async def work() -> Response:
            now = self._running.clock.now()
            until = now + timedelta(hours=1)
            wanted = Wanted(new_id(), account, "LXC", 300, until, payee, created_by=self._ana)
            return await answer_move_once(
                self._running.ledger,
                self._request("reserve"),
                lambda conn: reserve_money(conn, wanted, transfer_id=new_id(), now=now),
                201,
            )

        return UUID((await self._ask("reserve", work))["id"])

    async def _capture(self, reservation: UUID) -> None:
        async def perform(conn: Connection) -> Any:
            now = self._running.clock.now()
            wish = Capture(100)
            return await capture_reservation(conn, reservation, wish, transfer_id=new_id(), now=now)

        async def work() -> Response:
            request = self._request("capture")
            return await answer_move_once(self._running.ledger, request, perform)

        await self._ask("capture", work)

    async def _trade(self, again: str = "") -> UUID:
        running = self._running
        body = OfferBody(item_id=SHOP_ITEM, amount="20.00", asset="LXC")
        patience = running.market_settings.patience()

        async def offer(conn: Connection) -> Trade:
            now = running.clock.now()
            return await offer_trade(
                conn, self._caller(self._ana), body, now=now, patience=patience
            )

        trade = UUID((await self._ask(f"offer{again}", self._step(f"offer{again}", offer)))["id"])

        async def accept(conn: Connection) -> Trade:
            now, patience = running.clock.now(), running.market_settings.patience()
            return await accept_trade(conn, trade, self._caller(SHOP), now=now, patience=patience)

        await self._ask(f"accept{again}", self._step(f"accept{again}", accept))
        return trade

    async def _call_off(self) -> None:
        """A second trade, undone by an operator when it is paid for."""
        trade = await self._trade("-again")
        await self._leaves("accepted", trade)

        async def undo(conn: Connection) -> Trade:
            office = Office("Olga", "the shop has closed")
            return await compensate_trade(conn, trade, office, now=self._running.clock.now())

        await self._ask("call-off", self._step("call-off", undo))
        await self._leaves("refunding", trade)

    async def _leaves(self, state: str, trade: UUID) -> None:
        question = f"SELECT state <> '{state}' FROM trade WHERE id = '{trade}'"
        await self._until("marketplace", question)

    def _step(
        self, key: str, move: Callable[[Connection], Awaitable[Trade]]
    ) -> Callable[[], Awaitable[Response]]:
        async def perform(conn: Connection) -> Answer:
            moved = await move(conn)
            return Answer.of(200, {"id": str(moved.id), "version": moved.version})

        return lambda: answer_once(self._running.marketplace, self._request(key), perform)

    def _caller(self, person: UUID) -> Caller:
        return Caller(person, frozenset({"MEMBER"}), COMMUNITY)

    def _poison_text(self) -> str:
        return f"poison of {self._cell}"

    async def _poison(self) -> None:
        await self._running.send(FundEscrow.TOPIC, "poison", self._poison_text())

    async def _out_of_turn(self) -> UUID:
        """Tell of an escrow that is no trade's, its second version before the first."""
        parties: dict[str, Any] = {"payer_id": self._ana, "payee_id": self._ben}

        async def perform(conn: Connection) -> Answer:
            ids = {"escrow_id": new_id(), "transfer_id": new_id()}
            facts = {**parties, **ids, "amount_minor": 5, "asset": "LXC"}
            released = EscrowReleased(**facts, version=2, fee_minor=0)
            await emit(conn, released, EscrowFunded(**facts, version=1))
            return Answer.of(200, {"id": str(facts["escrow_id"])})

        async def work() -> Response:
            return await answer_once(self._running.ledger, self._request("early"), perform)

        return UUID((await self._ask("early", work))["id"])

    async def _give_up(self) -> None:
        """Tell of an escrow's second version and never of its first: given up, then redriven."""

        async def perform(conn: Connection) -> Answer:
            facts = {"escrow_id": new_id(), "transfer_id": new_id(), "asset": "LXC"}
            parties: dict[str, Any] = {"payer_id": self._ana, "payee_id": self._ben}
            released: Any = {**facts, **parties, "amount_minor": 5, "version": 2, "fee_minor": 0}
            await emit(conn, EscrowReleased(**released))
            return Answer.of(200, {"id": str(facts["escrow_id"])})

        async def work() -> Response:
            return await answer_once(self._running.ledger, self._request("orphan"), perform)

        orphan = (await self._ask("orphan", work))["id"]
        known = f"SELECT EXISTS (SELECT FROM {{}} WHERE key = '{orphan}')"
        parked, dead = known.format("parked_message"), known.format("dead_letter")
        await self._until("marketplace", f"SELECT ({parked}) OR ({dead})")
        await insist(lambda: self._change(self._running.marketplace, AGE_PARKED, orphan))
        await self._until("marketplace", dead)
        state = f"SELECT state = 'REDRIVEN' FROM dead_letter WHERE key = '{orphan}'"
        await self._until("marketplace", state, redriving=orphan)

    async def _redrive_poison(self) -> None:
        """What is no message is given up, and given up again when somebody redrives it."""
        text = self._poison_text()
        letter = f"FROM dead_letter WHERE payload = convert_to('{text}', 'UTF8')"
        await self._until("ledger", f"SELECT count(*) > 0 {letter}")
        await insist(lambda: self._change(self._running.ledger, REDRIVE, text))
        await self._until("ledger", f"SELECT state = 'DEAD' {letter}")

    async def _cannot_send(self) -> None:
        """A row that no broker takes is tried three times, and harms none behind it."""

        async def perform(conn: Connection) -> Answer:
            facts: dict[str, Any] = {"escrow_id": new_id(), "transfer_id": new_id()}
            facts |= {"payer_id": self._ana, "payee_id": self._ben, "version": 1}
            funded = EscrowFunded(**facts, amount_minor=5, asset="LXC")
            prepared = prepare_events([(funded, Cause())])
            columns = list(prepared.columns)
            columns[4] = ['"no headers"']
            await write_events(conn, PreparedEvents(prepared.ids, tuple(columns)))
            return Answer.of(200, {"id": str(prepared.ids[0])})

        async def work() -> Response:
            return await answer_once(self._running.ledger, self._request("unsendable"), perform)

        row = (await self._ask("unsendable", work))["id"]
        tried = f"SELECT failed_at IS NOT NULL FROM outbox WHERE event_id = '{row}'"
        await self._until("ledger", tried)

    async def _change(self, database: Database, statement: str, what: str) -> None:
        async with database.transaction() as conn:
            await conn.execute(statement, what)

    async def _until(self, service: str, question: str, *, redriving: str | None = None) -> None:
        """Wait until the database says yes; an operator may redrive what has died meanwhile."""
        databases: dict[str, Database] = {
            "ledger": self._running.ledger,
            "marketplace": self._running.marketplace,
        }
        loop = asyncio.get_running_loop()
        end = loop.time() + SOME_SECONDS
        while loop.time() < end:
            try:
                if redriving is not None:
                    await self._change(databases[service], REDRIVE, redriving)
                async with databases[service].connection() as conn:
                    if await conn.fetchval(question):
                        return
            except Exception:  # noqa: BLE001, S110 - a connection may have been lost to a stall
                pass
            await asyncio.sleep(0.03)
        raise TimeoutError(question)


def _render(posted: Posted) -> Answer:
    return Answer.of(201, {"id": str(posted.transfer.id)})


async def tell_story(running: Running, cell: int) -> None:
    """Tell the story of a cell."""
    await Teller(running, cell).tell()
