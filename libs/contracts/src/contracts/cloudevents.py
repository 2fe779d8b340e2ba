"""CloudEvents 1.0 over Kafka, binary mode: attributes are headers, the payload is JSON."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from contracts.messages import MESSAGES, Message
from contracts.upcasting import upcast

CONTENT_TYPE: Final[str] = "application/json"
MAX_PAYLOAD_BYTES: Final[int] = 512 * 1024
MAX_HEADERS: Final[int] = 32
MAX_HEADER_BYTES: Final[int] = 16 * 1024
#: What a database's bigint holds, and more than any aggregate will have.
MAX_VERSION: Final[int] = 2**53
#: Takes a quarter of the time that UUID() does.
_uuid: Final = TypeAdapter(UUID).validate_python
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class Undecodable(ValueError):
    """A message that is no message of ours; the text says why."""


class Envelope(NamedTuple):
    """What is said about a message besides its payload.

    A tuple, because each message that is heard makes one: a frozen dataclass takes four times as
    long to make.
    """

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


def decode_headers(pairs: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    """Read the headers of a Kafka record as text.

    Raises:
        Undecodable: Too many or too large, null, or no ASCII.
    """
    if len(pairs) > MAX_HEADERS:
        raise Undecodable(f"{len(pairs)} headers, at most {MAX_HEADERS}")
    try:
        found = {name: value.decode() for name, value in pairs}  # type: ignore[union-attr]
    except UnicodeDecodeError as broken:
        raise Undecodable(f"a header is broken: {broken}") from None
    except AttributeError:
        raise Undecodable("a header is null") from None
    text = "".join(found.values())
    if not text.isascii():
        raise Undecodable("a header is broken: not all of it is ASCII")
    size = sum(map(len, found)) + len(text)
    if size > MAX_HEADER_BYTES:
        raise Undecodable(f"headers of {size} bytes, at most {MAX_HEADER_BYTES}")
    return found


def read_headers(pairs: Sequence[tuple[str, bytes | None]]) -> Envelope:
    """Read the envelope of a Kafka record.

    Raises:
        Undecodable: A required attribute is missing or is not what it should be.
    """
    return read_envelope(decode_headers(pairs))


def read_envelope(headers: Mapping[str, str]) -> Envelope:
    """Read the envelope out of decoded headers.

    Raises:
        Undecodable: A required attribute is missing or is not what it should be.
    """
    try:
        audience = headers.get("ce_audience")
        traceparent = headers.get("traceparent")
        return Envelope(
            event_id=_uuid(headers["ce_id"]),
            source=headers["ce_source"],
            type_name=headers["ce_type"],
            version=_version(headers["ce_dataschema"].rpartition(":")[2]),
            key=headers["ce_subject"],
            occurred_at=_time(headers["ce_time"]),
            aggregate_version=_optional_version(headers.get("ce_aggregateversion")),
            audience=tuple(map(_uuid, audience.split(","))) if audience else (),
            correlation_id=headers.get("ce_correlationid"),
            causation_id=headers.get("ce_causationid"),
            # A trace is a help, no part of the message: one that is broken is left out.
            traceparent=traceparent
            if traceparent and _TRACEPARENT.fullmatch(traceparent)
            else None,
        )
    except KeyError as missing:
        raise Undecodable(f"header {missing} is missing") from None
    except ValidationError as invalid:
        raise Undecodable(f"a header is broken: {_fault(invalid)['msg']}") from None
    except ValueError as broken:
        raise Undecodable(f"a header is broken: {str(broken)[:200]}") from None


def _version(text: str) -> int:
    version = int(text)
    if not 0 <= version <= MAX_VERSION:
        raise ValueError("a version is out of range")
    return version


def _optional_version(text: str | None) -> int | None:
    return _version(text) if text else None


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("ce_time has no time zone")
    return at


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
        first = _fault(invalid)
        where = ".".join(map(str, first["loc"])) or "payload"
        raise Undecodable(f"{envelope.type_name}: {where}: {first['msg']}") from None
    except ValueError as broken:
        raise Undecodable(f"{envelope.type_name}: {broken}") from None


def _fault(invalid: ValidationError) -> Mapping[str, Any]:
    """What is wrong first, without the value that it is wrong with."""
    return invalid.errors(include_input=False, include_url=False)[0]
