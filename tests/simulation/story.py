"""One story without faults, told by the services' own code over any two databases."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

import orjson

from chassis.aftercare import look_after
from chassis.clock import FixedClock
from chassis.consumer import Consumer
from chassis.database import Connection, Database
from chassis.idempotency import Answer, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.outbox import emit
from chassis.relay import Relay
from chassis.timers import TimerWorker
from chassis.tokens import Caller
from contracts.ledger import EscrowFunded, EscrowReleased
from ledger.escrow.consumers import make_subscription
from ledger.journal.collect import open_journal
from ledger.journal.errors import InsufficientFunds
from ledger.journal.models import Posted, Transfer
from ledger.journal.post import post_transfers
from ledger.journal.templates import pay
from ledger.reservations.capture import capture_reservation
from ledger.reservations.expire import expire_reservations
from ledger.reservations.models import Capture, Reservation, Wanted
from ledger.reservations.move import EXPIRY
from ledger.reservations.release import release_reservation
from ledger.reservations.reserve import reserve_money
from marketplace.trades.accept import accept_trade
from marketplace.trades.confirm import confirm_trade
from marketplace.trades.consumers import TRADE_DEADLINES, listen_to_escrow
from marketplace.trades.hand_over import hand_over_trade
from marketplace.trades.models import Patience, Trade
from marketplace.trades.offer import offer_trade
from marketplace.trades.requests import OfferBody

COMMUNITY: Final = "riverside"
PATIENCE: Final = Patience(timedelta(hours=1), timedelta(hours=2), timedelta(hours=2))


@dataclass
class Sent:
    """Stands for Kafka: keeps what the relay sends."""

    records: list[Any] = field(default_factory=list)

    async def send(self, rows: Sequence[Any]) -> list[BaseException | None]:
        """Take rows; they are acknowledged at once."""
        for row in rows:
            headers = orjson.loads(row["headers"]).items()
            self.records.append(
                SimpleNamespace(
                    topic=row["topic"],
                    partition=0,
                    offset=len(self.records),
                    timestamp=0,
                    value=row["payload"].encode(),
                    headers=[(name, value.encode()) for name, value in headers],
                )
            )
        return [None] * len(rows)

    async def renew(self) -> None:
        """Nothing to begin anew."""


@dataclass
class Story:
    """Two people, one of whom sells; accounts and item are there already."""

    ledger: Database
    marketplace: Database
    clock: FixedClock
    mains: tuple[UUID, UUID]
    people: tuple[UUID, UUID]
    outside: UUID
    item: UUID
    sent: Sent = field(default_factory=Sent)
    heard: int = 0

    async def tell(self) -> None:
        """Money is sent, set aside, captured, let go; one trade ends well, one does not."""
        ana, ben = self.mains
        async with self.ledger.transaction() as conn:
            wanted = Transfer(new_id(), "issue", pay(self.outside, ana, "LXC", 100_000))
            await post_transfers(conn, [wanted], now=self.clock.now())
        await self._send("s1", ana, ben, 700)
        await self._send("s1", ana, ben, 700)
        await self._send("s2", ben, ana, 10**9)
        for key, amount_minor in (("s3", 60), ("s4", 5), ("s4", 5)):
            await self._send(key, self.outside, ben, amount_minor)
        captured = await self._reserve("r1", ana, ben, 300)
        let_go = await self._reserve("r2", ana, ben, 40)
        await self._reserve("r3", ana, ben, 50)
        now = self.clock.now()
        async with self.ledger.transaction() as conn:
            part = Capture(120)
            await capture_reservation(conn, captured, part, transfer_id=new_id(), now=now)
        async with self.ledger.transaction() as conn:
            await release_reservation(conn, let_go, transfer_id=new_id(), now=now)
        good, bad = await self._offer("o1"), await self._offer("o2")
        for trade in (good, bad):
            await self._step(f"a{trade}", 1, partial(accept_trade, patience=PATIENCE), trade)
        await self._deliver(twice=True)
        async with self.marketplace.transaction() as conn:
            seller = self._caller(1)
            await hand_over_trade(conn, good, seller, now=self.clock.now(), patience=PATIENCE)
        await self._step("c", 0, confirm_trade, good)
        await self._deliver(twice=False)
        await self._out_of_turn()
        self.clock.move(timedelta(days=2))
        await self._fire()
        await self._deliver(twice=True)

    async def _out_of_turn(self) -> None:
        """What became of an escrow of somebody else's, its second version before the first."""
        facts: dict[str, Any] = {
            "escrow_id": new_id(),
            "payer_id": self.people[0],
            "payee_id": self.people[1],
            "amount_minor": 5,
            "asset": "LXC",
            "transfer_id": new_id(),
        }
        async with self.ledger.transaction() as conn:
            released = EscrowReleased(**facts, version=2, fee_minor=0)
            await emit(conn, released, EscrowFunded(**facts, version=1))
        await self._deliver(twice=True)

    async def _send(self, key: str, source: UUID, target: UUID, amount_minor: int) -> None:
        def render(posted: Posted) -> Answer:
            return Answer.of(201, {"id": str(posted.transfer.id)})

        request = KeyedRequest("ana", key, "POST /send", {"amount": amount_minor})
        wanted = Transfer(new_id(), "transfer", pay(source, target, "LXC", amount_minor))
        async with open_journal(self.ledger, self.clock) as journal:
            with suppress(InsufficientFunds):
                await journal.post(request, wanted, render)

    async def _reserve(self, key: str, account: UUID, payee: UUID, amount_minor: int) -> UUID:
        now = self.clock.now()
        until = now + timedelta(hours=1)
        wanted = Wanted(new_id(), account, "LXC", amount_minor, until, payee)

        async def perform(conn: Connection) -> Answer:
            made = await reserve_money(conn, wanted, transfer_id=new_id(), now=now)
            assert isinstance(made, Reservation)
            return Answer.of(201, {"id": str(made.id)})

        request = KeyedRequest("ana", key, "POST /reserve", {"amount": amount_minor})
        await answer_once(self.ledger, request, perform)
        return wanted.id

    def _caller(self, who: int) -> Caller:
        return Caller(self.people[who], frozenset({"MEMBER"}), COMMUNITY)

    async def _offer(self, key: str) -> UUID:
        made: list[Trade] = []
        body = OfferBody(item_id=self.item, amount="20.00", asset="LXC")

        async def perform(conn: Connection) -> Answer:
            now = self.clock.now()
            made.append(await offer_trade(conn, self._caller(0), body, now=now, patience=PATIENCE))
            return Answer.of(201, {"id": str(made[0].id)})

        await answer_once(self.marketplace, KeyedRequest("ana", key, "POST /offer", {}), perform)
        return made[0].id

    async def _step(self, key: str, who: int, verb: Any, trade: UUID) -> None:
        async def perform(conn: Connection) -> Answer:
            moved = await verb(conn, trade, self._caller(who), now=self.clock.now())
            return Answer.of(200, {"version": moved.version})

        await answer_once(self.marketplace, KeyedRequest("ana", key, "POST /step", {}), perform)

    async def _deliver(self, *, twice: bool) -> None:
        """Relay and hand out until nothing is on its way."""
        market: Any = SimpleNamespace(
            clock=self.clock, settings=SimpleNamespace(patience=lambda: PATIENCE)
        )
        consumers = [
            Consumer(make_subscription(self.clock, 100), self.ledger),
            *(Consumer(heard, self.marketplace) for heard in listen_to_escrow(market)),
        ]
        while True:
            for database in (self.ledger, self.marketplace):
                relay = Relay(database, self.sent)
                async with database.connection() as conn:
                    await relay._claim(conn)
                    await relay._publish_batch(conn)
            fresh = self.sent.records[self.heard :]
            if not fresh:
                return
            self.heard = len(self.sent.records)
            for consumer in consumers:
                await look_after(consumer)
                topics = consumer.subscription.topics()
                records = [one for one in fresh if one.topic in topics]
                for _ in range(2 if twice else 1):
                    await consumer.handle(records)

    async def _fire(self) -> None:
        await TimerWorker(self.ledger, self.clock, {EXPIRY: expire_reservations}).fire_due()
        await TimerWorker(self.marketplace, self.clock, TRADE_DEADLINES).fire_due()


def clock_at(noon: datetime) -> FixedClock:
    """A clock that stands at a noon."""
    return FixedClock(noon)
