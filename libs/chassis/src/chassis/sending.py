"""Sending outbox rows to Kafka: record batches built here, one in flight for each partition.

Handing each message to the client library by itself costs five times as much. A batch holds rows
of one Kafka partition in id order and the next one leaves when it was acknowledged, so that a
failure never lets a later row of a key overtake an earlier one.
"""

import asyncio
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

from chassis.failpoints import reach
from chassis.seals import Seals
from chassis.settings import ServiceSettings
from chassis.tls import kafka_options

BATCH_BYTES: Final = 512 * 1024
#: What the topics take (`contracts.topics`), less the record's own framing.
MESSAGE_BYTES_MAX: Final = 1024 * 1024 - 4096
_POSITIVE: Final = 0x7FFFFFFF


class NotSent(Exception):
    """Held back, because a row before it in the same partition was not acknowledged."""


class Sender(Protocol):
    """What a relay sends through."""

    async def send(self, rows: Sequence[Any]) -> list[BaseException | None]:
        """Send rows of the outbox in order; for each, what went wrong, or nothing."""

    async def renew(self) -> None:
        """Begin anew after an error that the connection does not get over by itself."""


class KafkaSender:
    """Sends to Kafka under the only settings under which nothing is lost."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Send as this service; `start` connects."""
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._seals = Seals.read(settings.message_keys_file)
        self._off = self._singly = False

    async def start(self) -> None:
        """Connect.

        Raises:
            KafkaError: The broker is away.
        """
        producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.kafka_servers.split(","),
            client_id=f"{self._settings.service}-{self._settings.instance}",
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=BATCH_BYTES,
            max_request_size=MESSAGE_BYTES_MAX,
            request_timeout_ms=10_000,
            retry_backoff_ms=100,
            metadata_max_age_ms=30_000,
            **kafka_options(self._settings.ca_file, tls=self._settings.kafka_tls),
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer

    async def stop(self) -> None:
        """Let go of the connection."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def renew(self) -> None:
        """Connect anew: an idempotent producer that lost its sequence never finds it again.

        Raises:
            KafkaError: The broker is away.
        """
        try:
            await asyncio.wait_for(self.stop(), 5)
        finally:
            await self.start()
            self._off = False

    async def send(self, rows: Sequence[Any]) -> list[BaseException | None]:
        """Send rows of the outbox, which must be in id order within a key.

        Returns:
            For each row what went wrong, or nothing when Kafka has acknowledged it.
        """
        if self._off:
            await self.renew()
        elif self._producer is None:
            await self.start()
        results: list[BaseException | None] = [None] * len(rows)
        lanes: dict[tuple[str, int], list[int]] = {}
        # Asked once for all rows of a topic: were the broker back between two of them, the later
        # one would go alone.
        counts = {topic: await self._count(topic) for topic in {row["topic"] for row in rows}}
        for number, row in enumerate(rows):
            count = counts[row["topic"]]
            if isinstance(count, KafkaError):
                results[number] = count
                continue
            lanes.setdefault((row["topic"], _hash(row["key"]) % count), []).append(number)
        await asyncio.gather(
            *(self._send_lane(*lane, rows, numbers, results) for lane, numbers in lanes.items())
        )
        self._singly = self._off
        return results

    async def _count(self, topic: str) -> int | KafkaError:
        """How many partitions a topic has, or why that cannot be known now."""
        assert self._producer is not None  # noqa: S101 - for the type checker
        known = self._producer.client.cluster.partitions_for_topic(topic)
        try:
            return len(known or await self._producer.partitions_for(topic))
        except KafkaError as error:
            return error

    async def _send_lane(
        self,
        topic: str,
        partition: int,
        rows: Sequence[Any],
        numbers: list[int],
        results: list[BaseException | None],
    ) -> None:
        """Send one partition's rows, a batch after the other; stop at the first that fails."""
        assert self._producer is not None  # noqa: S101 - for the type checker
        waiting = numbers
        while waiting:
            batch = self._producer.create_batch()
            if self._singly:
                taken, _ = _fill(self._seals, batch, rows, waiting[:1], results)
                waiting = waiting[1:]
            else:
                taken, waiting = _fill(self._seals, batch, rows, waiting, results)
            if not taken:
                if self._singly:  # what follows of its key waits for the verdict on it
                    _mark(results, waiting, NotSent())
                    return
                continue
            error = await self._deliver(batch, topic, partition)
            if error is None:
                await reach("relay.between_sends")
                continue
            if isinstance(error, MessageSizeTooLargeError):
                # The client's numbering of this partition is off now: begin anew, and singly, so
                # that the row which Kafka will not have is known.
                self._off = self._singly = True
                error = error if len(taken) == 1 else NotSent()
            _mark(results, taken, error)
            _mark(results, waiting, NotSent())
            return

    async def _deliver(
        self, batch: BatchBuilder, topic: str, partition: int
    ) -> BaseException | None:
        assert self._producer is not None  # noqa: S101 - for the type checker
        try:
            batch.close()
            acknowledgement = await self._producer.send_batch(batch, topic, partition=partition)
            await reach("relay.after_send")
            await acknowledgement
        except (KafkaError, OSError, TimeoutError) as error:
            return error
        return None


def _fill(
    seals: Seals,
    batch: BatchBuilder,
    rows: Sequence[Any],
    numbers: list[int],
    results: list[BaseException | None],
) -> tuple[list[int], list[int]]:
    """Put rows into a batch until it is full; returns those taken and those left."""
    taken: list[int] = []
    for place, number in enumerate(numbers):
        row = rows[number]
        try:
            value = row["payload"].encode()
            sealed = seals.seal(row["topic"], orjson.loads(row["headers"]), value)
            headers = [(name, text.encode()) for name, text in sealed.items()]
            size = len(value) + sum(len(name) + len(text) + 8 for name, text in headers)
            if size > MESSAGE_BYTES_MAX:
                raise MessageSizeTooLargeError(f"{size} bytes, at most {MESSAGE_BYTES_MAX}")  # noqa: TRY301 - one path
            fits = batch.append(
                timestamp=None, key=row["key"].encode(), value=value, headers=headers
            )
        except (MessageSizeTooLargeError, ValueError, TypeError, AttributeError) as error:
            results[number] = error
            # What follows of the same key waits for the verdict on this row.
            held = [n for n in numbers[place + 1 :] if rows[n]["key"] == row["key"]]
            _mark(results, held, NotSent())
            return taken, [n for n in numbers[place + 1 :] if n not in held]
        if fits is None:
            return taken, numbers[place:]
        taken.append(number)
    return taken, []


def _mark(
    results: list[BaseException | None], numbers: Iterable[int], error: BaseException
) -> None:
    for number in numbers:
        results[number] = error


@lru_cache(maxsize=16_384)
def _hash(key: str) -> int:
    """What Kafka's own clients choose a key's partition by."""
    return int(murmur2(key.encode())) & _POSITIVE
