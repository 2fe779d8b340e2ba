"""What is killed: ledger and marketplace in one small process, with a client that never gives up.

The client goes through a fixed story with fixed keys. A second process that goes through it again
is what a client is who got no answer: each wish is done now, or answered as it was before.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from pydantic import SecretStr

from chassis import failpoints
from chassis.aftercare import Aftercare
from chassis.broker import kafka_broker
from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.database import EVERY_COMMUNITY, Database, open_database
from chassis.health import Health
from chassis.relay import Relay
from chassis.resources import Resources
from chassis.sending import KafkaSender
from chassis.settings import ServiceSettings
from chassis.subscribe import subscribe
from chassis.subscription import Subscription
from chassis.timers import TimerHandler, TimerWorker
from embedded.simulation.bugs import BUGS
from ledger.escrow.consumers import make_subscription
from ledger.journal.collect import Journal, open_journal
from ledger.reservations.expire import expire_reservations
from ledger.reservations.move import EXPIRY
from ledger.settings import LedgerSettings
from marketplace.settings import MarketplaceSettings
from marketplace.trades.consumers import TRADE_DEADLINES, listen_to_escrow
from tests.faults import witness

#: How the process ends when its task was cancelled, as by an orderly shutdown.
CANCELLED = 3
#: How it ends when the story is over and what was wished for has not happened.
UNMET = 4
#: How long it waits for a stall to be over: longer than any.
STALL_MAX = 20.0
FEE_BPS = 100


@dataclass(frozen=True)
class Place:
    """Where a process works: a database of the lane, and topics of its own."""

    lane: str
    urls: dict[str, str]
    kafka_servers: str
    answers: Path


@dataclass
class MovedClock(Clock):
    """The machine's time and what the story has added to it."""

    by: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC) + self.by


class LaneSender(KafkaSender):
    """The real sender, to the lane's own topics."""

    def __init__(self, settings: ServiceSettings, lane: str) -> None:
        """Send as a service."""
        super().__init__(settings)
        self._lane = lane

    async def send(self, rows: Sequence[Any]) -> list[BaseException | None]:
        """Send as the relay asks."""
        return await super().send(
            [dict(row) | {"topic": f"{self._lane}.{row['topic']}"} for row in rows]
        )


@dataclass(frozen=True)
class Running:
    """A process's parts, as its client uses them."""

    place: Place
    clock: MovedClock
    ledger: Database
    marketplace: Database
    journal: Journal
    market_settings: MarketplaceSettings

    async def send(self, topic: str, key: str, payload: str) -> None:
        """Send something past the outbox."""
        sender = LaneSender(self.market_settings, self.place.lane)
        row = {"topic": topic, "key": key, "headers": "{}", "payload": payload}
        try:
            for error in await sender.send([row]):
                if error is not None:
                    raise error
        finally:
            await sender.stop()


@dataclass(frozen=True)
class LaneSubscription(Subscription):
    """Hears the lane's own topics."""

    lane: str = ""

    def topics(self) -> list[str]:
        """Names as the broker knows them."""
        return [f"{self.lane}.{topic}" for topic in super().topics()]


class LaneConsumer(Consumer):
    """The real consumer, told the topics' real names."""

    def __init__(self, subscription: Subscription, database: Database, lane: str) -> None:
        """Handle what the lane's topics carry."""
        super().__init__(subscription, database)
        self._lane = lane
        own = {one.name: getattr(subscription, one.name) for one in fields(subscription)}
        self.subscription = LaneSubscription(**own, lane=lane)

    async def handle(self, records: Any) -> None:
        """Handle records as if they had come on the real topics."""
        witness.hear(records)
        prefix = f"{self._lane}."
        await super().handle(
            [replace(record, topic=record.topic.removeprefix(prefix)) for record in records]
        )


def settings_of(place: Place, service: str) -> ServiceSettings:
    """What a service would read from its environment."""
    model: type[Any] = {"ledger": LedgerSettings, "marketplace": MarketplaceSettings}[service]
    settings: ServiceSettings = model(
        database_url=SecretStr(place.urls[service]),
        kafka_servers=place.kafka_servers,
        http_port=1,
        internal_jwks_file=place.answers,
        instance=place.lane,
        pool_min=1,
        pool_max=8,
    )
    return settings


