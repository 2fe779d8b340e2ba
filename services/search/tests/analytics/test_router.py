"""Clicks, the operators' report, and what sellers are shown."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import pytest

from chassis.database import Database
from search.analytics.lifecycle import about, may_be_shown
from search.analytics.log_query import QueryLog, QueryRecord
from services.search.tests.conftest import settings_for
from services.search.tests.http import as_member, open_api
from tests.stack.database import ScratchDatabase


@pytest.fixture
async def database(scratch_database: ScratchDatabase) -> AsyncIterator[Database]:
    """A database of this module's own."""
    async with scratch_database.open("search") as opened:
        yield opened


@pytest.fixture
async def log(database: Database) -> QueryLog:
    """The query log."""
    return QueryLog(database)


@pytest.fixture
async def api(
    database: Database, log: QueryLog, tmp_path: Path
) -> AsyncIterator[httpx2.AsyncClient]:
    """The service without an engine."""
    settings = settings_for("http://127.0.0.1:9")
    async with open_api(settings, database, tmp_path, query_log=log) as client:
        yield client


async def searched(log: QueryLog, q: str, *users: int, hits: int = 0) -> list[UUID]:
    """Some people search."""
    ids = [uuid4() for _ in users]
    for query_id, user in zip(ids, users, strict=True):
        log.add(
            QueryRecord(
                query_id=query_id,
                searched_at=datetime.now(UTC),
                user_id=UUID(int=user),
                community="riverside",
                q=q,
                filters={},
                page=False,
                hits=hits,
                tolerant=False,
                took_ms=300,
            )
        )
    await log.flush()
    return ids


async def click(
    api: httpx2.AsyncClient, log: QueryLog, query_id: UUID, *, user: int, signed_for: int
) -> httpx2.Response:
    """Somebody chooses the second hit, with a token."""
    token = await log.sign(query_id, UUID(int=signed_for))
    body = {
        "query_id": str(query_id),
        "click_token": token,
        "item_id": str(UUID(int=1)),
        "position": 2,
    }
    headers = as_member(user=user, key=f"click-{query_id}-{user}")
    return await api.post("/v1/search/clicks", json=body, headers=headers)


async def test_popular_searches_tell_how_often_a_hit_is_chosen(
    api: httpx2.AsyncClient, log: QueryLog
) -> None:
    """Click-through and place of what three people searched for."""
    ids = await searched(log, "Bicycle", 1, 2, 3, hits=5)
    assert (await click(api, log, ids[0], user=1, signed_for=1)).status_code == 201
    answer = await api.get("/v1/search/report", headers=as_member("OPERATOR"))
    (popular,) = [one for one in answer.json()["popular"] if one["q"] == "bicycle"]
    assert (popular["searches"], popular["people"]) == (3, 3)
    assert popular["ctr"] == pytest.approx(1 / 3)
    assert popular["mean_position"] == 2
    assert "bicycle" in {one["q"].lower() for one in answer.json()["slow"]}


async def test_people_see_what_they_searched_for_and_chose(
    api: httpx2.AsyncClient, log: QueryLog
) -> None:
    """Their own, the newest first, a page at a time; nobody else's, whatever their role."""
    older, newer = sorted([*await searched(log, "sledge", 7), *await searched(log, "skates", 7)])
    await searched(log, "skis", 8)
    await click(api, log, newer, user=7, signed_for=7)
    first = (await api.get("/v1/search/mine?limit=1", headers=as_member(user=7))).json()
    (told,) = first["searches"]
    assert (told["query_id"], first["next_cursor"]) == (str(newer), str(newer))
    assert [(one["item_id"], one["position"]) for one in told["clicks"]] == [(str(UUID(int=1)), 2)]
    path = f"/v1/search/mine?limit=1&cursor={newer}"
    second = (await api.get(path, headers=as_member(user=7))).json()
    assert [one["query_id"] for one in second["searches"]] == [str(older)]
    assert (second["searches"][0]["clicks"], second["next_cursor"]) == ([], None)
    strange = (await api.get("/v1/search/mine", headers=as_member("OPERATOR", user=9))).json()
    assert strange == {"searches": [], "next_cursor": None}


