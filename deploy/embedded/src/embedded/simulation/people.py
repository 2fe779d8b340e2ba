"""People and their clients: each wish has a key, and is sent again until it is answered."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import orjson
from fastapi import Response

from chassis.database import Connection, is_transient
from chassis.failpoints import FailpointReached
from chassis.idempotency import Answer, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.problems import Problem
from chassis.tokens import Caller
from contracts.money import render_amount
from embedded.simulation.plan import Step
from embedded.simulation.process import ServiceProcess
from embedded.simulation.world import ASSET, World
from ledger.journal.models import Posted, Transfer
from ledger.journal.templates import pay
from ledger.reservations.capture import capture_reservation
from ledger.reservations.models import Capture, Wanted
from ledger.reservations.release import release_reservation
from ledger.reservations.reserve import reserve_money
from ledger.reservations.router import answer_move_once
from marketplace.trades.accept import accept_trade
from marketplace.trades.cancel import cancel_trade
from marketplace.trades.confirm import confirm_trade
from marketplace.trades.decline import decline_trade
from marketplace.trades.dispute import dispute_trade
from marketplace.trades.hand_over import hand_over_trade
from marketplace.trades.models import Trade
from marketplace.trades.offer import offer_trade
from marketplace.trades.refund_part import refund_part
from marketplace.trades.requests import OfferBody, PartBody, RulingBody
from marketplace.trades.resolve import resolve_trade

TRIES_MAX: Final = 400
LEDGER_WISHES: Final = frozenset({"send", "reserve", "capture", "release"})
PERSONAL_STEPS: Final = frozenset(
    {"offer", "accept", "decline", "cancel", "hand-over", "confirm", "dispute", "resolve"}
    | {"refund-part"}
)
PLAIN_STEPS: Final = {
    "decline": decline_trade,
    "confirm": confirm_trade,
}

type Work = Callable[[ServiceProcess], Awaitable[Response]]


@dataclass
class Told:
    """What became of a wish, as its client saw it."""

    step: Step
    begun_at: float
    ended_at: float = 0.0
    bodies: list[bytes] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    tries: int = 0

    @property
    def done(self) -> dict[str, Any] | None:
        """The answer, where it was done."""
        return orjson.loads(self.bodies[0]) if self.bodies else None


class People:
    """The clients of a run."""

    def __init__(self, world: World) -> None:
        """Live in a world."""
        self._world = world
        self._trades: dict[int, UUID] = {}
        self._reservations: dict[int, UUID] = {}
        self.told: list[Told] = []

    async def wish(self, step: Step) -> None:
        """Send a wish until it is answered; some clients send it twice at once."""
        work = self._work_of(step)
        if work is None:
            return
        loop = asyncio.get_running_loop()
        told = Told(step, loop.time())
        self.told.append(told)
        times = 2 if step.facts.get("twice") else 1
        await asyncio.gather(*(self._insist(told, work) for _ in range(times)))
        told.ended_at = loop.time()
        if told.done and step.kind == "offer":
            self._trades[step.facts["trade"]] = UUID(told.done["id"])
        if told.done and step.kind == "reserve":
            self._reservations[step.facts["reservation"]] = UUID(told.done["id"])

    async def _insist(self, told: Told, work: Work) -> None:
        service = "ledger" if told.step.kind in LEDGER_WISHES else "marketplace"
        chance = self._world.around.chance
        for attempt in range(TRIES_MAX):
            process = chance.choice(self._world.processes[service])
            told.tries += 1
            try:
                response = await process.call(partial(work, process))
            except Problem as problem:
                told.refusals.append(problem.slug())
                return
            except (ConnectionError, TimeoutError, FailpointReached):
                pass
            except Exception as error:
                if not is_transient(error):
                    told.defects.append(repr(error))
                    raise
            else:
                told.bodies.append(bytes(response.body))
                return
            await asyncio.sleep(min(0.01 * 2**attempt, 0.2))
        told.defects.append("never answered")

    def _work_of(self, step: Step) -> Work | None:
        facts = step.facts
        if step.kind == "send":
            return self._send(step)
        if step.kind == "reserve":
            return self._reserve(step)
        if step.kind in LEDGER_WISHES:
            known = self._reservations.get(facts["reservation"])
            return self._end_reservation(step, known) if known else None
        if step.kind == "offer":
            return self._offer(step)
        trade = self._trades.get(facts["trade"])
        return self._move_trade(step, trade) if trade else None

    def _request(self, step: Step, person: Caller) -> KeyedRequest:
        content = {name: str(value) for name, value in step.facts.items()}
        return KeyedRequest(str(person.user_id), f"k{step.number}", f"POST /{step.kind}", content)

    def _send(self, step: Step) -> Work:
        facts, world = step.facts, self._world
        person = world.people[facts["who"]]
        source, target = world.accounts[facts["who"], "MAIN"], world.accounts[facts["to"], "MAIN"]

        async def work(process: ServiceProcess) -> Response:
            movements = pay(source, target, ASSET, facts["amount"])
            wanted = Transfer(new_id(), "transfer", movements, initiated_by=person.user_id)
            return await process.journal.post(self._request(step, person), wanted, _render)

        return work

    def _reserve(self, step: Step) -> Work:
        facts, world = step.facts, self._world
        person = world.people[facts["who"]]

        async def work(process: ServiceProcess) -> Response:
            now = world.around.clock.now()
            wanted = Wanted(
                new_id(),
                world.accounts[facts["who"], "MAIN"],
                ASSET,
                facts["amount"],
                now + timedelta(seconds=facts["ttl"]),
                world.accounts[facts["to"], "MAIN"],
                created_by=person.user_id,
            )
            return await answer_move_once(
                process.database,
                self._request(step, person),
                lambda conn: reserve_money(conn, wanted, transfer_id=new_id(), now=now),
                201,
            )

        return work

    def _end_reservation(self, step: Step, known: UUID) -> Work:
        facts, world = step.facts, self._world
        person = world.people[facts["who"]]

        async def work(process: ServiceProcess) -> Response:
            now = world.around.clock.now()

            async def perform(conn: Connection) -> Any:
                if step.kind == "release":
                    return await release_reservation(conn, known, transfer_id=new_id(), now=now)
                part = Capture(facts["amount"], final=facts["final"])
                return await capture_reservation(conn, known, part, transfer_id=new_id(), now=now)

            request = self._request(step, person)
            return await answer_move_once(process.database, request, perform)

        return work

    def _offer(self, step: Step) -> Work:
        facts, world = step.facts, self._world
        person = world.people[facts["buyer"]]
        body = OfferBody(
            item_id=world.items[facts["seller"]],
            amount=render_amount(facts["amount"], ASSET),
            asset=ASSET,
        )

        async def offer(conn: Connection) -> Trade:
            now, patience = world.around.clock.now(), world.around.patience
            return await offer_trade(conn, person, body, now=now, patience=patience)

        return self._trade_work(step, person, offer)

    def _move_trade(self, step: Step, trade: UUID) -> Work:
        person = self._world.people[step.facts["who"]]
        around = self._world.around

        async def move(conn: Connection) -> Trade:
            now = around.clock.now()
            plain = PLAIN_STEPS | {"accept": partial(accept_trade, patience=around.patience)}
            if step.kind in plain:
                return await plain[step.kind](conn, trade, person, now=now)
            if step.kind == "cancel":
                return await cancel_trade(conn, trade, person, None, now=now)
            if step.kind == "hand-over":
                patience = around.patience
                handed = await hand_over_trade(conn, trade, person, now=now, patience=patience)
                assert isinstance(handed, Trade)  # noqa: S101 - nobody enters a code here
                return handed
            if step.kind == "dispute":
                return await dispute_trade(conn, trade, person, "it squeaks", now=now)
            part = render_amount(1, ASSET)
            if step.kind == "refund-part":
                return await refund_part(conn, trade, person, PartBody(amount=part), now=now)
            gets = part if step.facts["ruling"] == "split" else None
            ruling = RulingBody(ruling=step.facts["ruling"], buyer_gets=gets)
            return await resolve_trade(conn, trade, self._judge(), ruling, now=now)

        return self._trade_work(step, person, move)

    def _judge(self) -> Caller:
        """An operator who has no part in any trade."""
        someone = self._world.people[0]
        return Caller(UUID(int=7), someone.roles, someone.community)

    def _trade_work(
        self, step: Step, person: Caller, move: Callable[[Connection], Awaitable[Trade]]
    ) -> Work:
        async def perform(conn: Connection) -> Answer:
            trade = await move(conn)
            return Answer.of(200, {"id": str(trade.id), "version": trade.version})

        async def work(process: ServiceProcess) -> Response:
            return await answer_once(process.database, self._request(step, person), perform)

        return work


def _render(posted: Posted) -> Answer:
    return Answer.of(201, {"id": posted.transfer.id.hex})
