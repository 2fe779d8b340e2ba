"""CloudEvents 1.0 over Kafka, binary mode: attributes are headers, the payload is JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from contracts.messages import MESSAGES, Message
from contracts.upcasting import upcast

CONTENT_TYPE: Final[str] = "application/json"
MAX_PAYLOAD_BYTES: Final[int] = 512 * 1024


class Undecodable(ValueError):
    """A message that is no message of ours; the text says why."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is said about a message besides its payload."""

    event_id: UUID
    source: str
    type_name: str
    version: int
    key: str
    occurred_at: datetime
    aggregate_version: int | None = None
    audience: tuple[UUID, ...] = ()
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


def envelope_of(
    message: Message,
    *,
    event_id: UUID,
    source: str,
    occurred_at: datetime,
    correlation_id: str | None = None,
    causation_id: str | None = None,
    traceparent: str | None = None,
) -> Envelope:
    """Wrap a message; the message itself says its type, key, version and audience."""
    return Envelope(
        event_id=event_id,
        source=source,
        type_name=message.type_name(),
        version=message.VERSION,
        key=message.key(),
        occurred_at=occurred_at,
        aggregate_version=message.aggregate_version(),
        audience=message.audience(),
        correlation_id=correlation_id,
        causation_id=causation_id,
        traceparent=traceparent,
    )


def write_headers(envelope: Envelope) -> dict[str, str]:
    """Headers of the Kafka record."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(envelope.event_id),
        "ce_source": envelope.source,
        "ce_type": envelope.type_name,
        "ce_dataschema": f"urn:localex:{envelope.type_name}:{envelope.version}",
        "ce_time": envelope.occurred_at.isoformat(),
        "ce_subject": envelope.key,
        "content-type": CONTENT_TYPE,
    }
    if envelope.aggregate_version is not None:
        headers["ce_aggregateversion"] = str(envelope.aggregate_version)
    if envelope.audience:
        headers["ce_audience"] = ",".join(map(str, envelope.audience))
    if envelope.correlation_id is not None:
        headers["ce_correlationid"] = envelope.correlation_id
    if envelope.causation_id is not None:
        headers["ce_causationid"] = envelope.causation_id
    if envelope.traceparent is not None:
        headers["traceparent"] = envelope.traceparent
    return headers


def read_headers(pairs: Iterable[tuple[str, bytes]]) -> Envelope:
    """Read the envelope of a Kafka record.

    Raises:
        Undecodable: A required attribute is missing or is not what it should be.
    """
    try:
        headers = {name: value.decode("ascii") for name, value in pairs}
        version = headers["ce_dataschema"].rpartition(":")[2]
        aggregate_version = headers.get("ce_aggregateversion")
        return Envelope(
            event_id=UUID(headers["ce_id"]),
            source=headers["ce_source"],
            type_name=headers["ce_type"],
            version=int(version),
            key=headers["ce_subject"],
            occurred_at=datetime.fromisoformat(headers["ce_time"]),
            aggregate_version=int(aggregate_version) if aggregate_version else None,
            audience=tuple(
                UUID(part) for part in headers.get("ce_audience", "").split(",") if part
            ),
            correlation_id=headers.get("ce_correlationid"),
            causation_id=headers.get("ce_causationid"),
            traceparent=headers.get("traceparent"),
        )
    except KeyError as missing:
        raise Undecodable(f"header {missing} is missing") from None
    except (ValueError, UnicodeDecodeError) as broken:
        raise Undecodable(f"a header is broken: {broken}") from None


def decode(envelope: Envelope, payload: bytes | None) -> Message:
    """Read the payload as the message that its envelope names, upcasting an old version.

    Raises:
        Undecodable: Unknown type or version, no payload, too large, or not as the schema says.
    """
    if not payload:
        raise Undecodable("the payload is empty")
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Undecodable(f"the payload has {len(payload)} bytes, at most {MAX_PAYLOAD_BYTES}")
    model = MESSAGES.get(envelope.type_name)
    if model is None:
        raise Undecodable(f"type {envelope.type_name!r} is unknown")
    try:
        if envelope.version == model.VERSION:
            return model.model_validate_json(payload)
        return model.model_validate(upcast(model, envelope.version, payload))
    except ValidationError as invalid:
        first = invalid.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "payload"
        raise Undecodable(f"{envelope.type_name}: {where}: {first['msg']}") from None
    except ValueError as broken:
        raise Undecodable(f"{envelope.type_name}: {broken}") from None