async def test_a_token_in_any_script_is_refused(api: httpx2.AsyncClient, log: QueryLog) -> None:
    """What can be no token of ours is refused like one that is not: schemathesis saw a defect."""
    (query_id,) = await searched(log, "tent", 1, hits=1)
    body = {"query_id": str(query_id), "item_id": str(UUID(int=1)), "position": 2}
    for token in ("\u00e9" * 32, "\U0001f600" * 8, "0" * 31):
        answer = await api.post(
            "/v1/search/clicks",
            json=body | {"click_token": token},
            headers=as_member(user=1, key=f"odd-{len(token)}"),
        )
        assert answer.status_code in {403, 422}, answer.text


async def test_a_click_needs_the_token_of_ones_own_search(
    api: httpx2.AsyncClient, log: QueryLog
) -> None:
    """Nobody moves figures with searches that were not theirs."""
    (query_id,) = await searched(log, "tent", 1, hits=1)
    assert (await click(api, log, query_id, user=2, signed_for=1)).status_code == 403


async def test_a_click_said_twice_counts_once(
    api: httpx2.AsyncClient, log: QueryLog, database: Database
) -> None:
    """With the same key the same answer, and one row."""
    (query_id,) = await searched(log, "kayak", 4, hits=1)
    for _ in range(2):
        assert (await click(api, log, query_id, user=4, signed_for=4)).status_code == 201
    async with database.connection() as conn:
        assert (
            await conn.fetchval("SELECT count(*) FROM search_click WHERE query_id = $1", query_id)
            == 1
        )


async def test_sellers_see_what_several_people_looked_for_in_vain(
    api: httpx2.AsyncClient, log: QueryLog
) -> None:
    """Not what one or two did, nor what may be about a person, nor who it was."""
    await searched(log, "Cargo bike", 1, 2, 3)
    await searched(log, "cargo bike", 4)
    await searched(log, "my secret wish", 1, 1, 1, 2)
    await searched(log, "call 0171 2345678", 1, 2, 3)
    answer = await api.get("/v1/search/demand", headers=as_member())
    demand = [(one["words"], one["people"]) for one in answer.json()["demand"]]
    assert demand == [("cargo bike", "3+")]


async def test_what_people_search_for_is_not_told_in_another_community(
    api: httpx2.AsyncClient, log: QueryLog
) -> None:
    """Neither as demand nor in the report, which counts nothing of it."""
    await searched(log, "Unicycle", 1, 2, 3)
    far = as_member("OPERATOR", community="hillside")
    assert (await api.get("/v1/search/demand", headers=far)).json() == {"demand": []}
    report = (await api.get("/v1/search/report", headers=far)).json()
    assert (report["community"], report["searches"], report["fruitless"]) == ("hillside", 0, [])


async def test_the_report_of_another_community_is_refused(api: httpx2.AsyncClient) -> None:
    """Operators have one, too."""
    path = "/v1/search/report?community=hillside"
    assert (await api.get(path, headers=as_member("OPERATOR", "ADMIN"))).status_code == 403


async def test_the_report_is_for_operators(api: httpx2.AsyncClient) -> None:
    """A member sees demand, not the figures."""
    assert (await api.get("/v1/search/report", headers=as_member())).status_code == 403


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("cargo bike", True),
        ("7up 500 ml", True),
        ("ana@example.org", False),
        ("12345 67", False),
        ("0171-2345678 call", False),
        ("one two three four five six", False),
        ("12", False),
    ],
)
def test_words_of_a_person_are_not_shown(words: str, shown: bool) -> None:
    """What a thing may be called, and nothing else."""
    assert may_be_shown(words) == shown


@pytest.mark.parametrize(("people", "said"), [(3, "3+"), (12, "10+"), (400, "30+")])
def test_how_many_is_said_roughly(people: int, said: str) -> None:
    """Whoever watches the number can't tell that one more searched."""
    assert about(people) == said
