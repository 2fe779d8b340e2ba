"""Seals: only a service's own messages are accepted, whole, on their topic."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.seals import HEADER, UNSEALED, Seals, render_keys
from contracts.cloudevents import Undecodable
from contracts.topics import LEDGER_TRANSFERS, MARKETPLACE_ITEMS, SOURCES

LEDGER = LEDGER_TRANSFERS.name
TEXTS = st.text(max_size=20)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of keys."""
    path = tmp_path_factory.mktemp("keys") / "messages.json"
    path.write_bytes(render_keys())
    return path


@pytest.fixture(scope="module")
def seals(file: Path) -> Seals:
    """What every service has."""
    return Seals.read(file)


@given(
    headers=st.dictionaries(TEXTS.filter(lambda name: name != HEADER), TEXTS), payload=st.binary()
)
def test_what_was_sealed_is_accepted(seals: Seals, headers: dict[str, str], payload: bytes) -> None:
    """Whatever the headers and the payload are, and in whatever order the headers come."""
    sealed = seals.seal(LEDGER, headers, payload)
    seals.check(LEDGER, dict(reversed(sealed.items())), payload)


@pytest.mark.parametrize(
    ("topic", "headers", "payload"),
    [
        pytest.param(LEDGER, {"ce_id": "1", "ce_type": "b"}, b"{}", id="another header"),
        pytest.param(LEDGER, {"ce_id": "1", "ce_type": "a", "more": ""}, b"{}", id="a header more"),
        pytest.param(LEDGER, {"ce_id": "1"}, b"{}", id="a header less"),
        pytest.param(LEDGER, {"ce_id": "1", "ce_type": "a"}, b"{ }", id="another payload"),
        pytest.param(MARKETPLACE_ITEMS.name, {"ce_id": "1", "ce_type": "a"}, b"{}", id="a topic"),
    ],
)
def test_a_seal_is_of_one_message(
    seals: Seals, topic: str, headers: dict[str, str], payload: bytes
) -> None:
    """Nothing can be changed under it, and it opens nothing else."""
    seal = seals.seal(LEDGER, {"ce_id": "1", "ce_type": "a"}, b"{}")[HEADER]
    with pytest.raises(Undecodable, match="seal"):
        seals.check(topic, headers | {HEADER: seal}, payload)


def test_no_seal_is_no_way_in(seals: Seals, tmp_path: Path) -> None:
    """None, an empty one, one by other keys, one that is no ASCII's worth: all are refused."""
    other = tmp_path / "others.json"
    other.write_bytes(render_keys())
    strange = Seals.read(other).seal(LEDGER, {"ce_id": "1"}, b"{}")
    for headers in ({"ce_id": "1"}, {"ce_id": "1", HEADER: ""}, strange):
        with pytest.raises(Undecodable, match="seal"):
            seals.check(LEDGER, headers, b"{}")


def test_one_service_s_key_is_not_another_s(seals: Seals, file: Path) -> None:
    """What the marketplace would seal is not accepted where the ledger writes."""
    written = orjson.loads(file.read_bytes())
    keys = {source: [bytes.fromhex(key) for key in texts] for source, texts in written.items()}
    swapped = Seals(keys | {"/ledger": keys["/marketplace"]})
    with pytest.raises(Undecodable, match="seal"):
        seals.check(LEDGER, swapped.seal(LEDGER, {}, b"{}"), b"{}")


def test_keys_can_be_changed_while_serving(file: Path, tmp_path: Path) -> None:
    """The new key comes first and seals; what the old one sealed is still accepted."""
    old, new = orjson.loads(file.read_bytes()), orjson.loads(render_keys())
    both = tmp_path / "both.json"
    both.write_bytes(orjson.dumps({source: new[source] + old[source] for source in new}))
    between = Seals.read(both)
    between.check(LEDGER, Seals.read(file).seal(LEDGER, {}, b"{}"), b"{}")
    with pytest.raises(Undecodable):
        Seals.read(file).check(LEDGER, between.seal(LEDGER, {}, b"{}"), b"{}")


@pytest.mark.parametrize("spoiled", ["no", "short", "one missing"])
def test_a_broken_file_stops_the_start(tmp_path: Path, spoiled: str) -> None:
    """A service that could not tell friend from stranger does not start."""
    keys = orjson.loads(render_keys())
    broken = {"no": {}, "short": keys | {"/ledger": ["00"]}, "one missing": dict(keys)}[spoiled]
    if spoiled == "one missing":
        del broken["/ledger"]
    path = tmp_path / "broken.json"
    path.write_bytes(orjson.dumps(broken))
    with pytest.raises(ValueError, match="needs keys"):
        Seals.read(path)


def test_without_keys_nothing_is_asked() -> None:
    """Development and tests: a message is as it was, and none needs a seal."""
    assert UNSEALED.seal(LEDGER, {"ce_id": "1"}, b"{}") == {"ce_id": "1"}
    UNSEALED.check(LEDGER, {"ce_id": "1"}, b"{}")


def test_every_topic_has_a_key(seals: Seals) -> None:
    """Nobody writes where nobody could check."""
    assert all(HEADER in seals.seal(topic, {}, b"") for topic in SOURCES)
