"""Each way to spoil a message fails at the check that it is for, and at no other."""

import random
import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from chassis.ids import new_id
from chassis.reading import read_records
from chassis.seals import Seals, render_keys
from chassis.subscription import Subscription
from contracts.cloudevents import envelope_of, write_headers
from contracts.gateway import UserRegistered
from contracts.topics import SOURCES
from embedded.torture.messages import POISON, spoil, way_of
from embedded.torture.plan import KINDS, draw_plan

TOLD = UserRegistered(
    user_id=UUID(int=5), display_name="Ada", community="here", roles=("MEMBER",), version=1
)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
#: What cannot be told apart by what is said of it.
SAME = {
    "no seal": {"false seal"},
    "false seal": {"no seal"},
    "empty": {"null"},
    "null": {"empty"},
}
HEARD = Subscription("ledger.accounts", messages=(UserRegistered,))


@pytest.fixture
def seals(tmp_path: Any) -> Seals:
    """The keys of a run."""
    file = tmp_path / "keys"
    file.write_bytes(render_keys())
    return Seals.read(file)


def record(headers: dict[str, str], value: bytes | None) -> Any:
    """A record as Kafka brings it."""
    pairs = [(name, text.encode()) for name, text in headers.items()]
    return SimpleNamespace(
        topic=TOLD.TOPIC, partition=0, offset=0, key=b"k", headers=pairs, value=value
    )


def good(seals: Seals) -> Any:
    """A message that is well."""
    envelope = envelope_of(
        TOLD, event_id=new_id(), source=SOURCES[TOLD.TOPIC], occurred_at=NOW, traceparent=None
    )
    value = TOLD.model_dump_json().encode()
    return record(seals.seal(TOLD.TOPIC, write_headers(envelope), value), value)


@pytest.mark.parametrize("way", POISON)
def test_it_is_given_up_for_what_is_wrong_with_it(way: str, seals: Seals) -> None:
    """Consumers check seals; only the two that are about seals may fail there."""
    well = good(seals)
    assert len(read_records([well], HEARD, seals).deliveries) == 1
    headers, value = spoil(way, well, seals, random.Random(1))
    spoiled = record(headers, value)
    assert (way_of(spoiled.headers), way_of(well.headers)) == (way, None)
    found = read_records([spoiled], HEARD, seals)
    assert found.deliveries == []
    [letter] = found.broken
    assert re.search(POISON[way], letter.reason), letter.reason
    reasons = {one for one, said in POISON.items() if re.search(said, letter.reason)}
    assert reasons <= {way, *SAME.get(way, ())}


def test_a_plan_spoils_in_every_way() -> None:
    """Each way that is known is drawn sooner or later, and none that is unknown."""
    well = ("copies", "many", "held", "dropped")
    drawn = {one.way for one in draw_plan(1, 3600, KINDS).faults if one.kind == "messages"}
    assert {way for way in drawn if not way.startswith(well)} == set(POISON)
