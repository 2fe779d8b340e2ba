"""The Kafka half of a process: it hears through consumers, and tells what the outbox holds.

It is a module by itself because loading the client takes as long as a quarter of all other modules:
a process that has just started answers requests meanwhile.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from faststream.kafka.subscriber.usecase import BatchSubscriber

from chassis.broker import kafka_broker
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.lag import LagWatch
from chassis.logs import get_logger
from chassis.relay import Relay
from chassis.sending import KafkaSender
from chassis.settings import ServiceSettings
from chassis.shutdown import Shutdown
from chassis.subscribe import subscribe
from chassis.traced_sending import TracedSender
from chassis.tracing import exports_spans

log = get_logger(__name__)

STOP_SECONDS: Final = 20.0


class Messaging:
    """Consumers and relay of one process, each until it is its turn to stop."""

    def __init__(self, settings: ServiceSettings, database: Database, shutdown: Shutdown) -> None:
        """Speak with the broker of `settings`; `database` has the outbox."""
        self._settings = settings
        self._shutdown = shutdown
        self._watch: LagWatch | None = None
        self._sender = KafkaSender(settings)
        traced = TracedSender(self._sender) if exports_spans() else self._sender
        self._relay = Relay(database, traced)

    def assigned(self) -> bool:
        """Whether every consumer has partitions here, as far as is known."""
        return bool(self._watch and self._watch.assigned())

    def lag(self) -> dict[str, int | None]:
        """Messages not yet fetched, by group."""
        return self._watch.lag if self._watch else {}

    async def consume(self, consumers: Sequence[Consumer]) -> None:
        """Consume until stopped, finishing what is in hand; who stalls is built anew."""
        stop = self._shutdown.stop_consuming
        while not stop.is_set():
            broker = kafka_broker(self._settings)
            for consumer in consumers:
                subscribe(broker, consumer, self._settings.instance)
            if not await _connect(broker, stop):
                return
            self._watch = LagWatch(
                (str(found.group_id), found.consumer)
                for found in broker.subscribers
                if isinstance(found, BatchSubscriber)
            )
            stalled = await self._watch.until_stalled(stop)
            self._watch = None
            if stalled:
                log.error("consumers.stalled", group=stalled)
            await _stop(broker)

    async def relay(self) -> None:
        """Tell what the outbox holds, until `stop_relay`."""
        if await _connect(self._sender, self._shutdown.stop_relaying):
            await self._relay.run()
            with contextlib.suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(self._sender.stop(), 5)

    def stop_relay(self) -> None:
        """Let the relay end when it has told what there is: it is the last to stop."""
        self._relay.stop()


async def _connect(broker: KafkaBroker | KafkaSender, stop: asyncio.Event) -> bool:
    """Start the broker, however long Kafka is away; False when stopped meanwhile."""
    pause = 0.2
    while not stop.is_set():
        try:
            await broker.start()
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("kafka.away", error=repr(error), pause_seconds=pause)
            with contextlib.suppress(Exception):
                await asyncio.wait_for(broker.stop(), 5)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            pause = min(pause * 2, 3.0)
        else:
            return True
    return False


async def _stop(broker: KafkaBroker) -> None:
    """Let consumers finish what they hold; one whose coordinator is dead may wait for ever."""
    try:
        with contextlib.suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(broker.stop(), STOP_SECONDS)
    finally:
        # What is cut off gives its connection back now, not when the pool is to be closed.
        for found in broker.subscribers:
            if isinstance(found, BatchSubscriber):
                for task in found.tasks:
                    task.cancel()
