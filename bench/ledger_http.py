r"""How many transfers a second the ledger posts over HTTP, all guarantees on.

    .venv/bin/python -m bench.ledger_http [--seconds 5] [--clients 1 16 64] [--uniform 10000]

Starts a Postgres of its own (fsync on) and one ledger process (`serve`), and calls it without the
gateway, with internal tokens as the gateway mints them. Each client keeps one connection and
sends one request after another, each with an idempotency key of its own; clients, service and
database share the machine. `bulk100` sends 100 transfers a request; `journal` is the same load
in process, without HTTP. The books are checked after each run: sums, chains, floors, one event a
transfer. Prints one JSON object; `tps` counts transfers, `service_cpu_us` is what the ledger
process used of the processor for each, which a busy machine does not change much.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import uvloop

from bench.ledger_journal import fill, run_setting
from chassis.database import Database, prepare_connection
from chassis.tokens import Caller, mint, new_signing_key, public_jwks
from embedded import Stack
from services.ledger.tests.books import SUMS
from tests.stack.database import PostgresServer, ScratchDatabase

TOKEN_SECONDS = 3600
BULK = 100


@dataclass(frozen=True, slots=True)
class Setting:
    """One kind of load."""

    name: str
    batch: int = 1


SETTINGS = [
    Setting("uniform"),
    Setting("accounts50"),
    Setting("accounts10"),
    Setting("hot_source"),
    Setting("hot_destination"),
    Setting("bulk100_uniform", BULK),
    Setting("bulk100_hot_source", BULK),
]


class Line:
    """One HTTP/1.1 connection with as little as a client can do: the machine is shared."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def post(self, path: str, token: str, body: bytes) -> bytes:
        """Send and wait for the answer; anything but success ends the run."""
        head = (
            f"POST {path} HTTP/1.1\r\nhost: ledger\r\nauthorization: Bearer {token}\r\n"
            f"content-type: application/json\r\nidempotency-key: {uuid4().hex}\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in answer.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        content = await self._reader.readexactly(length)
        assert answer.startswith(b"HTTP/1.1 20"), (answer, content)
        return content


def pick(setting: Setting, accounts: list[UUID]) -> tuple[UUID, list[UUID]]:
    """Who pays, and whom: one person a request."""
    hot, others = accounts[0], accounts[1:]
    if setting.name.endswith("hot_source"):
        return hot, random.choices(others, k=setting.batch)
    if setting.name.endswith("hot_destination"):
        return random.choice(others), [hot] * setting.batch
    size = {"accounts50": 50, "accounts10": 10}.get(setting.name, len(accounts))
    source, *targets = random.sample(accounts[:size], min(size, setting.batch + 1))
    return source, targets[: setting.batch]


def body_of(setting: Setting, source: UUID, targets: list[UUID]) -> tuple[str, bytes]:
    """Path and body of a request."""
    wishes = [
        {"from_account": str(source), "to_account": str(one), "amount": "0.01", "asset": "LXC"}
        for one in targets
    ]
    if setting.batch == 1:
        return "/v1/transfers", orjson.dumps(wishes[0])
    bulk = {"mode": "independent", "transfers": wishes}
    return "/v1/transfers/bulk", orjson.dumps(bulk)


def cpu_seconds(pid: int) -> float:
    """What a process and the children that it has waited for have used of the processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def family_cpu_seconds(pid: int) -> float:
    """The same for a process with the children that it has now: Postgres and its backends."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return cpu_seconds(pid) + sum(map(cpu_seconds, map(int, children)))


async def run_http(
    setting: Setting,
    pids: tuple[int, int, int],
    accounts: list[UUID],
    clients: int,
    seconds: float,
    token_of: Callable[[UUID], str],
) -> dict[str, Any]:
    """Load the service for some seconds; `pids` are its port, its process and the database's."""
    port, pid, postgres = pids

    def used() -> tuple[float, float, float]:
        return cpu_seconds(pid), family_cpu_seconds(postgres), time.process_time()

    before = used()
    latencies: list[float] = []
    end = time.perf_counter() + seconds

    async def client() -> None:
        line = Line(*await asyncio.open_connection("127.0.0.1", port))
        while (started := time.perf_counter()) < end:
            source, targets = pick(setting, accounts)
            content = await line.post(*_request(setting, source, targets, token_of))
            assert setting.batch == 1 or b'"refused":0,' in content, content[:500]
            latencies.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    elapsed = time.perf_counter() - started
    after = used()
    latencies.sort()
    transfers = max(1, len(latencies) * setting.batch)
    service, database, load = (
        round((then - now) / transfers * 1e6) for now, then in zip(before, after, strict=True)
    )
    return {
        "setting": setting.name,
        "batch": setting.batch,
        "clients": clients,
        "tps": round(len(latencies) * setting.batch / elapsed),
        "p50_ms": round(latencies[len(latencies) // 2] * 1000, 2),
        "p99_ms": round(latencies[len(latencies) * 99 // 100] * 1000, 2),
        "service_cpu_us": service,
        "postgres_cpu_us": database,
        "load_cpu_us": load,
    }


def _request(
    setting: Setting, source: UUID, targets: list[UUID], token_of: Callable[[UUID], str]
) -> tuple[str, str, bytes]:
    path, body = body_of(setting, source, targets)
    return path, token_of(source), body


async def check(database: Database) -> None:
    """The books are right."""
    async with database.connection() as conn:
        await conn.execute("SET statement_timeout = '120s'")
        found = dict(await conn.fetchrow(SUMS, timeout=120))
        await conn.execute("RESET statement_timeout")
    assert found["transfers"] == found["events"], found
    assert found["unbalanced"] == found["broken"] == found["below_floor"] == 0, found


@asynccontextmanager
async def serving(
    scratch: ScratchDatabase, folder: Path, jwks: bytes
) -> AsyncIterator[tuple[int, int]]:
    """A ledger process over a database; gives its port and process."""
    (folder / "jwks.json").write_bytes(jwks)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    settings = {
        "LEDGER_DATABASE_URL": scratch.url("ledger"),
        "LEDGER_HTTP_PORT": str(port),
        "LOCALEX_KAFKA_SERVERS": "127.0.0.1:1",
        "LOCALEX_INTERNAL_JWKS_FILE": str(folder / "jwks.json"),
        "LOCALEX_LOG_LEVEL": "warning",
    }
    command = [*os.environ.get("BENCH_PROFILER", "").split(), sys.executable, "-m", "ledger"]
    process = await asyncio.create_subprocess_exec(*command, "serve", env=os.environ | settings)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            await asyncio.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        await process.wait()


async def measure(
    chosen: argparse.Namespace, server: PostgresServer, server_pid: int
) -> list[dict[str, Any]]:
    """Every setting asked for, over one database."""
    await server.make_template()
    key = new_signing_key()
    tokens: dict[UUID, str] = {}

    def token_of(person: UUID) -> str:
        if person not in tokens:
            caller = Caller(person, frozenset({"MEMBER"}), "bench")
            tokens[person] = mint(key, caller, "ledger", ttl_seconds=TOKEN_SECONDS)
        return tokens[person]

    rows: list[dict[str, Any]] = []
    async with (
        server.scratch() as scratch,
        asyncpg.create_pool(
            scratch.url("ledger"), min_size=2, max_size=8, init=prepare_connection
        ) as pool,
    ):
        database = Database(pool)
        accounts = await fill(database, chosen.uniform)
        for one in accounts:
            token_of(one)
        jwks = orjson.dumps(public_jwks([key]))
        with tempfile.TemporaryDirectory() as folder:
            async with serving(scratch, Path(folder), jwks) as ledger:
                for setting in SETTINGS:
                    for clients in chosen.clients if setting.name in chosen.settings else ():
                        row = await run_http(
                            setting,
                            (*ledger, server_pid),
                            accounts,
                            clients,
                            chosen.seconds,
                            token_of,
                        )
                        await check(database)
                        rows.append(row)
                        print(json.dumps(row), file=sys.stderr)
        for name in chosen.journal:
            row = await run_setting(database, name, accounts, 256, chosen.seconds)
            rows.append(row | {"setting": f"journal_{name}", "batch": 1})
    return rows


async def main() -> None:
    """Run what is asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--uniform", type=int, default=10_000)
    names = [setting.name for setting in SETTINGS]
    parser.add_argument("--settings", nargs="*", default=names, choices=names)
    parser.add_argument("--journal", nargs="*", default=["uniform", "hot_source"])
    chosen = parser.parse_args()
    stack = await asyncio.to_thread(Stack.start, parts=("postgres",), services=False)
    try:
        pid = int(stack.part("postgres")["pid"])
        rows = await measure(chosen, PostgresServer(stack.superuser_url, stack.settings), pid)
    finally:
        await asyncio.to_thread(stack.close)
    print(json.dumps({"bench": "ledger_http", "rows": rows}, indent=2))


if __name__ == "__main__":
    uvloop.run(main())
