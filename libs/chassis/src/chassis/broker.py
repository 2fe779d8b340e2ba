"""The broker as consumers use it: settings under which nothing is lost."""

from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity

from chassis.settings import ServiceSettings
from chassis.tls import open_context


def kafka_broker(settings: ServiceSettings) -> KafkaBroker:
    """A broker to hear through; what is said goes through `chassis.sending`."""
    return KafkaBroker(
        settings.kafka_servers.split(","),
        client_id=f"{settings.service}-{settings.instance}",
        request_timeout_ms=10_000,
        retry_backoff_ms=100,
        metadata_max_age_ms=30_000,
        allow_auto_create_topics=False,
        consumer_only=True,
        graceful_timeout=15,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        apply_types=False,
        logger=None,
        security=_security(settings),
    )


def _security(settings: ServiceSettings) -> BaseSecurity | None:
    if not settings.kafka_tls:
        return None
    return BaseSecurity(ssl_context=open_context(settings.ca_file), use_ssl=True)
