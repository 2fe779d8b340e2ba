"""A real process that is told to end: not ready, then HTTP, then consumers, then the rest."""

import asyncio
import signal
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from chassis.ids import new_id
from chassis.outbox import PARTS
from contracts.topics import GATEWAY_EXPORTS
from libs.chassis.tests.probing import Probe, probing, say, until
from tests.attacks.reading import read_messages
from tests.stack.backend import Backend
from tests.stack.database import ScratchDatabase

pytestmark = pytest.mark.slow

COUNT_PUBLISHED = """
SELECT count(*) FROM gateway.outbox WHERE key = ANY($1::text []) AND published_at IS NOT NULL
"""
SELECT_EFFECT = "SELECT attempts + 1 FROM gateway.timer WHERE kind = 'effect' AND key = $1"


async def effects(database: ScratchDatabase, name: str) -> int:
    """How often a message took effect."""
    async with database.connect("admin") as admin:
        return await admin.fetchval(SELECT_EFFECT, name) or 0


async def committed(servers: str, group: str) -> int:
    """How many messages a group has acknowledged, in all partitions."""
    client = AIOKafkaAdminClient(bootstrap_servers=servers)
    await client.start()
    try:
        found = await client.list_consumer_group_offsets(group)
    finally:
        await client.close()
    return sum(place.offset for place in found.values())


def names(*words: str) -> list[str]:
    """Names that no other test uses."""
    return [f"{word}-{uuid4().hex[:8]}" for word in words]


async def until_refused(probe: Probe) -> None:
    """Wait until no connection is taken any more."""

    async def refused() -> bool:
        return await probe.ask("/health/live") is None

    await until(refused)


async def until_stopped(probe: Probe, part: str) -> None:
    """Wait until a part has stopped."""

    async def told() -> bool:
        return part in probe.stopped()

    await until(told)


async def until_relaying(probe: Probe) -> None:
    """Wait until its relay has Kafka and every part of the outbox."""

    async def owns_all() -> bool:
        answer = await probe.ask("/metrics")
        return answer is not None and f"localex_outbox_parts_owned {PARTS}.0" in answer.text

    await until(owns_all)


async def until_done(database: ScratchDatabase, name: str) -> None:
    """Wait until a message took effect."""

    async def done() -> bool:
        return await effects(database, name) > 0

    await until(done)


async def test_it_is_not_ready_before_it_stops_serving(
    scratch: ScratchDatabase, tmp_path: Path
) -> None:
    """A balancer sees it go; until then requests that it still sends are answered."""
    async with probing(tmp_path, scratch, "serve", unready_seconds=3, drain_seconds=60) as probe:
        await probe.status("/health/ready", 200)
        slow = asyncio.create_task(probe.ask("/v1/slow"))
        await probe.begun("request")
        probe.process.terminate()
        ready = await probe.status("/health/ready", 503)
        assert ready.json()["state"] == "draining"
        quick = await probe.ask("/v1/quick")
        assert quick is not None
        assert (quick.status_code, quick.json()) == (200, "quick")
        await until_refused(probe)
        assert not slow.done()
        (tmp_path / "request.ends").touch()
        answer = await slow
        assert answer is not None
        assert (answer.status_code, answer.json()) == (200, "slow")
        assert await probe.ended() == 0


async def test_consumers_stop_behind_requests_and_finish_what_they_hold(
    scratch: ScratchDatabase, tmp_path: Path, kafka: Backend
) -> None:
    """While HTTP drains messages are heard; then the one in hand is committed, and no other."""
    servers = kafka.settings["LOCALEX_KAFKA_SERVERS"]
    key, group = new_id(), f"gateway.probe_{uuid4().hex[:8]}"
    early, held, late = names("early", "held", "late")
    (tmp_path / f"{held}.held").touch()
    async with probing(
        tmp_path,
        scratch,
        "run",
        group,
        drain_seconds=60,
        shutdown_seconds=120,
        kafka_servers=servers,
    ) as probe:
        await probe.status("/health/ready", 200)
        slow = asyncio.create_task(probe.ask("/v1/slow"))
        await probe.begun("request")
        probe.process.terminate()
        await until_refused(probe)
        await say(servers, key, early, held)
        await until_done(scratch, early)
        await probe.begun(held)
        assert not slow.done()
        (tmp_path / "request.ends").touch()
        assert (await slow) is not None
        await until_stopped(probe, "http")
        await say(servers, key, late)
        (tmp_path / f"{held}.held").unlink()
        assert await probe.ended() == 0
        order = [part for part in probe.stopped() if part in {"http", "consumers", "timers"}]
        assert order == ["http", "consumers", "timers"]
        assert probe.stopped()[-1] == "relay"
        acknowledged = await committed(servers, group)
    assert await of_each(scratch, early, held, late) == [1, 1, 0]
    async with probing(tmp_path, scratch, "run", group, kafka_servers=servers) as again:
        await until_done(scratch, late)
        again.process.terminate()
        assert await again.ended() == 0
    # What the first one held is not read again: it acknowledged all but the last message.
    assert await committed(servers, group) == acknowledged + 1
    assert await of_each(scratch, early, held, late) == [1, 1, 1]


