"""Starts the probe, asks it things, and sends it messages."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from aiokafka import AIOKafkaProducer

from chassis.ids import new_id
from chassis.tokens import new_signing_key, public_jwks
from contracts.cloudevents import envelope_of, write_headers
from contracts.ledger import AccountOpened
from tests.stack.database import ScratchDatabase
from tests.tidy.tree import ROOT

PATIENCE_SECONDS = 60


async def until(found: Callable[[], Awaitable[Any]]) -> Any:
    """Ask until the answer is true; a slow machine is given a minute."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (answer := await found()):  # noqa: ASYNC110 - a process tells nobody
            await asyncio.sleep(0.05)
    return answer


@dataclass(frozen=True)
class Probe:
    """A running process of the probe."""

    address: str
    folder: Path
    group: str
    process: asyncio.subprocess.Process

    async def ask(self, path: str) -> httpx2.Response | None:
        """Ask on a connection of its own; nothing when none is taken, or it is cut."""
        with contextlib.suppress(httpx2.TransportError):
            async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as client:
                return await client.get(self.address + path)
        return None

    async def status(self, path: str, expected: int) -> httpx2.Response:
        """Ask until it answers with this status."""

        async def found() -> httpx2.Response | None:
            answer = await self.ask(path)
            return answer if answer is not None and answer.status_code == expected else None

        answer: httpx2.Response = await until(found)
        return answer

    async def begun(self, name: str) -> None:
        """Wait until it has begun with a request or a message."""

        async def found() -> bool:
            return (self.folder / f"{name}.begun").exists()

        await until(found)

    def lines(self) -> list[dict[str, Any]]:
        """What its log tells."""
        found = []
        for line in (self.folder / "log").read_text().splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return found

    def stopped(self) -> list[str]:
        """The parts that have stopped, in order, as its log tells."""
        return [line["part"] for line in self.lines() if line["event"] == "part.stopped"]

    async def ended(self) -> int:
        """Wait for its end; how it ended."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.process.wait()


@asynccontextmanager
async def probing(
    folder: Path, database: ScratchDatabase, role: str, group: str = "", **settings: Any
) -> AsyncIterator[Probe]:
    """Run the probe in a role; it is killed if it has not ended by itself."""
    (folder / "jwks.json").write_text(json.dumps(public_jwks([new_signing_key()])))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    group = group or f"gateway.probe_{uuid4().hex[:8]}"
    given = {
        "GATEWAY_DATABASE_URL": database.url("gateway"),
        "GATEWAY_HTTP_PORT": port,
        "LOCALEX_INSTANCE": "probe",
        "LOCALEX_INTERNAL_JWKS_FILE": folder / "jwks.json",
        "LOCALEX_KAFKA_SERVERS": "127.0.0.1:1",
        "LOCALEX_LOG_LEVEL": "debug",
        "LOCALEX_UNREADY_SECONDS": 0,
        "PROBE_FOLDER": folder,
        "PROBE_GROUP": group,
    }
    given |= {f"LOCALEX_{name.upper()}": value for name, value in settings.items()}
    command = (sys.executable, "-m", "libs.chassis.tests.probe", role)
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=ROOT,
            env=os.environ | {name: str(value) for name, value in given.items()},
            stdout=log,
            stderr=log,
        )
    try:
        yield Probe(f"http://127.0.0.1:{port}", folder, group, process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def say(kafka_servers: str, key: Any, *names: str, blanks: int = 0) -> None:
    """Send messages of one key, and so of one partition, past any outbox; so many bytes longer."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka_servers)
    await producer.start()
    try:
        for name in names:
            message = AccountOpened(
                account_id=key, owner_id=key, account_type="MAIN", asset="LXC", community=name
            )
            envelope = envelope_of(
                message, event_id=new_id(), source="/ledger", occurred_at=datetime.now(UTC)
            )
            headers = [(k, v.encode()) for k, v in write_headers(envelope).items()]
            await producer.send_and_wait(
                message.TOPIC,
                message.model_dump_json().encode() + b" " * blanks,
                key=message.key().encode(),
                headers=headers,
            )
    finally:
        await producer.stop()
