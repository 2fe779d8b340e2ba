"""A broker with partitions, groups and acknowledgements that may be lost; nothing else of Kafka.

A producer's messages reach a partition in the order in which they were sent, as with an
idempotent producer. A group's partitions belong to its living members; a change of members makes
everyone go on from what was committed. What was not committed comes again.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any, Final

from aiokafka.errors import KafkaConnectionError, KafkaError, OutOfOrderSequenceNumber

from chassis.sending import KafkaSender

PARTITIONS: Final = 2
REQUEST_SECONDS: Final = 0.4

type Place = tuple[str, int]


@dataclass
class Group:
    """Who hears a set of topics together, and how far they have come."""

    name: str
    topics: tuple[str, ...]
    committed: dict[Place, int] = field(default_factory=dict)
    members: list[object] = field(default_factory=list)
    generation: int = 0

    def join(self, member: object) -> None:
        """Become a member; everyone's partitions are dealt anew."""
        self.members.append(member)
        self.generation += 1

    def leave(self, member: object) -> None:
        """Be a member no more."""
        if member in self.members:
            self.members.remove(member)
            self.generation += 1

    def places_of(self, member: object) -> list[Place]:
        """The partitions of a member."""
        if member not in self.members:
            return []
        places = [(topic, part) for topic in self.topics for part in range(PARTITIONS)]
        return places[self.members.index(member) :: len(self.members)]


class Broker:
    """Topics and groups, which no crash of a service touches."""

    def __init__(self, chance: Random) -> None:
        """Decide by `chance` how long things take."""
        self.chance = chance
        self.log: dict[Place, list[Any]] = {}
        self.groups: dict[str, Group] = {}
        self.away_until = 0.0
        #: Appended as usual, but the sender is told of a failure.
        self.acknowledgements_to_lose = 0
        self.news = asyncio.Event()

    def group(self, name: str, topics: tuple[str, ...]) -> Group:
        """A group, known from then on."""
        return self.groups.setdefault(name, Group(name, topics))

    def append(
        self,
        topic: str,
        partition: int,
        key: bytes,
        value: bytes,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Put a message at the end of a partition."""
        log = self.log.setdefault((topic, partition), [])
        log.append(
            SimpleNamespace(
                topic=topic,
                partition=partition,
                offset=len(log),
                timestamp=0,
                key=key,
                value=value,
                headers=tuple(headers),
            )
        )
        self.news.set()

    def lag(self) -> int:
        """Messages that some group has not committed."""
        return sum(
            len(self.log.get((topic, part), ())) - group.committed.get((topic, part), 0)
            for group in self.groups.values()
            for topic in group.topics
            for part in range(PARTITIONS)
        )


class Batch:
    """Records on their way to one partition, as the client library builds them."""

    def __init__(self, room: int) -> None:
        """Take as many records as there is room for."""
        self._room = room
        self.records: list[tuple[bytes, bytes, list[tuple[str, bytes]]]] = []

    def append(
        self,
        *,
        timestamp: int | None,  # noqa: ARG002 - the library's word
        key: bytes,
        value: bytes,
        headers: list[tuple[str, bytes]],
    ) -> bool | None:
        """Take a record; nothing is returned when there is no room."""
        if len(self.records) >= self._room:
            return None
        self.records.append((key, value, headers))
        return True

    def close(self) -> None:
        """Take no more."""
        self._room = 0


type _OnItsWay = tuple[Batch, str, int, asyncio.Future[None]]


class Client:
    """What the sender of one process sends by: stands for the client library's producer."""

    def __init__(self, broker: Broker) -> None:
        """Send to a broker."""
        self._broker = broker
        self._waiting: list[_OnItsWay] = []
        self._sending: asyncio.Task[None] | None = None
        self.client = SimpleNamespace(
            cluster=SimpleNamespace(partitions_for_topic=lambda _topic: range(PARTITIONS))
        )

    def create_batch(self) -> Batch:
        """An empty batch; some are small, so that a partition's rows need several."""
        return Batch(self._broker.chance.choice((1, 3, 100)))

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[None]:
        """Send without waiting; what is returned is done when it was acknowledged."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((batch, topic, partition, answer))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())
        return answer

    async def _send(self) -> None:
        broker, loop = self._broker, asyncio.get_running_loop()
        while self._waiting:
            await asyncio.sleep(broker.chance.expovariate(1 / 0.002))
            sent, self._waiting = self._waiting, []
            if broker.away_until > loop.time():
                await asyncio.sleep(min(broker.away_until - loop.time(), REQUEST_SECONDS))
                if broker.away_until > loop.time():
                    _fail(sent, KafkaConnectionError("the broker is away"))
                    continue
            self._deliver(sent)
            await asyncio.sleep(broker.chance.expovariate(1 / 0.001))
            if broker.acknowledgements_to_lose:
                broker.acknowledgements_to_lose -= 1
                # What a connection gets over by itself, and what it does not.
                lost = broker.chance.choice((KafkaConnectionError, OutOfOrderSequenceNumber))
                _fail(sent, lost("the broker gave no answer"))
                continue
            for _, _, _, answer in sent:
                if not answer.done():
                    answer.set_result(None)

    def _deliver(self, sent: list[_OnItsWay]) -> None:
        for batch, topic, partition, _ in sent:
            for key, value, headers in batch.records:
                self._broker.append(topic, partition, key, value, headers)

    async def stop(self) -> None:
        """Give up what is on its way."""
        if self._sending:
            self._sending.cancel()
        _fail(self._waiting, KafkaConnectionError("the connection was closed"))
        self._waiting = []

    def die(self) -> None:
        """Die with the process: some of what was on its way arrives, a prefix of it."""
        if self._sending:
            self._sending.cancel()
        arrived = self._broker.chance.randint(0, len(self._waiting))
        if self._broker.away_until <= asyncio.get_running_loop().time():
            self._deliver(self._waiting[:arrived])
        self._waiting.clear()


class SimulatedSender(KafkaSender):
    """The real sender over a simulated client."""

    def __init__(self, broker: Broker) -> None:
        """Send to a broker; `start` connects."""
        self._broker = broker
        self._own: Client | None = None
        unsealed: Any = SimpleNamespace(message_keys_file=None)
        super().__init__(unsealed)

    async def start(self) -> None:
        """Connect.

        Raises:
            KafkaConnectionError: The broker is away.
        """
        if self._broker.away_until > asyncio.get_running_loop().time():
            await asyncio.sleep(REQUEST_SECONDS)
            raise KafkaConnectionError("the broker is away")
        self._own = Client(self._broker)
        client: Any = self._own
        self._producer = client

    def die(self) -> None:
        """Die with the process."""
        if self._own is not None:
            self._own.die()


def _fail(sent: list[_OnItsWay], error: KafkaError) -> None:
    for _, _, _, answer in sent:
        if not answer.done():
            answer.set_exception(error)
