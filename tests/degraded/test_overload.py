"""Ten times what the system can do: it does what it can, and tells the rest at once."""

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

import psutil
import pytest

from tests.journeys.people import somebody
from tests.stack.plugin import System

pytestmark = pytest.mark.slow

CLIENTS: Final = 24
MEASURED_SECONDS: Final = 3.0
OVERLOAD_SECONDS: Final = 5.0
TIMES: Final = 10
#: Each waits for its answer: more would measure this client, which shares the machine.
CONNECTIONS_MAX: Final = 1_000
#: A client gives up after this; the gateway's own deadline for transfers is longer.
PATIENCE_SECONDS: Final = 20.0
P99_SECONDS: Final = 10.0


@dataclass
class Door:
    """Connections to the gateway, as little as a client can do: the machine is shared."""

    port: int
    head: str
    body: bytes
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    silent_503: int = 0
    broken: list[str] = field(default_factory=list)

    async def ask(self) -> int:
        """One transfer with a key of its own; 0 when no answer came in time."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                status = await self._ask()
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            status = 0
            self.broken.append(repr(error))
        self.statuses[status] += 1
        self.seconds.append(time.perf_counter() - started)
        return status

    async def _ask(self) -> int:
        if self.idle:
            reader, writer = self.idle.pop()
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        kept = False
        try:
            writer.write(f"{self.head}idempotency-key: {uuid4().hex}\r\n\r\n".encode() + self.body)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            [length] = [x for x in answer.split(b"\r\n") if x.startswith(b"content-length")]
            await reader.readexactly(int(length.split(b":")[1]))
            kept = b"connection: close" not in answer
        finally:
            if kept:
                self.idle.append((reader, writer))
            else:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
        status = int(answer.split(b" ", 2)[1])
        self.silent_503 += status == 503 and b"retry-after" not in answer
        return status

    async def aclose(self) -> None:
        """Hang up, and wait until that is done."""
        for _, writer in self.idle:
            writer.close()
        await asyncio.gather(
            *(writer.wait_closed() for _, writer in self.idle), return_exceptions=True
        )
        self.idle.clear()


async def capacity(door: Door) -> float:
    """Transfers a second that some clients get done, one after another each."""
    until = time.perf_counter() + MEASURED_SECONDS

    async def client() -> None:
        while time.perf_counter() < until:
            await door.ask()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return door.statuses[201] / MEASURED_SECONDS


async def overload(door: Door, per_second: float) -> None:
    """Ask at a rate, whatever becomes of earlier requests, as long as a connection is free."""
    began = time.perf_counter()
    asked = 0
    async with asyncio.TaskGroup() as group:
        while (passed := time.perf_counter() - began) < OVERLOAD_SECONDS:
            while asked < passed * per_second and asked - len(door.seconds) < CONNECTIONS_MAX:
                group.create_task(door.ask())
                asked += 1
            await asyncio.sleep(0.005)


def memory_bytes(*names: str) -> int:
    """What these services use."""
    found = 0
    for process in psutil.process_iter():
        try:
            if process.cmdline()[1:4] in [["-m", name, "run"] for name in names]:
                found += process.memory_info().rss
        except psutil.Error:
            continue
    return found


async def test_ten_times_the_load_is_answered(
    system: System, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """Only 201, 429 and 503, in bounded time and memory; afterwards all is as before."""
    port = int(system.settings["GATEWAY_HTTP_PORT"])
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="9000.00") as ben,
        contextlib.AsyncExitStack() as doors,
    ):
        account = await ben.account()
        body = json.dumps(
            {
                "from_account": str(account.id),
                "to_user": str(ana.user.id),
                "amount": "0.01",
                "asset": "LXC",
            }
        ).encode()
        head = (
            f"POST /v1/transfers HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {ben.client.token}\r\ncontent-length: {len(body)}\r\n"
        )
        usual, heavy, after = (Door(port, head, body) for _ in range(3))
        for door in (usual, heavy, after):
            await doors.enter_async_context(contextlib.aclosing(door))
        per_second = await capacity(usual)
        before = memory_bytes("gateway", "ledger")
        await overload(heavy, per_second * TIMES)
        used = memory_bytes("gateway", "ledger") - before
        heavy.seconds.sort()
        p99 = heavy.seconds[len(heavy.seconds) * 99 // 100]
        told = f"{per_second:.0f}/s alone, {dict(heavy.statuses)}, p99 {p99:.2f} s, "
        told += f"{used >> 20} MB more, {heavy.broken[:3]}"
        record_testsuite_property("overload", told)
        assert set(heavy.statuses) <= {201, 429, 503}, told
        assert heavy.statuses[503] + heavy.statuses[429] > 0
        assert heavy.statuses[201] > 0
        assert heavy.silent_503 == 0
        assert p99 < P99_SECONDS, told
        assert used < 256 * 2**20
        assert await after.ask() == 201
        assert after.seconds[0] < 2
        done = sum(door.statuses[201] for door in (usual, heavy, after))
        assert await ana.balance() == f"{done / 100:.2f}"
