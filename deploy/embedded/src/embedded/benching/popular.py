"""Measure what remembering answers is worth: popular searches, and what it costs where none is."""

import asyncio
import contextlib
import os
import random
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import accumulate, count, product
from typing import Final
from urllib.parse import urlencode

import httpx2

from embedded.benching.figures import Figure, quantile
from search.engine import Engine
from search.remembering.announce import Announcer
from search.remembering.store import Store

CLIENTS: Final = 16
#: Different searches; the n-th is asked for a n-th as often as the first.
SEARCHES: Final = 350
#: How often something changes in the community, where something does.
CHANGES_EVERY_SECONDS: Final = 0.5
COMMUNITY: Final = "bench"
_READY_SECONDS: Final = 60

type Ask = Callable[[httpx2.AsyncClient, int], Awaitable[None]]
type Load = Callable[..., Awaitable[list[float]]]


async def measure_popular(
    settings: dict[str, str],
    engine: Engine,
    load: Load,
    *,
    token: str,
    words: tuple[Sequence[str], Sequence[str]],
    seconds: float,
) -> list[Figure]:
    """Ask two processes that are the same but for one thing: one remembers answers, one does not.

    Args:
        settings: Of the running stack.
        engine: The engine that both ask.
        load: Sends an ask by so many clients for so long; returns how long each took.
        token: Lets search.
        words: Looks and things, of which searches are made.
        seconds: How long each kind of search is sent.

    Returns:
        The figures; those with memory have those without beside them.
    """
    searches = [f"{look} {thing}" for look, thing in product(*words)]
    random.Random(1).shuffle(searches)  # noqa: S311 - the same load each time
    popular = searches[:SEARCHES]
    own = os.environ | settings
    async with (
        _process(own, remember_ms=1_000) as plain_memory,
        _process(own, remember_ms=0) as plain,
        httpx2.AsyncClient(timeout=30, limits=httpx2.Limits(max_connections=64)) as client,
    ):
        figures: list[Figure] = []
        for name, changes in (("popular", False), ("popular, changing", True)):
            taken, shares = [], []
            for url in (plain_memory, plain):
                ask = _zipf(url, popular, token)
                await load(client, ask, clients=4, seconds=min(seconds, 2))
                before = await _answers(client, url)
                async with _changing(settings, engine, active=changes):
                    taken.append(await load(client, ask, clients=CLIENTS, seconds=seconds))
                shares.append(_share(before, await _answers(client, url)))
            figures += _rows(name, taken[0], taken[1], seconds)
            figures.append(Figure(f"{name}: not asked of the engine", shares[0] * 100, "%"))
        for clients in (1, CLIENTS):
            taken = []
            for url in (plain_memory, plain):
                ask = _each_once(url, popular, token)
                await load(client, ask, clients=clients, seconds=min(seconds, 2))
                taken.append(await load(client, ask, clients=clients, seconds=seconds))
            figures += _rows(f"never twice, {clients} clients", taken[0], taken[1], seconds)
    return figures


def _zipf(url: str, searches: Sequence[str], token: str) -> Ask:
    dice = random.Random(2)  # noqa: S311 - the same load each time
    weights = list(accumulate(1 / rank for rank in range(1, len(searches) + 1)))
    paths = [f"{url}/v1/search?{urlencode({'q': q})}" for q in searches]
    headers = {"Authorization": f"Bearer {token}"}

    async def ask(client: httpx2.AsyncClient, _number: int) -> None:
        (path,) = dice.choices(paths, cum_weights=weights)
        (await client.get(path, headers=headers)).raise_for_status()

    return ask


def _each_once(url: str, searches: Sequence[str], token: str) -> Ask:
    numbers = count(1)
    headers = {"Authorization": f"Bearer {token}"}

    async def ask(client: httpx2.AsyncClient, _number: int) -> None:
        number = next(numbers)
        query = {"q": searches[number % len(searches)], "price_max": f"{1_000 + number}.00"}
        answer = await client.get(f"{url}/v1/search?{urlencode(query)}", headers=headers)
        answer.raise_for_status()

    return ask


@asynccontextmanager
async def _process(own: dict[str, str], *, remember_ms: int) -> AsyncIterator[str]:
    """A process that serves searches and does nothing else."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = own | {"SEARCH_HTTP_PORT": str(port), "SEARCH_REMEMBER_MS": str(remember_ms)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "search", "serve"),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(_READY_SECONDS), httpx2.AsyncClient(timeout=5) as client:
            while not await _is_ready(client, url):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        yield url
    finally:
        process.terminate()
        await process.wait()


async def _is_ready(client: httpx2.AsyncClient, url: str) -> bool:
    with contextlib.suppress(httpx2.HTTPError):
        return (await client.get(f"{url}/health/ready")).is_success
    return False


@asynccontextmanager
async def _changing(
    settings: dict[str, str], engine: Engine, *, active: bool
) -> AsyncIterator[None]:
    """Changes are announced meanwhile, as an indexer announces them."""
    if not active:
        yield
        return
    async with (
        Store.open(settings["SEARCH_VALKEY_URL"]) as store,
        Announcer.open(engine, store, pause_seconds=CHANGES_EVERY_SECONDS / 2) as announcer,
    ):
        changing = asyncio.create_task(_change(announcer))
        try:
            yield
        finally:
            changing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await changing


async def _change(announcer: Announcer) -> None:
    while True:
        announcer.note([COMMUNITY])
        await asyncio.sleep(CHANGES_EVERY_SECONDS)


async def _answers(client: httpx2.AsyncClient, url: str) -> dict[str, float]:
    """How many searches were answered so far, by where the answer came from."""
    found = {}
    for line in (await client.get(f"{url}/metrics")).text.splitlines():
        if line.startswith("localex_search_answers_total{"):
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found


def _share(before: dict[str, float], after: dict[str, float]) -> float:
    """The share of searches that the engine was not asked for."""
    grown = {name: value - before.get(name, 0) for name, value in after.items()}
    total = sum(grown.values())
    asked = sum(value for name, value in grown.items() if '"engine' in name)
    return (total - asked) / total if total else 0.0


def _rows(name: str, ours: Sequence[float], raw: Sequence[float], seconds: float) -> list[Figure]:
    found = []
    for label, share in (("p50", 0.5), ("p99", 0.99)):
        mine, theirs = quantile(ours, share) * 1000, quantile(raw, share) * 1000
        found.append(Figure(f"{name} {label}", mine, "ms", raw=theirs))
    return [*found, Figure(name, len(ours) / seconds, "queries/s", raw=len(raw) / seconds)]
