"""Streams of events: memory of each, and time from the commit to the client."""

import argparse
import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

import asyncpg

from bench.gateway.server import gateway_settings, module, people
from bench.processes import free_port, running
from chassis.database import prepare_connection
from chassis.ids import new_id
from embedded import Stack
from gateway.live import queries
from gateway.live.lifecycle import CHANNEL, pack_people
from gateway.valkey import Valkey

_OPENED: Final = b": open"
_SENT: Final = b'"sent": '
_AT_ONCE: Final = 50


class Follower(asyncio.Protocol):
    """One stream, and how long each of its events was on its way."""

    def __init__(self, token: str, taken: list[float]) -> None:
        self._head = (
            f"GET /v1/events HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {token}\r\n\r\n"
        ).encode()
        self._taken = taken
        self._read = b""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        """Take the time of each event that is whole."""
        now = time.time()
        self._read += data
        if not self.opened.done() and _OPENED in self._read:
            self.opened.set_result(None)
        *whole, self._read = self._read.split(b"\n\n")
        for event in whole:
            _, found, rest = event.partition(_SENT)
            if found:
                self._taken.append(now - float(rest.partition(b"}")[0]))

    def connection_lost(self, error: Exception | None) -> None:
        """A stream that was refused never opens."""
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError(self._read[:500]))


def memory_bytes(pid: int) -> int:
    """What a process holds in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


async def measure_live(stack: Stack, chosen: argparse.Namespace) -> dict[str, Any]:
    """Open the streams, tell people for some seconds, count."""
    async with AsyncExitStack() as started:
        port = free_port()
        env = gateway_settings(stack, port, "http://127.0.0.1:9")
        pid = await started.enter_async_context(running(port, module("gateway", "serve"), env))
        known = await people(stack, chosen.streams)
        taken: list[float] = []
        await _open(port, known[:_AT_ONCE], taken)
        before = memory_bytes(pid)
        await _open(port, known[_AT_ONCE:], taken)
        await asyncio.sleep(1)
        each = (memory_bytes(pid) - before) / (len(known) - _AT_ONCE)
        sent = await _tell(stack, [person for person, _ in known], chosen)
        await asyncio.sleep(2)
        ordered = sorted(taken)
        return {
            "streams": chosen.streams,
            "bytes_each": round(each),
            "events": sent,
            "received": len(taken),
            "rate": chosen.rate,
            "p50_ms": round(ordered[len(ordered) // 2] * 1000, 1),
            "p99_ms": round(ordered[len(ordered) * 99 // 100] * 1000, 1),
        }


async def _open(port: int, known: list[tuple[UUID, str]], taken: list[float]) -> None:
    loop = asyncio.get_running_loop()
    for at in range(0, len(known), _AT_ONCE):
        opened = [
            await loop.create_connection(lambda t=token: Follower(t, taken), "127.0.0.1", port)  # type: ignore[misc]
            for _, token in known[at : at + _AT_ONCE]
        ]
        await asyncio.gather(*(follower.opened for _, follower in opened))


async def _tell(stack: Stack, ids: list[UUID], chosen: argparse.Namespace) -> int:
    """Tell one person after another, as the consumer of another process does."""
    valkey = Valkey(stack.settings["GATEWAY_VALKEY_URL"])
    count = int(chosen.rate * chosen.seconds)
    async with asyncpg.create_pool(
        stack.settings["GATEWAY_DATABASE_URL"], min_size=1, max_size=4, init=prepare_connection
    ) as pool:
        begun = time.perf_counter()
        turn = _turns(ids)
        for number in range(count):
            await asyncio.sleep(max(0.0, begun + number / chosen.rate - time.perf_counter()))
            person = next(turn)
            async with pool.acquire() as conn, conn.transaction():
                last = (await queries.advance_counters(conn, {person: 1}))[person]
                told: dict[str, object] = {"sent": time.time()}
                row = (person, last, new_id(), "bench.Told", told, datetime.now(UTC))
                await queries.insert_live(conn, [row])
            await valkey.ask("PUBLISH", CHANNEL, pack_people([person]))
    await valkey.close()
    return count


def _turns(ids: list[UUID]) -> Iterator[UUID]:
    while True:
        yield from ids
