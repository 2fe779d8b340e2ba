"""The gateway and its peers, one after another in one run."""

import argparse
import asyncio
import itertools
import os
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from bench.gateway.server import caddy_command, gateway_settings, module, people
from bench.ledger.clients import MakeRequest, get, load
from bench.processes import free_port, running
from embedded import Stack

PATH: Final = "/v1/accounts/0198f000-0000-7000-8000-000000000000"
MANY: Final = 2000
RATE: Final = 100

type Row = dict[str, Any]


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def asking(tokens: list[str]) -> MakeRequest:
    """Requests, each by the next of these people."""
    requests = itertools.cycle([get(PATH, token) for token in tokens])
    return lambda: next(requests)


async def paced(port: int, make: MakeRequest, *, rate: int, seconds: float) -> list[float]:
    """Requests at a fixed pace through one connection; times count from when each was due."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken: list[float] = []
    begun = time.perf_counter()
    for number in range(int(rate * seconds)):
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        writer.write(make())
        head = await reader.readuntil(b"\r\n\r\n")
        at = head.lower().index(b"content-length:") + 15
        await reader.readexactly(int(head[at : head.index(b"\r\n", at)]))
        assert head.startswith(b"HTTP/1.1 200"), head
        taken.append(time.perf_counter() - due)
    writer.close()
    return sorted(taken)


async def measure(
    stack: Stack, chosen: argparse.Namespace, folder: Path, tell: Callable[[Row], None]
) -> dict[str, Any]:
    """Every peer, then what is added at a low rate; `tell` hears of each row."""
    async with AsyncExitStack() as started:
        upstream_port = free_port()
        upstream = f"http://127.0.0.1:{upstream_port}"
        command = module("bench.gateway.upstream", upstream_port)
        ports: dict[str, tuple[int, int]] = {
            "direct": (
                upstream_port,
                await started.enter_async_context(running(upstream_port, command)),
            )
        }

        async def start(
            name: str, command_for: Callable[[int], list[str] | None], **env: str
        ) -> None:
            port = free_port()
            command = command_for(port)
            if command is not None:
                ports[name] = port, await started.enter_async_context(running(port, command, env))

        await start("caddy", lambda port: caddy_command(folder, port, upstream), GOMAXPROCS="1")
        for name in ("bare", "fastapi"):
            await start(name, lambda port, n=name: module("bench.gateway.peers", n, port, upstream))  # type: ignore[misc]
        port = free_port()
        env = gateway_settings(stack, port, upstream)
        pid = await started.enter_async_context(running(port, module("gateway", "serve"), env))
        tokens = [token for _, token in await people(stack, MANY)]
        few, many = asking(tokens[: chosen.clients]), asking(tokens)
        ports |= {"gateway": (port, pid), "gateway_2000": (port, pid)}
        rows = await _rows(
            ports, chosen, lambda name: many if name == "gateway_2000" else few, tell
        )
        added = await _added(upstream_port, port, few, seconds=chosen.seconds)
    return {"rows": rows, "added": added}


async def _rows(
    ports: dict[str, tuple[int, int]],
    chosen: argparse.Namespace,
    make_for: Callable[[str], MakeRequest],
    tell: Callable[[Row], None],
) -> list[Row]:
    rows: list[Row] = []
    for name, (port, pid) in ports.items():
        if chosen.only and name not in chosen.only:
            continue
        make = make_for(name)
        await load(port, make, clients=chosen.clients, seconds=chosen.warm)
        before = cpu_seconds(pid)
        taken, elapsed = await load(port, make, clients=chosen.clients, seconds=chosen.seconds)
        row: Row = {
            "setting": name,
            "clients": chosen.clients,
            "rps": round(len(taken) / elapsed),
            "p50_ms": round(taken[len(taken) // 2] * 1000, 2),
            "p99_ms": round(taken[len(taken) * 99 // 100] * 1000, 2),
            "cpu_us": round((cpu_seconds(pid) - before) / len(taken) * 1e6, 1),
        }
        rows.append(row)
        tell(row)
    bare = next((row["cpu_us"] for row in rows if row["setting"] == "bare"), None)
    for row in rows:
        row["ratio_to_bare"] = round(bare / row["cpu_us"], 2) if bare and row["cpu_us"] else None
    return rows


async def _added(direct: int, gateway: int, make: MakeRequest, *, seconds: float) -> Row:
    """The two in turn, so that what else the machine does meets both."""
    found: dict[int, list[float]] = {direct: [], gateway: []}
    for _ in range(5):
        for port, kept in found.items():
            kept.extend(await paced(port, make, rate=RATE, seconds=seconds / 5))
    p50 = {port: sorted(taken)[len(taken) // 2] * 1000 for port, taken in found.items()}
    return {
        "rate": RATE,
        "direct_p50_ms": round(p50[direct], 2),
        "gateway_p50_ms": round(p50[gateway], 2),
        "added_p50_ms": round(p50[gateway] - p50[direct], 2),
    }
