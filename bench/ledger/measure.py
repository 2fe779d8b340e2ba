"""Every setting over one database, with the books checked after each."""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson

from bench.ledger.clients import get, load
from bench.ledger.in_process import fill, load_journal
from bench.ledger.server import Used, serving, used
from bench.ledger.settings import SETTINGS, Person, Setting, maker, person, warming
from bench.processes import free_port, running
from chassis.database import Database, leave_as_it_is, prepare_connection
from chassis.tokens import Caller, mint, new_signing_key, public_jwks
from embedded import Stack
from services.ledger.tests.books import SUMS

TOKEN_SECONDS: Final = 3600
_ROWS: Final = 1000
_MAKE_PLAIN: Final = "CREATE SCHEMA plain CREATE TABLE rows (id uuid PRIMARY KEY, minor numeric)"
_INSERT_PLAIN: Final = "INSERT INTO plain.rows SELECT uuidv7(), n FROM generate_series(1, $1) AS n"
_CHECK_SECONDS: Final = 300

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bench:
    """What is loaded, and how long."""

    database: Database
    people: list[Person]
    #: The service's port and process, and the database's process.
    port: int
    service: int
    postgres: int
    seconds: float

    async def over_http(self, setting: Setting, clients: int) -> Row:
        """One setting with so many clients."""
        expect = b'"refused":0,' if setting.batch > 1 else b""
        before = used(self.service, self.postgres)
        make = maker(setting, self.people)
        measured = await load(self.port, make, clients=clients, seconds=self.seconds, expect=expect)
        return self._row(setting.name, setting.batch, clients, measured, before)

    async def in_process(self, name: str, clients: int) -> Row:
        """The journal in this process: what it uses counts as the clients'."""
        before = used(self.service, self.postgres)
        measured = await load_journal(
            self.database,
            name,
            [one.id for one in self.people],
            clients=clients,
            seconds=self.seconds,
        )
        return self._row(f"journal_{name}", 1, clients, measured, before)

    async def limit(self, name: str, path: str, clients: int) -> Row:
        """The same clients, and an answer that takes nothing."""
        before = used(self.service, self.postgres)
        measured = await load(
            self.port, lambda: get(path, ""), clients=clients, seconds=self.seconds
        )
        return self._row(name, 1, clients, measured, before)

    async def limit_rows(self, superuser_url: str) -> Row:
        """Plain rows through one connection, a thousand a statement, each committed."""
        taken: list[float] = []
        conn = await asyncpg.connect(superuser_url)
        await conn.execute(_MAKE_PLAIN)
        before = used(self.service, self.postgres)
        started = time.perf_counter()
        while time.perf_counter() - started < self.seconds:
            began = time.perf_counter()
            await conn.execute(_INSERT_PLAIN, _ROWS)
            taken.append(time.perf_counter() - began)
        await conn.close()
        measured = sorted(taken), time.perf_counter() - started
        return self._row("limit_rows", _ROWS, 1, measured, before)

    def _row(
        self,
        setting: str,
        batch: int,
        clients: int,
        measured: tuple[list[float], float],
        before: Used,
    ) -> Row:
        taken, elapsed = measured
        operations = len(taken) * batch
        return {
            "setting": setting,
            "batch": batch,
            "clients": clients,
            "tps": round(operations / elapsed),
            "p50_ms": round(taken[len(taken) // 2] * 1000, 2),
            "p99_ms": round(taken[len(taken) * 99 // 100] * 1000, 2),
        } | used(self.service, self.postgres).since(before, operations)

    async def check(self) -> None:
        """The books are right."""
        async with self.database.transaction() as conn:
            await conn.execute(f"SET LOCAL statement_timeout = '{_CHECK_SECONDS}s'")
            found = dict(await conn.fetchrow(SUMS, timeout=_CHECK_SECONDS))
        wrong = found["unbalanced"], found["broken"], found["below_floor"], found["misheld"]
        assert (found["transfers"], wrong) == (found["events"], (0, 0, 0, 0)), found


async def measure(
    stack: Stack, chosen: argparse.Namespace, folder: Path, tell: Callable[[Row], None]
) -> list[Row]:
    """Every setting asked for; `tell` hears of each row when it is there."""
    key = new_signing_key()
    jwks = folder / "jwks.json"
    jwks.write_bytes(orjson.dumps(public_jwks([key])))
    rows: list[Row] = []

    def add(row: Row) -> None:
        rows.append(row)
        tell(row)

    async with (
        asyncpg.create_pool(
            stack.settings["LEDGER_DATABASE_URL"],
            min_size=2,
            max_size=8,
            init=prepare_connection,
            reset=leave_as_it_is,
            server_settings={"jit": "off"},
        ) as pool,
        serving(stack, jwks) as (port, service),
    ):
        database = Database(pool)
        accounts = await fill(database, chosen.uniform)
        people = [person(one, _token(key, one)) for one in accounts]
        postgres = int(stack.part("postgres")["pid"])
        bench = Bench(database, people, port, service, postgres, chosen.seconds)
        await load(port, warming(people), clients=64, seconds=chosen.warm)
        for name in chosen.settings:
            setting = SETTINGS[name]
            for clients in setting.clients or chosen.clients:
                add(await bench.over_http(setting, clients))
                await bench.check()
        for name in chosen.journal:
            for clients in (1, 64, 512):
                add(await bench.in_process(name, clients))
                await bench.check()
        add(await bench.limit("limit_http", "/health/live", 64))
        other = free_port()
        command = [sys.executable, "-m", "bench.ledger.empty", str(other)]
        async with running(other, command) as empty:
            alone = replace(bench, port=other, service=empty)
            add(await alone.limit("limit_empty", "/", 64))
        add(await bench.limit_rows(stack.superuser_url))
    return rows


def _token(key: Any, user_id: UUID) -> str:
    caller = Caller(user_id, frozenset({"MEMBER"}), "bench")
    return mint(key, caller, "ledger", ttl_seconds=TOKEN_SECONDS)