async def of_each(database: ScratchDatabase, *messages: str) -> list[int]:
    """How often each took effect."""
    return [await effects(database, name) for name in messages]


async def test_what_draining_requests_say_is_sent_before_the_end(
    scratch: ScratchDatabase, tmp_path: Path, kafka: Backend
) -> None:
    """The relay has a batch in hand when it is told to end, and more was said behind it.

    Both are marked, and on the topic once; then the pool closes.
    """
    servers, people = kafka.settings["LOCALEX_KAFKA_SERVERS"], [new_id(), new_id()]
    async with probing(
        tmp_path,
        scratch,
        "run",
        drain_seconds=60,
        shutdown_seconds=120,
        kafka_servers=servers,
        failpoints="relay.after_acknowledged=stall:3",
    ) as probe:
        await until_relaying(probe)
        telling = [asyncio.create_task(probe.ask(f"/v1/telling/{one}")) for one in people]
        for one in people:
            await probe.begun(str(one))
        probe.process.terminate()
        await until_refused(probe)
        for one, answering in zip(people, telling, strict=True):
            (tmp_path / f"{one}.ends").touch()
            answer = await answering
            assert answer is not None
            assert (answer.status_code, answer.json()) == (200, "told")
        assert await probe.ended() == 0
        told = [(line["event"], line.get("part")) for line in probe.lines()]
    assert told[-3:] == [
        ("part.stopped", "relay"),
        ("pool.closed", None),
        ("service.stopped", None),
    ]
    assert not {event for event, _ in told} & {"part.cut_off", "part.failed", "relay.paused"}
    async with scratch.connect("admin") as admin:
        assert await admin.fetchval(COUNT_PUBLISHED, list(map(str, people))) == 2
    keys = [one.key for one in await read_messages(servers, [GATEWAY_EXPORTS])]
    assert [keys.count(str(one).encode()) for one in people] == [1, 1]


async def test_a_second_signal_ends_it_at_once(scratch: ScratchDatabase, tmp_path: Path) -> None:
    """It does not wait for the request in progress, nor for anything else."""
    async with probing(
        tmp_path, scratch, "serve", unready_seconds=600, shutdown_seconds=1200
    ) as probe:
        await probe.status("/health/ready", 200)
        slow = asyncio.create_task(probe.ask("/v1/slow"))
        await probe.begun("request")
        probe.process.terminate()
        await probe.status("/health/ready", 503)
        probe.process.terminate()
        assert await probe.ended() == -signal.SIGTERM
        assert await asyncio.gather(slow, return_exceptions=True)


async def test_what_is_never_done_is_cut_off(
    scratch: ScratchDatabase, tmp_path: Path, kafka: Backend
) -> None:
    """Shutdown has a limit; the message was not committed, and the next process does it once."""
    servers = kafka.settings["LOCALEX_KAFKA_SERVERS"]
    key, group = new_id(), f"gateway.probe_{uuid4().hex[:8]}"
    (held,) = names("held")
    (tmp_path / f"{held}.held").touch()
    async with probing(
        tmp_path, scratch, "run", group, kafka_servers=servers, shutdown_seconds=10
    ) as probe:
        await say(servers, key, held)
        await probe.begun(held)
        probe.process.terminate()
        assert await probe.ended() == 0
        assert '"part.cut_off"' in (tmp_path / "log").read_text()
    assert await effects(scratch, held) == 0
    (tmp_path / f"{held}.held").unlink()
    async with probing(tmp_path, scratch, "run", group, kafka_servers=servers):
        await until_done(scratch, held)
    assert await effects(scratch, held) == 1


async def test_an_event_loop_that_hangs_is_ended_in_time(
    scratch: ScratchDatabase, tmp_path: Path
) -> None:
    """Nothing of the process has to work for that: the alarm is the kernel's."""
    async with probing(
        tmp_path, scratch, "serve", unready_seconds=600, shutdown_seconds=10
    ) as probe:
        await probe.status("/health/ready", 200)
        probe.process.terminate()
        await probe.status("/health/ready", 503)
        hanging = asyncio.create_task(probe.ask("/v1/hanging"))
        assert await probe.ended() == -signal.SIGALRM
        assert await asyncio.gather(hanging, return_exceptions=True)
