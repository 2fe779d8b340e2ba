"""The one way to hear messages: raw bytes in batches, acknowledged after commit."""

from types import SimpleNamespace
from typing import Any, Final

from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from chassis.consumer import Consumer
from chassis.subscription import Subscription

__all__ = ["Consumer", "Subscription", "subscribe"]

#: Of a partition, what is fetched ahead: some hundreds of messages, which take ten times as much
#: when they are read. A longer message comes alone.
FETCH_BYTES: Final = 256 * 1024


def subscribe(broker: KafkaBroker, consumer: Consumer, instance: str) -> None:
    """Subscribe with the only settings under which no message is lost.

    Args:
        broker: Not started yet.
        consumer: Handles the records; acknowledged when it returns, read again when it raises.
        instance: Name of this process, so that its restart needs no rebalance.
    """
    group = consumer.subscription.group

    @broker.subscriber(
        *consumer.subscription.topics(),
        group_id=group,
        group_instance_id=f"{group}-{instance}",
        batch=True,
        max_records=consumer.subscription.batch_max,
        max_partition_fetch_bytes=FETCH_BYTES,
        batch_timeout_ms=10,
        auto_offset_reset="earliest",
        session_timeout_ms=30_000,
        max_poll_interval_ms=300_000,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        no_reply=True,
        parser=_parse_untouched,
        decoder=_decode_nothing,
    )
    async def handle(records: Any) -> None:
        await consumer.handle(records)


async def _parse_untouched(records: tuple[Any, ...], original: Any) -> Any:
    """FastStream fails a whole batch on one header that is no UTF-8: hide the headers from it.

    Of the records it names the first and the last, and need not see those between.
    """
    bare = tuple(
        SimpleNamespace(
            value=b"", headers=(), offset=r.offset, timestamp=r.timestamp, topic=r.topic
        )
        for r in (records[0], records[-1])
    )
    message = await original(bare)
    message.raw_message = records
    return message


async def _decode_nothing(message: Any) -> Any:
    return message.raw_message
