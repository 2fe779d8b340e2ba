"""The broker as we use it: settings under which nothing is lost."""

from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from chassis.settings import ServiceSettings


def kafka_broker(settings: ServiceSettings, *, consumer_only: bool) -> KafkaBroker:
    """A broker with the only settings under which nothing is lost."""
    return KafkaBroker(
        settings.kafka_servers.split(","),
        client_id=f"{settings.service}-{settings.instance}",
        acks="all",
        enable_idempotence=not consumer_only,
        linger_ms=0 if consumer_only else 2,
        max_batch_size=256 * 1024,
        request_timeout_ms=10_000,
        retry_backoff_ms=100,
        metadata_max_age_ms=30_000,
        allow_auto_create_topics=False,
        consumer_only=consumer_only,
        graceful_timeout=15,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        apply_types=False,
        logger=None,
    )