@asynccontextmanager
async def open_parts(place: Place) -> AsyncIterator[Running]:
    """Both services with relay, consumers and timers."""
    clock = MovedClock()
    async with AsyncExitStack() as stack:
        opened: dict[str, Database] = {}
        settings = {name: settings_of(place, name) for name in ("ledger", "marketplace")}
        for name, own in settings.items():
            database = open_database(own, by_community=name == "marketplace")
            # The story is nobody's request: it sees what the consumers and timers see.
            opened[name] = (await stack.enter_async_context(database)).reaching(EVERY_COMMUNITY)
        journal = await stack.enter_async_context(_open_journal(opened["ledger"], clock))
        market: Any = settings["marketplace"]
        health = Health("marketplace", opened["marketplace"], set())
        resources = Resources(market, opened["marketplace"], clock, health)
        heard = {
            "ledger": [make_subscription(clock, FEE_BPS)],
            "marketplace": list(listen_to_escrow(resources)),
        }
        timers: dict[str, dict[str, TimerHandler]] = {
            "ledger": {EXPIRY: expire_reservations},
            "marketplace": TRADE_DEADLINES,
        }
        for name, own in settings.items():
            await stack.enter_async_context(_open_delivery(place, own, opened[name], heard[name]))
            worker = TimerWorker(opened[name], clock, timers[name])
            await stack.enter_async_context(_running(_as_part(name, worker.run())))
        yield Running(place, clock, opened["ledger"], opened["marketplace"], journal, market)


@asynccontextmanager
async def _open_journal(database: Database, clock: Clock) -> AsyncIterator[Journal]:
    """A journal whose lanes may have been cancelled when it ends."""
    opened = open_journal(database, clock)
    journal = await opened.__aenter__()
    try:
        yield journal
    finally:
        with contextlib.suppress(asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(opened.__aexit__(None, None, None), 2)


@asynccontextmanager
async def _open_delivery(
    place: Place, settings: ServiceSettings, database: Database, heard: list[Subscription]
) -> AsyncIterator[None]:
    sender = LaneSender(settings, place.lane)
    hearer = kafka_broker(settings)
    consumers = [LaneConsumer(subscription, database, place.lane) for subscription in heard]
    for consumer in consumers:
        subscribe(hearer, consumer, place.lane)
    await asyncio.gather(sender.start(), hearer.start())
    try:
        async with _running(Relay(database, sender).run()), _running(Aftercare(consumers).run()):
            yield
    finally:
        for part in (hearer, sender):
            with contextlib.suppress(Exception):
                await asyncio.wait_for(part.stop(), 5)


@asynccontextmanager
async def _running(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _as_part(service: str, work: Awaitable[None]) -> None:
    witness.service.set(service)
    await work


type Story = Callable[[Running, int], Any]


def run(place: Place, cell: int, wishes: str, story: Story, bug: str | None) -> None:
    """Be a process: go through the story, or die on the way. Called in a process of its own."""
    structlog.configure(processors=[_drop], cache_logger_on_first_use=False)
    failpoints.arm(wishes, env="dev")
    witness.watch(place.answers / f"{cell}.met")
    with BUGS[bug].plant() if bug else contextlib.nullcontext():
        os._exit(asyncio.run(_live(place, cell, story, wishes)))


def _drop(_logger: object, _name: str, _event: object) -> Any:
    raise structlog.DropEvent


async def _live(place: Place, cell: int, story: Story, wishes: str) -> int:
    async with open_parts(place) as running:
        told = asyncio.create_task(story(running, cell))
        cancelled = asyncio.create_task(_until_cancelled(cancels="=cancel" in wishes))
        await asyncio.wait({told, cancelled}, return_when=asyncio.FIRST_COMPLETED)
        cancelled.cancel()
        if not told.done():
            told.cancel()
            await asyncio.wait({told})
            return CANCELLED
        if not told.cancelled():
            told.result()
        met = await _has_happened(wishes)
    if not met:
        return UNMET
    return CANCELLED if told.cancelled() else 0


async def _has_happened(wishes: str) -> bool:
    """Whether the point was reached and did what was wished; a stall is sat out until it is over.

    A story that passes by the point ends well, and would say nothing.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + STALL_MAX
    happened = failpoints.stalled if "=stall" in wishes else failpoints.fired
    while happened != failpoints.fired and loop.time() < end:  # noqa: ASYNC110 - a point tells nobody
        await asyncio.sleep(0.05)
    return not wishes or len(happened) == 1


async def _until_cancelled(*, cancels: bool) -> None:
    """A part that was cancelled is what a process has that is being shut down: shut it down."""
    while not (cancels and failpoints.fired):  # noqa: ASYNC110 - a point tells nobody
        await asyncio.sleep(0.05)


async def insist[T](work: Callable[[], Awaitable[T]]) -> T:
    """Send a wish until it is answered, as a client does after 500, 503 or nothing at all."""
    for attempt in range(60):
        try:
            return await asyncio.wait_for(work(), 20)
        except Exception:
            if attempt == 59:
                raise
            await asyncio.sleep(min(0.02 * 2**attempt, 0.5))
    raise AssertionError


def person_of(cell: int, who: str) -> UUID:
    """A person of a cell: the same in each process."""
    return UUID(int=(0x01A1FDFA0000 << 80) | (0x7 << 76) | (0x2 << 62) | (cell << 8) | ord(who))
