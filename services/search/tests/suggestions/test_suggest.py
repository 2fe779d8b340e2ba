"""Suggestions against the real engine."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import SystemClock
from chassis.database import Database
from search.analytics.log_query import QueryLog, QueryRecord
from search.engine import Engine
from search.finding.understand import edits
from search.indexing.index_items import index_items
from search.indexing.mapping import FIRST_INDEX
from search.settings import Settings
from search.suggestions.matching import Term, Terms, begins, best, words_of
from search.suggestions.vocabulary import Vocabulary
from services.search.tests.http import as_member, open_api
from services.search.tests.offers import make_item
from tests.stack.database import ScratchDatabase


@pytest.fixture(scope="module")
async def database(scratch_database: ScratchDatabase, engine: Engine) -> AsyncIterator[Database]:
    """A shop, and what people searched for in it."""
    bikes = {"category_path": ("Sports", "Bicycles")}
    items = [
        make_item("Blue city bicycle", **bikes),
        make_item("Bicycle pump", category_path=("Sports", "Parts")),
        make_item("Sold bicycle", **bikes, status="sold"),
        make_item("Bicycle elsewhere", community="hillside"),
    ]
    await index_items(engine, items, timeout_seconds=20)
    await engine.call("POST", f"/{FIRST_INDEX}/_refresh")
    async with scratch_database.open("search") as opened:
        log = QueryLog(opened)
        for q, people in (("bicycle bell", 3), ("bicycle of my neighbour", 1)):
            for user in range(people):
                now = SystemClock().now()
                user_id = UUID(int=user)
                log.add(QueryRecord(uuid4(), now, user_id, "riverside", q, {}, False, 1, False, 1))
        await log.flush()
        yield opened


@pytest.fixture
async def api(
    settings: Settings, engine: Engine, database: Database, tmp_path: Path
) -> AsyncIterator[httpx2.AsyncClient]:
    """The route."""
    words = Vocabulary(engine, database, SystemClock())
    async with open_api(settings, database, tmp_path, engine=engine, vocabulary=words) as client:
        yield client


@pytest.mark.parametrize("q", ["bic", "Bicycl", "bycy", "bícycle"])
async def test_beginnings_suggest_items_categories_and_searches(
    api: httpx2.AsyncClient, q: str
) -> None:
    """With a slip or an accent, too; only what is on offer here, and what several searched for."""
    found = (await api.get("/v1/suggest", params={"q": q}, headers=as_member())).json()
    assert {one["title"] for one in found["items"]} == {"Blue city bicycle", "Bicycle pump"}
    assert [one["path"] for one in found["categories"]] == [["Sports", "Bicycles"]]
    assert found["queries"] == ["bicycle bell"]


async def test_each_word_may_be_a_beginning(api: httpx2.AsyncClient) -> None:
    """In any order."""
    found = (await api.get("/v1/suggest", params={"q": "pump bicy"}, headers=as_member())).json()
    assert [one["title"] for one in found["items"]] == ["Bicycle pump"]


@pytest.mark.parametrize("q", ["", "  ", "!!!", "\u200b", '"*:*'])
async def test_nothing_typed_suggests_nothing(api: httpx2.AsyncClient, q: str) -> None:
    """Signs are no words."""
    answer = await api.get("/v1/suggest", params={"q": q}, headers=as_member())
    assert answer.json() == {"queries": [], "categories": [], "items": []}


def test_terms_without_a_slip_come_first() -> None:
    """And among those the ones that many want."""
    terms = Terms.of([Term.of("soap", 1), Term.of("soap dish", 9), Term.of("soup", 99)])
    assert [term.text for term in best(terms, words_of("soap"), 5)] == ["soap dish", "soap"]
    assert [term.text for term in best(terms, words_of("saop"), 5)] == ["soap dish", "soap"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("dish", ["soap dish"]),
        ("dish soap", ["soap dish"]),
        ("d s", ["soap dish"]),
        ("soap plate", []),
        ("kitchen", []),
        ("z", []),
    ],
)
def test_every_word_typed_begins_a_word_of_what_is_suggested(typed: str, found: list[str]) -> None:
    """In any order; of a category only the last level counts."""
    terms = Terms.of([Term.of("soap dish", 9), Term.of("Kitchen > Soups", 1)])
    assert [term.text for term in best(terms, words_of(typed), 5)] == found


@given(word=st.text("abc", min_size=1, max_size=8), start=st.text("abc", min_size=4, max_size=7))
def test_a_slip_is_one_edit_of_a_beginning(word: str, start: str) -> None:
    """Found without counting all edits, and the same as if they were counted."""
    size = len(start)
    slow = any(edits(word[:end], start) <= 1 for end in (size - 1, size, size + 1))
    assert begins(word, start) == slow
