"""Health tells the truth of a real process: what is missing, what is away, how far it is behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chassis.ids import new_id
from chassis.subscribe import FETCH_BYTES
from contracts.cloudevents import MAX_PAYLOAD_BYTES
from libs.chassis.tests.probing import Probe, probing, say, until
from tests.stack.backend import Backend
from tests.stack.database import ScratchDatabase

pytestmark = pytest.mark.slow

TAKE_NEWEST = """
DELETE FROM gateway.migrations WHERE component = 'gateway' AND version = (
    SELECT max(version) FROM gateway.migrations WHERE component = 'gateway'
) RETURNING *
"""


async def check_of(probe: Probe, name: str) -> Any:
    """What readiness tells of one thing."""
    answer = await probe.ask("/health/ready")
    return answer.json()["checks"].get(name) if answer else None


@asynccontextmanager
async def without_the_newest_migration(database: ScratchDatabase) -> AsyncIterator[str]:
    """As if the newest migration had not run yet; its name."""
    async with database.connect("admin") as admin:
        taken = dict(await admin.fetchrow(TAKE_NEWEST))
        try:
            yield f"gateway {taken['version']:04}"
        finally:
            columns = ", ".join(f"${n}" for n in range(1, len(taken) + 1))
            await admin.execute(
                f"INSERT INTO gateway.migrations ({', '.join(taken)}) VALUES ({columns})",
                *taken.values(),
            )


async def test_a_missing_migration_is_told_by_name(
    scratch: ScratchDatabase, tmp_path: Path
) -> None:
    """It has not started and is not ready until it has run, and lives all the while."""
    async with probing(tmp_path, scratch, "serve") as probe:
        async with without_the_newest_migration(scratch) as missing:
            told = await probe.status("/health/startup", 503)
            assert told.headers["content-type"] == "application/problem+json"
            assert told.headers["retry-after"]
            assert told.json()["type"] == "urn:localex:problem:starting"
            assert told.json()["detail"] == f"migrations: missing: {missing}"
            assert told.json()["pid"] == probe.process.pid
            ready = await probe.status("/health/ready", 503)
            checks = {"database": "ok", "migrations": f"missing: {missing}"}
            assert ready.json()["checks"] == checks
            await probe.status("/health/live", 200)
        assert (await probe.status("/health/startup", 200)).json()["state"] == "ready"
        assert (await probe.status("/health/ready", 200)).json()["ready"] is True


async def test_what_has_started_stays_started(scratch: ScratchDatabase, tmp_path: Path) -> None:
    """A schema that is taken back below it makes it unready: starting it again would not help."""
    async with probing(tmp_path, scratch, "serve") as probe, scratch.connect("admin") as admin:
        await probe.status("/health/ready", 200)
        held = admin.transaction()
        await held.start()
        await admin.execute("ALTER TABLE gateway.migrations RENAME TO taken_away")
        await held.commit()
        try:
            await probe.status("/health/ready", 503)
            assert str(await check_of(probe, "migrations")).startswith("missing: chassis 0001, ")
            await probe.status("/health/startup", 200)
        finally:
            await admin.execute("ALTER TABLE gateway.taken_away RENAME TO migrations")


async def test_a_database_without_migrations_is_told_as_such(
    bare_database: ScratchDatabase, tmp_path: Path
) -> None:
    """The first that are missing are named, and how many more there are."""
    async with probing(tmp_path, bare_database, "serve") as probe:
        told = await probe.status("/health/startup", 503)
        detail = told.json()["detail"]
        assert detail.startswith("migrations: missing: chassis 0001, chassis 0002, ")
        assert detail.endswith(" more")


async def test_who_only_consumes_has_not_started_without_kafka(
    scratch: ScratchDatabase, tmp_path: Path
) -> None:
    """Whoever serves requests as well has: they are answered without it."""
    for role, status in (("consume", 503), ("run", 200)):
        async with probing(tmp_path, scratch, role) as probe:
            told = await probe.status("/health/startup", status)
            assert await check_of(probe, "kafka_consumers") == "away"
            if status == 503:
                assert told.json()["detail"] == "kafka_consumers: away"


async def test_a_message_longer_than_what_is_fetched_ahead_is_heard(
    scratch: ScratchDatabase, tmp_path: Path, kafka: Backend
) -> None:
    """As long as a message may be; and so is the one behind it."""
    servers = kafka.settings["LOCALEX_KAFKA_SERVERS"]
    long, behind, key = f"long-{uuid4().hex}", f"behind-{uuid4().hex}", new_id()
    await say(servers, key, long, blanks=MAX_PAYLOAD_BYTES - 4096)
    await say(servers, key, behind)
    assert MAX_PAYLOAD_BYTES - 4096 > FETCH_BYTES
    async with probing(tmp_path, scratch, "run", kafka_servers=servers) as probe:
        await probe.begun(long)
        await probe.begun(behind)


async def test_readiness_tells_how_far_consumers_are_behind(
    scratch: ScratchDatabase, tmp_path: Path, kafka: Backend
) -> None:
    """Messages not yet taken, by group; none when they have been."""
    servers = kafka.settings["LOCALEX_KAFKA_SERVERS"]
    first = f"held-{uuid4().hex}"
    held = tmp_path / f"{first}.held"
    held.touch()
    async with probing(tmp_path, scratch, "run", kafka_servers=servers) as probe:
        await probe.status("/health/ready", 200)

        async def behind(count: int) -> bool:
            answer = await probe.ask("/health/ready")
            assert answer is not None
            return bool(answer.json()["consumer_lag"] == {probe.group: count})

        await until(lambda: behind(0))
        await say(servers, new_id(), first, *("behind" for _ in range(4)))
        await probe.begun(first)
        await until(lambda: behind(4))
        held.unlink()
        await until(lambda: behind(0))
        assert (await probe.status("/health/ready", 200)).json()["checks"]["database"] == "ok"
