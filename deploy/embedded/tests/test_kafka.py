"""What the supervisor knows of the broker besides that it answers."""

import contextlib
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from embedded.credentials import Credentials
from embedded.fetch.servers import Servers
from embedded.parts import kafka as kafka_module
from embedded.parts.kafka import NOBODYS, Kafka, place_of
from embedded.places import Places
from embedded.site import Site
from tests.journeys.people import eventually
from tests.stack.backend import Backend

GROUP_ID_NOT_FOUND = 69


def test_each_part_of_the_offsets_is_asked() -> None:
    """By names that fall on them: the broker's own sums, seen in its log."""
    assert sorted(map(place_of, NOBODYS)) == list(range(8))
    seen = {"gateway.webhooks": 6, "search.indexing": 2, "ledger.members": 4}
    assert {group: place_of(group) for group in seen} == seen


async def test_a_broker_that_coordinates_is_well(
    kafka: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part says that it knows no such group: it was asked, and could have written."""
    servers = kafka.settings["LOCALEX_KAFKA_SERVERS"]
    ports = {"kafka": int(servers.rpartition(":")[2])}
    site = Site(Places.of(tmp_path), "test", "full", ports, Credentials(), Servers(), None)
    assert await Kafka().complaint(site) is None
    # Whoever asks for the first group has the topic made.
    async with contextlib.AsyncExitStack() as stack:
        admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        stack.push_async_callback(admin.close)
        await admin.start()
        with contextlib.suppress(KafkaError):
            await admin.find_coordinator("somebodys")
    with monkeypatch.context() as patched:
        patched.setattr(kafka_module, "_NOT_COORDINATOR", GROUP_ID_NOT_FOUND)
        every = ", ".join(NOBODYS)
        await eventually(
            lambda: Kafka().complaint(site), lambda said: str(said).endswith(f" {every}")
        )
    assert await Kafka().complaint(site) is None


async def test_who_is_away_has_no_complaint(tmp_path: Path, unused_tcp_port: int) -> None:
    """The end of its process says enough."""
    ports = {"kafka": unused_tcp_port}
    site = Site(Places.of(tmp_path), "test", "full", ports, Credentials(), Servers(), None)
    assert await Kafka().complaint(site) is None
