r"""How long the whole system takes: from `up` to a first funded trade, to find a new item, to fund.

    .venv/bin/python bench/system.py [--data DIR] [--items 60] [--trades 60] [--seconds 60]

Starts a stack in DIR (a new folder when not given; started twice, so that the second start is a
warm one), plays a trade until its escrow is funded, then lists items one after another and asks
until each is found, then lets trades be accepted and asks until each is funded. One client, one
request at a time, through the gateway. Then somebody else lists 100 items a second for so many
seconds, whatever becomes of earlier ones, while items are listed and searched for as before. Prints
one JSON object; everything is stopped at the end.
"""

import argparse
import asyncio
import json
import os
import secrets
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from embedded import Stack
from localex_client import LocalEx

GIVE_UP_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.01
WRITES_PER_SECOND: Final = 100
#: Writes in progress after which one that is due is not begun.
UNDERWAY_MAX: Final = 500


async def until(look: Callable[[], Awaitable[bool]]) -> float:
    """Seconds until it is so.

    Raises:
        TimeoutError: It was not so in time.
    """
    started = time.perf_counter()
    while not await look():
        if time.perf_counter() - started > GIVE_UP_SECONDS:
            raise TimeoutError
        await asyncio.sleep(POLL_SECONDS)
    return time.perf_counter() - started


def summary(seconds: list[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile and maximum, in milliseconds."""
    ordered = sorted(seconds)
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    found = {name: ordered[min(int(len(ordered) * q), len(ordered) - 1)] for name, q in at.items()}
    found["max"] = ordered[-1]
    return {name: round(value * 1000, 1) for name, value in found.items()} | {
        "mean": round(statistics.fmean(seconds) * 1000, 1)
    }


async def person(gateway: str, name: str) -> LocalEx:
    """Somebody new, logged in, whose accounts are open."""
    client = LocalEx(gateway)
    email, password = f"{name}-{secrets.token_hex(6)}@localex.test", secrets.token_urlsafe(16)
    await client.register(email, password, name)
    await client.log_in(email, password)

    async def opened() -> bool:
        return len(await client.accounts()) > 0

    await until(opened)
    return client


async def fund(seller: LocalEx, buyer: LocalEx) -> float:
    """Seconds from the seller's yes until the escrow is funded."""
    item = await seller.create_item(f"Spade {secrets.token_hex(4)}", price="1.00")
    trade = await buyer.offer(item.id, "1.00")
    await seller.accept(trade.id)

    async def funded() -> bool:
        return (await buyer.get_trade(trade.id)).state == "funded"

    return await until(funded)


async def find(seller: LocalEx) -> float:
    """Seconds from an item's being listed until a search finds it."""
    word = f"quokka{secrets.token_hex(6)}"
    await seller.create_item(f"Figure of a {word}", price="1.00")

    async def found() -> bool:
        return bool((await seller.search(word)).items)

    return await until(found)


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


async def find_beside_writes(seller: LocalEx, writer: LocalEx, seconds: float) -> dict[str, Any]:
    """What it takes to be found while somebody else lists much."""
    if not seconds:
        return {}
    started = time.perf_counter()
    writing = asyncio.create_task(keep_writing(writer, seconds))
    found = []
    while not writing.done():
        found.append(await find(seller))
    taken = await writing
    rate = round(taken / (time.perf_counter() - started), 1)
    return {"listed_to_found_beside_writes_ms": summary(found), "writes_a_second": rate}


async def first_trade(gateway: str, operator: tuple[str, str]) -> tuple[LocalEx, LocalEx]:
    """Register two people, issue credits, and trade until the escrow is funded."""
    ana, ben = await person(gateway, "Ana"), await person(gateway, "Ben")
    async with LocalEx(gateway) as office:
        await office.log_in(*operator)
        await office.issue((await ben.me()).id, "1000.00", reason="bench")
    await fund(ana, ben)
    return ana, ben


async def measure(
    stack: Stack, started: float, items: int, trades: int, seconds: float
) -> dict[str, Any]:
    """The figures of a running stack."""
    settings = stack.settings
    gateway = f"http://127.0.0.1:{settings['GATEWAY_HTTP_PORT']}"
    operator = (
        settings["GATEWAY_BOOTSTRAP_OPERATOR_EMAIL"],
        settings["GATEWAY_BOOTSTRAP_OPERATOR_PASSWORD"],
    )
    ready = time.perf_counter() - started
    ana, ben = await first_trade(gateway, operator)
    to_first_trade = time.perf_counter() - started
    await find(ana)
    async with ana, ben:
        found = [await find(ana) for _ in range(items)]
        funded = [await fund(ana, ben) for _ in range(trades)]
        beside = await find_beside_writes(ana, ben, seconds)
    parts = {part["name"]: part.get("rss_bytes") for part in stack.status()["parts"]}
    return {
        "ready_s": round(ready, 1),
        "first_trade_funded_s": round(to_first_trade, 1),
        "listed_to_found_ms": summary(found),
        "accepted_to_funded_ms": summary(funded),
        **beside,
        "rss_mb": {name: round(rss / 2**20) for name, rss in parts.items() if rss},
        "load_average": os.getloadavg(),
    }


def main() -> None:
    """Start, measure, stop, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--items", type=int, default=60)
    parser.add_argument("--trades", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=60)
    wanted = parser.parse_args()
    data = wanted.data or Path(tempfile.mkdtemp(prefix="localex-bench-"))
    try:
        with Stack.start(data):
            pass
        started = time.perf_counter()
        with Stack.start(data) as stack:
            figures = measure(stack, started, wanted.items, wanted.trades, wanted.seconds)
            print(json.dumps(asyncio.run(figures)))
    finally:
        if wanted.data is None:
            shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
