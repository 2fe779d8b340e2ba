"""A broker with partitions, groups and acknowledgements that may be lost; nothing else of Kafka.

A producer's messages reach a partition in the order in which they were sent, as with an
idempotent producer. A group's partitions belong to its living members; a change of members makes
everyone go on from what was committed. What was not committed comes again.
"""

import asyncio
import zlib
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any, Final

from aiokafka.errors import KafkaConnectionError

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

    def append(self, topic: str, key: bytes, value: bytes, headers: dict[str, str]) -> None:
        """Put a message at the end of its key's partition."""
        partition = zlib.crc32(key) % PARTITIONS
        log = self.log.setdefault((topic, partition), [])
        pairs = [(name, text.encode()) for name, text in headers.items()]
        log.append(
            SimpleNamespace(
                topic=topic,
                partition=partition,
                offset=len(log),
                timestamp=0,
                key=key,
                value=value,
                headers=pairs,
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


class Producer:
    """What a relay sends by; stands for the broker client of one process."""

    def __init__(self, broker: Broker) -> None:
        """Send to a broker."""
        self._broker = broker
        self._waiting: list[tuple[tuple[Any, ...], asyncio.Future[None]]] = []
        self._sending: asyncio.Task[None] | None = None

    async def publish(
        self,
        payload: bytes,
        topic: str,
        *,
        key: bytes,
        headers: dict[str, str],
        no_confirm: bool,
    ) -> asyncio.Future[None]:
        """Send without waiting; what is returned is done when it was acknowledged."""
        if not no_confirm:
            raise ValueError("the relay sends without waiting for each")
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(((topic, key, payload, headers), answer))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())
        return answer

    async def _send(self) -> None:
        broker, loop = self._broker, asyncio.get_running_loop()
        while self._waiting:
            await asyncio.sleep(broker.chance.expovariate(1 / 0.002))
            batch, self._waiting = self._waiting, []
            if broker.away_until > loop.time():
                await asyncio.sleep(min(broker.away_until - loop.time(), REQUEST_SECONDS))
                if broker.away_until > loop.time():
                    _fail(batch)
                    continue
            for message, _ in batch:
                broker.append(*message)
            await asyncio.sleep(broker.chance.expovariate(1 / 0.001))
            if broker.acknowledgements_to_lose:
                broker.acknowledgements_to_lose -= 1
                _fail(batch)
                continue
            for _, answer in batch:
                if not answer.done():
                    answer.set_result(None)

    def die(self) -> None:
        """Die with the process: some of what was on its way arrives, a prefix of it."""
        if self._sending:
            self._sending.cancel()
        arrived = self._broker.chance.randint(0, len(self._waiting))
        if self._broker.away_until <= asyncio.get_running_loop().time():
            for message, _ in self._waiting[:arrived]:
                self._broker.append(*message)
        self._waiting.clear()


def _fail(batch: list[tuple[tuple[Any, ...], asyncio.Future[None]]]) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(KafkaConnectionError("the broker gave no answer"))
