"""`GET /v1/search` as a client meets it: who may ask, what is refused, what is logged."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import orjson
import pytest

from chassis.clock import SystemClock
from chassis.health import Health
from chassis.resources import Resources
from chassis.tokens import Caller, mint, new_signing_key, public_jwks
from contracts.marketplace import ItemChanged
from search.analytics.log_query import QueryLog
from search.engine import Engine
from search.indexing.index_items import index_items
from search.indexing.mapping import READ_ALIAS
from search.main import service
from search.sellers.models import SellerRating
from search.settings import Settings
from search.synonyms.keeper import Keeper
from tests.stack.database import ScratchDatabase

type MakeItem = Callable[..., ItemChanged]
type Put = Callable[..., Awaitable[int]]
type Search = Callable[..., Awaitable[httpx2.Response]]

KEY = new_signing_key()


@pytest.fixture
async def query_log(scratch_database: ScratchDatabase) -> AsyncIterator[QueryLog]:
    """The log in a database of this module's own."""
    async with scratch_database.open("search") as database:
        yield QueryLog(database)


def api(
    settings: Settings, engine: Engine | None, log: QueryLog, folder: Path
) -> httpx2.AsyncClient:
    """The service's HTTP API, in this process."""
    jwks = folder / "jwks.json"
    jwks.write_bytes(orjson.dumps(public_jwks([KEY])))
    own = settings.model_copy(update={"internal_jwks_file": jwks})
    health = Health("search", log.database, set())
    extra = {"engine": engine, "query_log": log, "synonyms": Keeper(log.database)}
    resources = Resources(own, log.database, SystemClock(), health, extra=extra)
    transport = httpx2.ASGITransport(service.app(resources))
    return httpx2.AsyncClient(transport=transport, base_url="http://search")


def as_member(*roles: str) -> dict[str, str]:
    """Headers of somebody of Riverside."""
    caller = Caller(UUID(int=7), frozenset(roles or ("MEMBER",)), "riverside")
    return {"Authorization": f"Bearer {mint(KEY, caller, 'search')}"}


@pytest.fixture
async def search(
    settings: Settings, engine: Engine, query_log: QueryLog, tmp_path: Path
) -> AsyncIterator[Search]:
    """Searches through the route."""
    async with api(settings, engine, query_log, tmp_path) as client:

        async def ask(*roles: str, **query: Any) -> httpx2.Response:
            return await client.get("/v1/search", params=query, headers=as_member(*roles))

        yield ask


