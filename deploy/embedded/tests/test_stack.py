"""The real servers: up, asked who they are, broken, mended, down."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from contracts.topics import ALL_TOPICS
from embedded.identity import ProcessRecord
from embedded.places import Places
from embedded.stack import Stack
from embedded.supervise.client import is_locked
from embedded.supervise.leftovers import leftovers

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def small(reachable: Path) -> Iterator[Stack]:
    """Postgres and Valkey."""
    stack = Stack.start(reachable / "small", parts=["postgres", "valkey"], services=False)
    with closing(stack):
        yield stack


def localex(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "embedded.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


async def test_each_role_has_its_own_schema_and_no_other(small: Stack) -> None:
    """A service can neither create tables nor look into another's schema; waits are bounded."""
    conn = await asyncpg.connect(small.settings["LEDGER_DATABASE_URL"])
    try:
        assert await conn.fetchval("SHOW statement_timeout") == "5s"
        assert await conn.fetchval("SHOW lock_timeout") == "2s"
        assert await conn.fetchval("SHOW idle_in_transaction_session_timeout") == "5s"
        assert (await conn.fetchval("SHOW search_path")).startswith("ledger")
        for statement in (
            "CREATE TABLE ledger.mine (id int)",
            "CREATE TABLE public.mine (id int)",
            "SET ROLE ledger_owner",
            "SELECT 1 FROM gateway.migrations",
        ):
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError)):
                await conn.execute(statement)
    finally:
        await conn.close()


async def test_the_migrator_owns_nothing_but_may_act_as_each_owner(small: Stack) -> None:
    """Tables belong to the owner role, whoever runs the migration."""
    conn = await asyncpg.connect(small.settings["LOCALEX_MIGRATOR_DATABASE_URL"])
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute("CREATE TABLE ledger.probe (id int)")
        async with conn.transaction():
            await conn.execute("SET LOCAL ROLE ledger_owner; CREATE TABLE ledger.probe (id int)")
            owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'probe'"
            assert await conn.fetchval(owner) == "ledger_owner"
            await conn.execute("DROP TABLE ledger.probe")
    finally:
        await conn.close()


async def test_postgres_is_set_up_as_the_specification_says(small: Stack) -> None:
    """Durable, watched, and reachable with a password only."""
    conn = await asyncpg.connect(small.superuser_url)
    try:
        expected = {
            "fsync": "on",
            "synchronous_commit": "on",
            "wal_level": "replica",
            "log_min_duration_statement": "1s",
            "listen_addresses": "127.0.0.1",
            "data_checksums": "on",
        }
        for name, value in expected.items():
            assert await conn.fetchval(f"SHOW {name}") == value
        assert await conn.fetchval("SELECT count(*) FROM extensions.pg_stat_statements") > 0
        assert not await conn.fetchval(
            "SELECT rolcanlogin FROM pg_roles WHERE rolname = $1", "ledger_owner"
        )
    finally:
        await conn.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(small.settings["LEDGER_DATABASE_URL"], password="wrong")


async def test_each_valkey_user_sees_its_own_keys_only(small: Stack) -> None:
    """Nobody comes in without a name; a service cannot touch another's keys nor administer."""
    from redis.asyncio import Redis
    from redis.exceptions import AuthenticationError, NoPermissionError

    client = Redis.from_url(small.settings["GATEWAY_VALKEY_URL"])
    try:
        await client.set("gateway:session", "1", ex=60)
        assert await client.eval("return redis.call('GET', KEYS[1])", 1, "gateway:session") == b"1"
        with pytest.raises(NoPermissionError):
            await client.get("ledger:session")
        with pytest.raises(NoPermissionError):
            await client.flushall()
    finally:
        await client.aclose()
    nobody = Redis(host="127.0.0.1", port=int(small.urls["valkey"].rpartition(":")[2]))
    try:
        with pytest.raises(AuthenticationError):
            await nobody.ping()
    finally:
        await nobody.aclose()


def test_a_killed_server_is_back_soon(small: Stack) -> None:
    """SIGKILL behind the supervisor's back: another process serves the same data."""
    for name in ("valkey", "postgres"):
        before = small.kill(name)
        deadline = time.monotonic() + 20
        while small.part(name)["restarts"] == 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        small.wait_until_ready(20)
        now = small.part(name)
        assert now["pid"] != before
        assert now["last_error"] == "was ended by SIGKILL"


def test_a_part_stopped_on_purpose_stays_down(small: Stack) -> None:
    """Until it is started again."""
    small.stop("valkey")
    assert small.part("valkey")["state"] == "stopped"
    small.start_part("valkey")
    assert small.part("valkey")["state"] == "ready"


