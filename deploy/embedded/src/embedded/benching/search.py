"""Measure search: through the service beside the same query sent to the engine, and indexing."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx2
import orjson

from chassis.tokens import Caller, mint, read_signing_key
from contracts.marketplace import ItemChanged
from embedded.benching.figures import Figure, quantile
from embedded.benching.popular import measure_popular
from search.embedding.model import Model
from search.engine import Engine
from search.finding.meaning import FLOOR, Similar
from search.finding.models import Wanted
from search.finding.query import Bounds, search_body
from search.finding.understand import understand
from search.indexing.documents import document_of
from search.indexing.index_items import index_items
from search.indexing.mapping import READ_ALIAS, index_body
from search.indexing.write_documents import bulk_body
from search.settings import Settings
from search.synonyms.book import Book, read_shipped

CLIENTS: Final = (1, 16)
PIECE: Final = 500
STREAMS: Final = 3
RATIO_LIMIT: Final = 1.3
INDEX_LIMIT: Final = 0.5
SUGGEST_LIMIT_MS: Final = 20.0
TOKEN_SECONDS: Final = 3600

_WORDS: Final = """
bicycle lamp sofa table chair kettle soap shampoo rice honey bread drill ladder tent guitar piano
coat boots phone laptop monitor fridge oven blender camera clock mirror carpet
"""
_LOOKS: Final = """
red blue old new small large wooden steel city winter children's folding
"""
_THINGS: Final = tuple(_WORDS.split())
_KINDS: Final = tuple(_LOOKS.split())
_MAKERS: Final = tuple(
    f"{first}{last}"
    for first in ("Nor", "Bru", "Mak", "Pix", "Dus", "Har")
    for last in ("vik", "ella", "oro", "en", "tral", "drock")
)
_QUERIES: Final = (
    {"q": "red bicycle"},
    {"q": "folding table", "kind": "good"},
    {"q": "norvik lamp"},
    {"q": "wooden chair", "sort": "price_asc"},
    {"q": "winter boots", "category": "Part 3"},
    {"q": "childrens piano"},
    {"q": "steel kettle 1500 ml"},
    {"q": "old camera", "price_max": "400.00"},
)
#: No listing has these words.
_MEANT: Final = ("something to sit on", "footwear", "take photographs", "hair washing")

type Ask = Callable[[httpx2.AsyncClient, int], Awaitable[None]]


def make_items(count: int) -> list[ItemChanged]:
    """Listings of made-up things, the same in each run."""
    dice = random.Random(20261121)  # noqa: S311 - the same load each time
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [_item(dice, number, start) for number in range(count)]


def _item(dice: random.Random, number: int, start: datetime) -> ItemChanged:
    thing, kind, maker = dice.choice(_THINGS), dice.choice(_KINDS), dice.choice(_MAKERS)
    made_at = start + timedelta(minutes=number)
    return ItemChanged(
        item_id=UUID(int=dice.getrandbits(128), version=4),
        version=1,
        seller_id=UUID(int=number % 500 + 1),
        community="bench",
        status="active",
        kind="good",
        title=f"{kind} {thing} - {dice.choice(_KINDS)}, {dice.randrange(1, 9) * 250} ml",
        description=f"{thing} by {maker}, {dice.choice(_KINDS)} and {dice.choice(_KINDS)}",
        category_path=(f"Part {number % 8}", thing.capitalize()),
        pricing="credits",
        price_minor=dice.randrange(100, 100_000),
        asset="LXC",
        quantity=1,
        condition="good",
        brand=maker,
        item_type=thing,
        rating="4.1",
        neighbourhood=None,
        cell_latitude=f"{12 + dice.random():.2f}",
        cell_longitude=f"{77 + dice.random():.2f}",
        image_urls=(),
        created_at=made_at,
        changed_at=made_at,
    )


async def measure_search(
    settings: dict[str, str], service_url: str, *, documents: int, seconds: float
) -> list[Figure]:
    """Index so many documents, raw and as the service does, then search through both.

    Args:
        settings: Of the running stack.
        service_url: Where the search service listens.
        documents: How many.
        seconds: How long each kind of search is sent.

    Returns:
        The figures; times through the service have those of the engine beside them.
    """
    own = Settings.model_validate(
        {
            "database_url": "postgresql://unused",
            "kafka_servers": "unused:9092",
            "http_port": 1,
            "internal_jwks_file": Path("unused"),
            "opensearch_url": settings["LOCALEX_OPENSEARCH_URL"],
            "find_timeout_seconds": 30,
        }
    )
    items = await asyncio.to_thread(make_items, documents)
    token = _token(Path(settings["GATEWAY_SIGNING_KEY_FILE"]))
    async with Engine.open(own) as engine:
        figures = await _index(engine, own, items)
        figures += await _search(settings, service_url, token, seconds)
        figures += await _meaning(settings["LOCALEX_OPENSEARCH_URL"], seconds)
        figures += await measure_popular(
            settings, engine, _load, token=token, words=(_KINDS, _THINGS), seconds=seconds
        )
    return figures


async def _search(
    settings: dict[str, str], service_url: str, token: str, seconds: float
) -> list[Figure]:
    """Searches and suggestions through the service, which remembers none, beside the engine."""
    figures: list[Figure] = []
    through, direct = _asks(service_url, settings["LOCALEX_OPENSEARCH_URL"], token)
    suggest = _suggestions(service_url, token)
    async with httpx2.AsyncClient(timeout=30, limits=httpx2.Limits(max_connections=64)) as client:
        for ask in (through, direct, suggest):
            await _load(client, ask, clients=4, seconds=min(seconds, 3))
        for clients in CLIENTS:
            ours = await _load(client, through, clients=clients, seconds=seconds)
            raw = await _load(client, direct, clients=clients, seconds=seconds)
            figures += _rows(f"search, {clients} clients", ours, raw, seconds)
        quick = await _load(client, suggest, clients=1, seconds=seconds)
    p99 = quantile(quick, 0.99) * 1000
    figures.append(Figure("suggest p50", quantile(quick, 0.5) * 1000, "ms"))
    figures.append(Figure("suggest p99", p99, "ms", limit=SUGGEST_LIMIT_MS))
    return figures


async def _index(engine: Engine, own: Settings, items: Sequence[ItemChanged]) -> list[Figure]:
    """Documents a second into an index of the same kind: made bodies first, then from events."""
    engine.model = Model.installed()
    bodies = [
        bulk_body(map(document_of, piece), engine.model)
        for piece in batched(items, PIECE, strict=False)
    ]
    body = index_body(refresh_ms=own.refresh_ms, replicas=0)
    await engine.call("PUT", "/bench-raw", body, timeout_seconds=30)
    gate = asyncio.Semaphore(STREAMS)

    async def send(content: bytes) -> None:
        async with gate:
            await engine.call("POST", "/bench-raw/_bulk", content, timeout_seconds=60)

    started = time.perf_counter()
    await asyncio.gather(*map(send, bodies))
    raw = len(items) / (time.perf_counter() - started)
    await engine.call("DELETE", "/bench-raw")
    started = time.perf_counter()
    for piece in batched(items, 2_000, strict=False):
        await index_items(engine, piece, timeout_seconds=60)
    ours = len(items) / (time.perf_counter() - started)
    await engine.call("POST", f"/{READ_ALIAS}/_refresh", timeout_seconds=60)
    return [Figure("documents indexed", ours, "documents/s", limit=raw * INDEX_LIMIT, raw=raw)]


def _token(key_file: Path) -> str:
    caller = Caller(uuid4(), frozenset({"MEMBER"}), "bench")
    return mint(read_signing_key(key_file), caller, "search", ttl_seconds=TOKEN_SECONDS)


def _asks(service_url: str, engine_url: str, token: str) -> tuple[Ask, Ask]:
    """The same searches: through the service, and as the service would send them to the engine."""
    book = Book.of(read_shipped())
    bodies = []
    for query in _QUERIES:
        wanted = Wanted.model_validate(query)
        price = 40_000 if wanted.price_max else None
        asked = search_body(
            wanted, Bounds("bench", price_max=price), understand(wanted.q, book), tolerant=False
        )
        bodies.append(orjson.dumps(asked))
    paths = [f"{service_url}/v1/search?{urlencode(query)}" for query in _QUERIES]
    headers = {"Authorization": f"Bearer {token}"}

    async def through(client: httpx2.AsyncClient, number: int) -> None:
        answer = await client.get(paths[number % len(paths)], headers=headers)
        answer.raise_for_status()

    return through, _direct(engine_url, bodies)


def _direct(engine_url: str, bodies: Sequence[bytes]) -> Ask:
    async def ask(client: httpx2.AsyncClient, number: int) -> None:
        answer = await client.post(
            f"{engine_url}/{READ_ALIAS}/_search",
            content=bodies[number % len(bodies)],
            headers={"content-type": "application/json"},
        )
        answer.raise_for_status()

    return ask


async def _meaning(engine_url: str, seconds: float) -> list[Figure]:
    """What the engine needs for words that nothing has: by meaning, too, beside words alone."""
    book, model = Book.of(read_shipped()), Model.installed()
    bodies: tuple[list[bytes], list[bytes]] = ([], [])
    for text in _MEANT:
        wanted, understood = Wanted(q=text), understand(text, book)
        meant = model.embed((text, 1)) if model else None
        similar = Similar(meant, FLOOR) if meant else None
        for one, made in zip((similar, None), bodies, strict=True):
            asked = search_body(wanted, Bounds("bench"), understood, tolerant=True, similar=one)
            made.append(orjson.dumps(asked))
    async with httpx2.AsyncClient(timeout=30) as client:
        ours, raw = [
            await _load(client, _direct(engine_url, made), clients=1, seconds=seconds)
            for made in bodies
        ]
    return _rows("by meaning, 1 client", ours, raw, seconds, limit=None)


def _suggestions(service_url: str, token: str) -> Ask:
    headers = {"Authorization": f"Bearer {token}"}
    starts = [word[:size] for word in _THINGS for size in (1, 3, 5)]

    async def ask(client: httpx2.AsyncClient, number: int) -> None:
        path = f"{service_url}/v1/suggest?q={starts[number % len(starts)]}"
        answer = await client.get(path, headers=headers)
        answer.raise_for_status()

    return ask


async def _load(
    client: httpx2.AsyncClient, ask: Ask, *, clients: int, seconds: float
) -> list[float]:
    """How long each request took, sent by so many at a time."""
    taken: list[float] = []
    until = time.perf_counter() + seconds

    async def one(number: int) -> None:
        while (started := time.perf_counter()) < until:
            await ask(client, number)
            taken.append(time.perf_counter() - started)
            number += 1

    await asyncio.gather(*map(one, range(clients)))
    return taken


def _rows(
    name: str,
    ours: Sequence[float],
    raw: Sequence[float],
    seconds: float,
    limit: float | None = RATIO_LIMIT,
) -> list[Figure]:
    found = []
    for label, share, ratio in (("p50", 0.5, limit), ("p99", 0.99, None)):
        mine, theirs = quantile(ours, share) * 1000, quantile(raw, share) * 1000
        most = theirs * ratio if ratio else None
        found.append(Figure(f"{name} {label}", mine, "ms", limit=most, raw=theirs))
    found.append(Figure(name, len(ours) / seconds, "queries/s", raw=len(raw) / seconds))
    return found
