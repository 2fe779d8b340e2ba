"""A service's process: the real relay, consumers, timers and journal over simulated ports."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any, Final

from chassis import context
from chassis.aftercare import Aftercare
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.inbox import BatchHandler, Delivery, Handler
from chassis.problems import Transient
from chassis.relay import Relay
from chassis.subscription import Subscription
from chassis.timers import TimerHandler, TimerWorker
from contracts.ledger import TransferPosted
from contracts.messages import Message
from embedded.simulation.broker import Broker, Place, SimulatedSender
from embedded.simulation.session import Pool
from embedded.simulation.store import Store
from ledger.escrow.consumers import make_subscription
from ledger.journal.collect import Journal
from ledger.reservations.expire import expire_reservations
from ledger.reservations.move import EXPIRY
from marketplace.trades.consumers import TRADE_DEADLINES, listen_to_escrow
from marketplace.trades.models import Patience

FEE_BPS: Final = 100
HAND_OUT_MAX: Final = 20
DEAD_MEMBER_SECONDS: Final = 0.2
ADD_UP: Final = "add up"


async def _count_transfer(conn: Any, message: TransferPosted) -> None:
    """An effect that is not repeatable by itself: only the inbox keeps it from doubling."""
    for entry in message.entries:
        await conn.execute(ADD_UP, entry.account_id, entry.amount_minor)


#: A reader that the services do not have: it adds up what it hears of every account.
COUNTING: Final = Subscription("marketplace.counting", {TransferPosted: _count_transfer})
#: Events by group and id, in the order in which they took effect: the inbox knows when they came.
HANDLED: Final = "handled"


def noting_effects(heard: Subscription) -> Subscription:
    """The same subscription, which writes down in its transactions what it has handled.

    No statement does it, so that time passes and chance falls as they would without.
    """

    def note(conn: Any, event_id: str) -> None:
        conn.transaction_open.put(HANDLED, (heard.group, event_id), True)

    def one(handler: Handler[Any]) -> Handler[Any]:
        async def noted(conn: Any, message: Any) -> None:
            await handler(conn, message)
            note(conn, str(context.causation_id.get()))

        return noted

    def several(handler: BatchHandler) -> BatchHandler:
        async def noted(conn: Any, deliveries: Sequence[Delivery[Message]]) -> None:
            await handler(conn, deliveries)
            for delivery in deliveries:
                note(conn, str(delivery.envelope.event_id))

        return noted

    return replace(
        heard,
        handlers={model: one(handler) for model, handler in heard.handlers.items()},
        batch=heard.batch and several(heard.batch),
    )


class SimulatedClock:
    """Virtual time since a noon, moved by whoever moves clocks."""

    def __init__(self, noon: datetime) -> None:
        """Begin at a noon."""
        self._noon = noon
        self.skew = timedelta()

    def now(self) -> datetime:
        """The present, in UTC."""
        return self._noon + timedelta(seconds=asyncio.get_running_loop().time()) + self.skew


@dataclass(frozen=True)
class Surroundings:
    """What every process of a run shares."""

    stores: dict[str, Store]
    broker: Broker
    chance: Random
    clock: SimulatedClock
    patience: Patience


class ServiceProcess:
    """One process of the ledger or the marketplace; it can be killed, paused and started again."""

    def __init__(self, service: str, around: Surroundings) -> None:
        """A process that is not started yet."""
        self.service = service
        self.around = around
        self.alive = False
        self.paused_until = 0.0
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def start(self) -> None:
        """Start every part; one that runs already is left alone."""
        if self.alive:
            return
        around = self.around
        self.alive = True
        self.pool = Pool(around.stores[self.service], self)
        self.database = Database(self.pool)
        self.sender = SimulatedSender(around.broker)
        self.journal = Journal(self.database, around.clock, batch_max=8)
        self._spawn(Relay(self.database, self.sender).run())
        self._spawn(TimerWorker(self.database, around.clock, self._timers()).run())
        consumers = [
            Consumer(noting_effects(heard), self.database) for heard in self._subscriptions()
        ]
        self._spawn(Aftercare(consumers).run())
        self.members = [Member(self, consumer) for consumer in consumers]
        for member in self.members:
            self._spawn(member.run())
        if self.service == "ledger":
            self._spawn(self.journal.run_lane())
            self._spawn(self.journal.run_lane())

    def _timers(self) -> dict[str, TimerHandler]:
        return {EXPIRY: expire_reservations} if self.service == "ledger" else TRADE_DEADLINES

    def _subscriptions(self) -> list[Subscription]:
        clock, patience = self.around.clock, self.around.patience
        if self.service == "ledger":
            return [make_subscription(clock, FEE_BPS)]
        resources: Any = SimpleNamespace(
            clock=clock, settings=SimpleNamespace(patience=lambda: patience)
        )
        return [*listen_to_escrow(resources), COUNTING]

    def _spawn[T](self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks[task] = None
        task.add_done_callback(lambda ended: self._tasks.pop(ended, None))
        return task

    async def travel(self) -> None:
        """Let time pass; a paused process takes no step, a dead one none ever again."""
        chance, loop = self.around.chance, asyncio.get_running_loop()
        draw = chance.random()
        if draw > 0.98:
            await asyncio.sleep(chance.uniform(0.01, 0.05))
        elif draw > 0.4:
            await asyncio.sleep(draw / 500)
        while self.paused_until > loop.time():  # noqa: ASYNC110 - time is what is waited for
            await asyncio.sleep(self.paused_until - loop.time())
        if not self.alive:
            raise ConnectionResetError("this process is no more")

    async def call[T](self, work: Callable[[], Awaitable[T]]) -> T:
        """Let the process do something for a client.

        Raises:
            Transient: It is not there, or died meanwhile.
        """
        if not self.alive:
            raise Transient("nobody listens")

        async def answer() -> T:
            return await work()

        task = self._spawn(answer())
        await asyncio.wait({task})
        if task.cancelled():
            raise Transient("the connection was reset")
        return task.result()

    def kill(self) -> None:
        """End at once: nothing it does from now on reaches anybody."""
        if not self.alive:
            return
        self.alive = False
        self.pool.die()
        self.sender.die()
        for task in list(self._tasks):
            task.cancel()
        loop = asyncio.get_running_loop()
        for member in self.members:
            loop.call_later(DEAD_MEMBER_SECONDS, member.group.leave, member)


class Member:
    """A consumer's place in its group; reads, hands out, commits what was handled."""

    def __init__(self, process: ServiceProcess, consumer: Consumer) -> None:
        """Hear for a process what a consumer's subscription hears."""
        self._process = process
        self._consumer = consumer
        self._broker = process.around.broker
        subscription = consumer.subscription
        self.group = self._broker.group(subscription.group, tuple(subscription.topics()))
        self._generation = -1
        self._positions: dict[Place, int] = {}

    def rewind(self) -> None:
        """Read again from what was committed."""
        self._generation = -1

    async def run(self) -> None:
        """Hear until killed."""
        self.group.join(self)
        while True:
            records = self._read()
            if not records:
                self._broker.news.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._broker.news.wait(), 0.5)
                continue
            await self._process.travel()
            await self.hand_out(records)

    async def hand_out(self, records: list[Any]) -> None:
        """Let the consumer handle records, then commit how far it came."""
        try:
            await self._consumer.handle(records)
        except Exception:  # noqa: BLE001 - not acknowledged, and so read again
            self.rewind()
            await asyncio.sleep(0.1)
        else:
            await self.commit(records)

    async def commit(self, records: list[Any]) -> None:
        """Commit, unless the partitions belong to others by now."""
        await self._process.travel()
        if not self._reachable():
            self.rewind()
        if self._generation != self.group.generation:
            return
        for record in records:
            place = (record.topic, record.partition)
            before = self.group.committed.get(place, 0)
            self.group.committed[place] = max(before, record.offset + 1)

    def _reachable(self) -> bool:
        return self._broker.away_until <= asyncio.get_running_loop().time()

    def _read(self) -> list[Any]:
        if not self._reachable():
            return []
        if self._generation != self.group.generation:
            self._generation = self.group.generation
            self._positions = {
                place: self.group.committed.get(place, 0) for place in self.group.places_of(self)
            }
        found: list[Any] = []
        limit = self._broker.chance.randint(1, HAND_OUT_MAX)
        for place, position in self._positions.items():
            fresh = self._broker.log.get(place, [])[position : position + limit - len(found)]
            self._positions[place] = position + len(fresh)
            found += fresh
        return found
