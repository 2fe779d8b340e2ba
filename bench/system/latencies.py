"""How long until an item is found and an escrow funded, alone and beside much writing."""

import asyncio
import statistics
import time
from typing import Any, Final

from bench.system.people import find, fund
from localex_client import LocalEx

WRITES_PER_SECOND: Final = 100
#: Writes in progress after which one that is due is not begun.
UNDERWAY_MAX: Final = 500


def summary(seconds: list[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile and maximum, in milliseconds."""
    ordered = sorted(seconds)
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    found = {name: ordered[min(int(len(ordered) * q), len(ordered) - 1)] for name, q in at.items()}
    found["max"] = ordered[-1]
    return {name: round(value * 1000, 1) for name, value in found.items()} | {
        "mean": round(statistics.fmean(seconds) * 1000, 1)
    }


async def keep_writing(seller: LocalEx, seconds: float) -> int:
    """List items at a rate for so long; returns how many were taken."""
    underway: set[asyncio.Task[Any]] = set()
    taken = 0

    def ended(task: asyncio.Task[Any]) -> None:
        nonlocal taken
        underway.discard(task)
        taken += not task.cancelled() and task.exception() is None

    started = time.perf_counter()
    for number in range(int(seconds * WRITES_PER_SECOND)):
        due = started + number / WRITES_PER_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        if len(underway) < UNDERWAY_MAX:
            task = asyncio.create_task(seller.create_item(f"Wooden chair {number}", price="2.00"))
            underway.add(task)
            task.add_done_callback(ended)
    await asyncio.gather(*underway, return_exceptions=True)
    return taken


async def measure_latencies(
    seller: LocalEx, buyer: LocalEx, *, items: int, trades: int
) -> dict[str, Any]:
    """Seconds to be found and to be funded, one after another, nobody else there."""
    await find(seller)
    found = [await find(seller) for _ in range(items)]
    funded = [await fund(seller, buyer) for _ in range(trades)]
    return {
        "listed_to_found_ms": summary(found),
        "accepted_to_funded_ms": summary(funded),
    }


async def find_beside_writes(seller: LocalEx, writer: LocalEx, seconds: float) -> dict[str, Any]:
    """What it takes to be found while somebody else lists much."""
    started = time.perf_counter()
    writing = asyncio.create_task(keep_writing(writer, seconds))
    found = []
    while not writing.done():
        found.append(await find(seller))
    taken = await writing
    rate = round(taken / (time.perf_counter() - started), 1)
    return {"listed_to_found_ms": summary(found), "found": len(found), "writes_a_second": rate}