def test_two_stacks_run_side_by_side(small: Stack, reachable: Path) -> None:
    """Each has its own ports, secrets and data."""
    with closing(Stack.start(reachable / "other", parts=["valkey"], services=False)) as other:
        assert other.urls["valkey"] != small.urls["valkey"]
        assert other.settings["GATEWAY_VALKEY_URL"] != small.settings["GATEWAY_VALKEY_URL"]


def test_status_tells_of_each_part(small: Stack) -> None:
    """The form that programs rely on."""
    answer = localex("status", "--json", "--data", str(small.data_dir))
    status: dict[str, Any] = json.loads(answer.stdout)
    assert status["gateway"] is None
    part = next(part for part in status["parts"] if part["name"] == "postgres")
    assert part["state"] == "ready"
    assert part["pid"] == small.part("postgres")["pid"]
    assert part["url"].startswith("postgresql://127.0.0.1:")
    assert part["version"].startswith("18")
    assert part["data_folder"] == str(small.data_dir / "postgres")
    assert part["rss_bytes"] > 1024**2
    assert part["uptime_seconds"] >= 0


def test_up_while_up_says_so(small: Stack) -> None:
    """No second supervisor: what runs is told."""
    answer = localex("up", "--detach", "--data", str(small.data_dir))
    assert answer.returncode == 0, answer.stderr
    assert "is up already" in answer.stdout


def test_down_leaves_nothing_even_after_the_supervisor_was_killed(reachable: Path) -> None:
    """Its children outlive it; `down` finds and ends them, and a new start works."""
    folder = reachable / "orphans"
    stack = Stack.start(folder, parts=["postgres", "valkey"], services=False)
    places = Places.of(folder)
    stack_id = json.loads(places.state_file.read_text())["stack_id"]
    supervisor = ProcessRecord.read(places.supervisor_file)
    assert supervisor is not None
    assert supervisor.send(signal.SIGKILL)
    stack.close()
    assert {record.name for record in leftovers(places, stack_id)} >= {"postgres", "valkey"}
    answer = localex("down", "--data", str(folder))
    assert answer.returncode == 0, answer.stderr
    assert leftovers(places, stack_id) == []
    assert not is_locked(places.lock_file)
    assert list(places.run.glob("*.json")) == []
    Stack.start(folder, parts=["postgres"], services=False).close()


def test_a_stack_ends_with_the_process_that_started_it(reachable: Path) -> None:
    """A test run that is killed leaves no servers."""
    folder = reachable / "attached"
    code = (
        "import sys, time; from pathlib import Path; from embedded.stack import Stack\n"
        "Stack.start(Path(sys.argv[1]), parts=['valkey'], services=False)\n"
        "print('up', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        os.kill(process.pid, signal.SIGKILL)
    places = Places.of(folder)
    deadline = time.monotonic() + 20
    while is_locked(places.lock_file) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert leftovers(places, json.loads(places.state_file.read_text())["stack_id"]) == []


@pytest.mark.slow
async def test_every_server_is_the_one_we_asked_for(reachable: Path) -> None:
    """Kafka has the topics of the contracts, S3 is private, OpenSearch finds by vector."""
    from aiokafka.admin import AIOKafkaAdminClient

    with closing(Stack.start(reachable / "all", services=False)) as stack:
        servers = stack.settings["LOCALEX_KAFKA_SERVERS"]
        admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        await admin.start()
        try:
            topics = {name for name in await admin.list_topics() if not name.startswith("__")}
        finally:
            await admin.close()
        assert topics == {topic.name for topic in ALL_TOPICS}
        assert _get(f"{stack.urls['s3']}/localex-media") == 403
        assert _find_by_vector(stack.urls["opensearch"]) == 1
        total = stack.status()["rss_bytes"]
        assert total < 2.5e9


def _get(url: str) -> int:
    return _ask("GET", url)[0]


def _ask(method: str, url: str, body: object = None) -> tuple[int, bytes]:
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=20)) as connection:
        text = None if body is None else json.dumps(body)
        target = f"{parts.path}?{parts.query}"
        connection.request(method, target, text, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()


def _find_by_vector(url: str) -> int:
    method = {"name": "hnsw", "engine": "lucene"}
    field = {"type": "knn_vector", "dimension": 2, "method": method}
    settings = {"index.knn": True, "number_of_replicas": 0}
    index = {"settings": settings, "mappings": {"properties": {"v": field}}}
    assert _ask("PUT", f"{url}/probe", index)[0] == 200
    assert _ask("PUT", f"{url}/probe/_doc/1?refresh=true", {"v": [1, 2]})[0] == 201
    query = {"query": {"knn": {"v": {"vector": [1, 2], "k": 1}}}}
    _, found = _ask("POST", f"{url}/probe/_search", query)
    return int(json.loads(found)["hits"]["total"]["value"])