async def test_a_search_answers_items_with_their_price(
    search: Search, put: Put, item: MakeItem
) -> None:
    """The price is a decimal string again."""
    await put(item("Kettle", price_minor=12_50))
    answer = await search(q="kettle", price_min="12.50", price_max="12.50")
    assert answer.status_code == 200
    (hit,) = answer.json()["items"]
    assert (hit["title"], hit["price"], hit["asset"]) == ("Kettle", "12.50", "LXC")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"q": "x" * 201}, "q"),
        ({"q": "nul\x00"}, "q"),
        ({"price_min": "NaN"}, "price_min"),
        ({"price_min": "-1"}, "price_min"),
        ({"price_max": "1.234"}, "price_max"),
        ({"price_min": "2", "price_max": "1"}, "price_min"),
        ({"price_min": "1", "asset": "XXX"}, "price_min"),
        ({"limit": "51"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"seller": "me"}, "seller"),
        ({"sort": "best"}, "sort"),
        ({"colour": "blue"}, "colour"),
        ({"near": "here"}, "near"),
        ({"near": "nan,1"}, "near"),
        ({"near": "1,181"}, "near"),
        ({"sort": "distance"}, "near"),
        ({"within_km": "5"}, "near"),
        ({"rating_min": "6"}, "rating_min"),
        ({"seller_rating_min": "0.9"}, "seller_rating_min"),
        ({"seller_rating_min": "5.1"}, "seller_rating_min"),
        ({"seller_rating_min": "4.25"}, "seller_rating_min"),
        ({"seller_rating_min": "many"}, "seller_rating_min"),
    ],
)
async def test_bad_queries_name_their_field(
    search: Search, query: dict[str, str], field: str
) -> None:
    """Each is a 422 with the field, never a 500."""
    answer = await search(**query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_sellers_rating_is_shown_and_filtered_by(
    search: Search, engine: Engine, item: MakeItem
) -> None:
    """With how many ratings it stands on; who has none is found without the filter only."""
    good, poor, new = (UUID(int=900 + number) for number in range(3))
    items = [item("Zampogna", seller_id=seller) for seller in (good, poor, new)]
    ratings = {good: SellerRating(417, 12), poor: SellerRating(305, 2)}
    await index_items(engine, items, timeout_seconds=20, ratings=ratings)
    await engine.call("POST", f"/{READ_ALIAS}/_refresh")

    async def found(**query: str) -> dict[str, tuple[str | None, int]]:
        answer = await search(q="zampogna", **query)
        assert answer.status_code == 200
        return {
            one["seller_id"]: (one["seller_rating"], one["seller_rating_count"])
            for one in answer.json()["items"]
        }

    assert await found() == {
        str(good): ("4.17", 12), str(poor): ("3.05", 2), str(new): (None, 0),
    }  # fmt: skip
    for least, sellers in {
        "1": {good, poor}, "3.0": {good, poor}, "3.1": {good}, "4.1": {good}, "4.2": set(),
        "5": set(), "5.0": set(),
    }.items():  # fmt: skip
        assert set(await found(seller_rating_min=least)) == {str(one) for one in sellers}


@pytest.mark.parametrize("role", ["MEMBER", "OPERATOR", "ADMIN"])
async def test_another_community_is_refused_whoever_asks(search: Search, role: str) -> None:
    """Operators have one, too; to name one's own changes nothing."""
    assert (await search(role, community="hillside")).status_code == 403
    assert (await search(role, community="riverside")).status_code == 200


async def test_nothing_of_another_community_is_found_or_counted(
    search: Search, put: Put, item: MakeItem
) -> None:
    """Neither among the hits nor in a facet."""
    await put(item("Zither", community="hillside", brand="Alpenklang"))
    found = (await search(q="zither")).json()
    assert (found["items"], found["total"]) == ([], 0)
    assert "Alpenklang" not in str(found["facets"])


async def test_who_is_not_logged_in_finds_nothing(
    settings: Settings, engine: Engine, query_log: QueryLog, tmp_path: Path
) -> None:
    """Deny by default."""
    async with api(settings, engine, query_log, tmp_path) as client:
        assert (await client.get("/v1/search")).status_code == 401


async def test_an_engine_that_is_away_fails_this_route_only(
    settings: Settings, query_log: QueryLog, tmp_path: Path
) -> None:
    """503 with Retry-After; the process stays alive."""
    gone = settings.model_copy(update={"opensearch_url": "http://127.0.0.1:9"})
    async with Engine.open(gone) as engine, api(gone, engine, query_log, tmp_path) as client:
        answer = await client.get("/v1/search", headers=as_member())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert (await client.get("/health/live")).status_code == 200


async def test_the_lite_profile_says_that_search_is_off(
    settings: Settings, query_log: QueryLog, tmp_path: Path
) -> None:
    """A problem with its own name, so that clients can tell it from a failure."""
    async with api(settings, None, query_log, tmp_path) as client:
        answer = await client.get("/v1/search", headers=as_member())
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:localex:problem:search-switched-off"


async def test_a_search_is_logged_without_saying_who_asked(
    search: Search, query_log: QueryLog, scratch_database: ScratchDatabase
) -> None:
    """Words, hits and filters are kept; the user only as a salted hash, the same each time."""
    for q in ("rare thing", "rare thing"):
        assert (await search(q=q, kind="good")).status_code == 200
    await query_log.flush()
    async with scratch_database.connect("search") as conn:
        rows = await conn.fetch("SELECT * FROM query_log WHERE q = 'rare thing'")
        salt = await conn.fetchval("SELECT salt FROM query_log_salt")
    assert len(rows) == 2
    assert {row["hits"] for row in rows} == {0}
    assert rows[0]["filters"] == {"kind": ["good"]}
    assert rows[0]["user_hash"] == rows[1]["user_hash"]
    assert len(salt) == 32
    assert UUID(int=7).bytes not in rows[0]["user_hash"]
