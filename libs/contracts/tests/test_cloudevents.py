"""What is written can be read; what is no message of ours is refused with a reason."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from contracts.cloudevents import (
    MAX_PAYLOAD_BYTES,
    Envelope,
    Undecodable,
    decode,
    envelope_of,
    read_headers,
    write_headers,
)
from contracts.ledger import EscrowRefused, FundEscrow

ANA = UUID("01936d00-0000-7000-8000-00000000000a")
BEN = UUID("01936d00-0000-7000-8000-00000000000b")
TRADE = UUID("01936d00-0000-7000-8000-0000000000ff")

WANTED = FundEscrow(escrow_id=TRADE, payer_id=BEN, payee_id=ANA, amount_minor=7500, asset="LXC")


def wrap() -> Envelope:
    """An envelope with every attribute set."""
    return envelope_of(
        EscrowRefused(
            escrow_id=TRADE,
            version=1,
            payer_id=BEN,
            payee_id=ANA,
            amount_minor=7500,
            asset="LXC",
            problem="insufficient-funds",
            detail="0.00 LXC are available",
        ),
        event_id=TRADE,
        source="/ledger",
        occurred_at=datetime(2026, 11, 21, 12, tzinfo=UTC),
        correlation_id="c0ffee00",
        causation_id=str(ANA),
        traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01",
    )


def as_kafka(envelope: Envelope) -> list[tuple[str, bytes]]:
    """Headers as Kafka carries them."""
    return [(name, value.encode()) for name, value in write_headers(envelope).items()]


def test_an_envelope_survives_the_wire() -> None:
    """Every attribute comes back as it was."""
    assert read_headers(as_kafka(wrap())) == wrap()


def test_only_the_payer_hears_why_the_escrow_was_refused() -> None:
    """The reason tells of a balance: it is nobody else's business."""
    assert wrap().audience == (BEN,)


@pytest.mark.parametrize("name", ["ce_id", "ce_type", "ce_dataschema", "ce_time", "ce_subject"])
def test_a_missing_attribute_is_named(name: str) -> None:
    """The reason in the dead letters says which header is missing."""
    headers = [pair for pair in as_kafka(wrap()) if pair[0] != name]
    with pytest.raises(Undecodable, match=name):
        read_headers(headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_id", b"\xff\xfe"),
        ("ce_id", b"no-uuid"),
        ("ce_id", b""),
        ("ce_audience", b"no-uuid"),
        ("ce_audience", str(ANA).encode() + b","),
        ("ce_correlationid", "caf\u00e9".encode()),
    ],
)
def test_a_broken_header_is_refused(name: str, value: bytes) -> None:
    """Bytes that are no id, or no ASCII, never reach a handler; the reason is one line."""
    headers = [(named, value if named == name else old) for named, old in as_kafka(wrap())]
    with pytest.raises(Undecodable, match=r"^a header is broken: [^\n]+$"):
        read_headers(headers)


def envelope_for(type_name: str = "ledger.FundEscrow", version: int = 1) -> Envelope:
    """An envelope that claims a type and version."""
    return Envelope(TRADE, "/x", type_name, version, "k", datetime(2026, 11, 21, tzinfo=UTC))


def test_a_payload_is_read_as_its_envelope_says() -> None:
    """The good case."""
    assert decode(envelope_for(), WANTED.model_dump_json().encode()) == WANTED


@pytest.mark.parametrize(
    ("envelope", "payload", "reason"),
    [
        (envelope_for(), None, "empty"),
        (envelope_for(), b"", "empty"),
        (envelope_for(), b"{", "Invalid JSON"),
        (envelope_for(), b"\xff", "Invalid JSON"),
        (envelope_for(), b"[]", "object"),
        (envelope_for(), b"{}", "escrow_id"),
        (envelope_for(), b"x" * (MAX_PAYLOAD_BYTES + 1), "at most"),
        (envelope_for("ledger.Rob"), b"{}", "unknown"),
        (envelope_for(version=2), b"{}", "newer"),
        (envelope_for(version=0), b"{}", "can't be lifted"),
        (
            envelope_for(),
            WANTED.model_dump_json().replace('"asset"', '"extra":1,"asset"').encode(),
            "extra",
        ),
        (envelope_for(), WANTED.model_dump_json().replace('"7500"', '"-1"').encode(), "amount"),
    ],
)
def test_poison_is_refused_with_its_reason(
    envelope: Envelope, payload: bytes | None, reason: str
) -> None:
    """Unparsable, unknown, newer, oversized, null: each says what it is."""
    with pytest.raises(Undecodable, match=reason):
        decode(envelope, payload)
