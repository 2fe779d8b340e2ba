"""Parity and reindexing over HTTP: operators only, and a repeat begins nothing anew."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from chassis.database import Database
from search.parity.queries import select_round
from services.search.tests.conftest import settings_for
from services.search.tests.http import as_member, open_api
from tests.stack.database import ScratchDatabase


@pytest.fixture
async def database(scratch_database: ScratchDatabase) -> AsyncIterator[Database]:
    """A database of this module's own."""
    async with scratch_database.open("search") as opened:
        yield opened


@pytest.fixture
async def api(database: Database, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """The service without an engine."""
    async with open_api(settings_for("http://127.0.0.1:9"), database, tmp_path) as client:
        yield client


async def test_a_comparison_can_be_asked_for(api: httpx2.AsyncClient, database: Database) -> None:
    """The next round begins at once, from the first item."""
    headers = as_member("OPERATOR", key="compare-1")
    answer = await api.post("/v1/search/parity", json={}, headers=headers)
    assert answer.status_code == 202
    async with database.connection() as conn:
        stand = await select_round(conn)
    assert stand.next_at.isoformat() == answer.json()["begun_at"]
    seen = await api.get("/v1/search/parity", headers=as_member("OPERATOR"))
    assert (seen.json()["suspects"], seen.json()["open"]) == (0, {})


async def test_a_reindexing_is_begun_once_and_can_be_watched(api: httpx2.AsyncClient) -> None:
    """The same key or another: one is open at a time, and its state can be read."""
    begun = []
    for key in ("reindex-1", "reindex-1", "reindex-2"):
        headers = as_member("OPERATOR", key=key)
        answer = await api.post("/v1/search/reindexings", json={}, headers=headers)
        assert answer.status_code == 202
        begun.append(answer.json()["id"])
    assert len(set(begun)) == 1
    path = f"/v1/search/reindexings/{begun[0]}"
    one = (await api.get(path, headers=as_member("OPERATOR"))).json()
    assert (one["state"], one["cause"]) == ("filling", "asked")
    listed = await api.get("/v1/search/reindexings", headers=as_member("OPERATOR"))
    assert [one["id"] for one in listed.json()["reindexings"]] == begun[:1]


@pytest.mark.parametrize("path", ["/v1/search/parity", "/v1/search/reindexings"])
async def test_a_member_begins_nothing(api: httpx2.AsyncClient, path: str) -> None:
    """403."""
    answer = await api.post(path, json={}, headers=as_member(key="mine"))
    assert answer.status_code == 403
