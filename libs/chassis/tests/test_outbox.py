"""Events as rows of the outbox: headers are written by hand for speed."""

from datetime import datetime
from uuid import UUID

import orjson
from hypothesis import given
from hypothesis import strategies as st

from chassis import context
from chassis.columns import SEPARATOR
from chassis.ids import new_id
from chassis.outbox import Cause, Written, events_in_columns, part_of, prepare_events
from contracts.cloudevents import Envelope, write_headers
from contracts.ledger import TransferPosted

texts = st.none() | st.text("abc-0123456789", min_size=1, max_size=20)


@given(
    st.lists(st.uuids(), max_size=3),
    st.none() | st.integers(1, 2**40),
    st.builds(Cause, texts, texts, texts),
    st.sampled_from(["unknown", "ledger"]),
)
def test_headers_are_what_the_envelope_would_write(
    audience: list[UUID], version: int | None, cause: Cause, service: str
) -> None:
    """Each header, there or not, whoever speaks."""
    one = Written(TransferPosted, str(new_id()), tuple(audience), "{}", version)
    token = context.service.set(service)
    try:
        [event_id], _, [key], [part], [headers], _ = prepare_events([(one, cause)]).columns
    finally:
        context.service.reset(token)
    found = orjson.loads(headers)
    envelope = Envelope(
        event_id=event_id,
        source="/ledger",
        type_name=TransferPosted.type_name(),
        version=TransferPosted.VERSION,
        key=one.key,
        occurred_at=datetime.fromisoformat(found["ce_time"]),
        aggregate_version=version,
        audience=tuple(audience),
        correlation_id=cause.correlation_id,
        causation_id=cause.causation_id,
        traceparent=cause.traceparent,
    )
    assert found == write_headers(envelope)
    assert (key, part) == (one.key, part_of(one.key))


def test_columns_are_the_same_rows() -> None:
    """What another statement writes is what `write_events` would write."""
    written = [Written(TransferPosted, str(new_id()), (), f'{{"n":{n}}}') for n in range(3)]
    prepared = prepare_events([(one, Cause()) for one in written])
    columns = [column.split(SEPARATOR) for column in events_in_columns(prepared)]
    assert columns == [list(map(str, column)) for column in prepared.columns]
