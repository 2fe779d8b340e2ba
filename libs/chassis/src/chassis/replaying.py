"""Reading a topic again from where one likes, without a consumer group: nobody else notices."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from chassis.problems import Transient
from chassis.reading import read_records
from chassis.seals import Seals
from chassis.settings import ServiceSettings
from chassis.subscription import Subscription
from chassis.tls import kafka_options
from contracts.messages import Message
from contracts.topics import Topic

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer

#: Next offset to read, by number of the partition.
type Positions = Mapping[int, int]

_POLL_MS: Final = 500


class BrokerAway(Transient):
    """The broker can't be reached."""


class Replay:
    """One topic, read by whoever holds this, from given positions."""

    def __init__(
        self, consumer: "AIOKafkaConsumer", topic: Topic, types: Subscription, seals: Seals
    ) -> None:
        """Use a started consumer; `types` are the messages that are wanted."""
        from aiokafka import TopicPartition

        self._consumer, self._types, self._seals = consumer, types, seals
        self._parts = [TopicPartition(topic.name, number) for number in range(topic.partitions)]

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: ServiceSettings, topic: Topic, types: Subscription, positions: Positions
    ) -> AsyncIterator["Replay"]:
        """Begin at `positions`; partitions that are not in it are read from their beginning.

        Raises:
            BrokerAway: Try again later.
        """
        # Late: a process that has just started has better things to do than to load the client.
        from aiokafka import AIOKafkaConsumer
        from aiokafka.errors import KafkaError

        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka_servers.split(","),
            client_id=f"{settings.service}-replay-{settings.instance}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=10_000,
            **kafka_options(settings.ca_file, tls=settings.kafka_tls),
        )
        try:
            await consumer.start()
            replay = cls(consumer, topic, types, Seals.read(settings.message_keys_file))
            consumer.assign(replay._parts)
            await consumer.seek_to_beginning(*replay._parts)
            for part in replay._parts:
                if part.partition in positions:
                    consumer.seek(part, positions[part.partition])
            yield replay
        except KafkaError as error:
            raise BrokerAway("the broker is away", retry_after_seconds=5) from error
        finally:
            await consumer.stop()

    async def ends(self) -> dict[int, int]:
        """Where each partition ends now."""
        found = await self._consumer.end_offsets(self._parts)
        return {part.partition: end for part, end in found.items()}

    async def positions(self) -> dict[int, int]:
        """What is read next."""
        return {part.partition: await self._consumer.position(part) for part in self._parts}

    async def read(self, records_max: int) -> list[Message]:
        """The next messages; none when there are none for half a second. Broken ones are left out.

        They were given up once before, by who reads the topic in a group.
        """
        found: Mapping[Any, Sequence[Any]] = await self._consumer.getmany(
            timeout_ms=_POLL_MS, max_records=records_max
        )
        records = [record for part in found.values() for record in part]
        return [one.message for one in read_records(records, self._types, self._seals).deliveries]
