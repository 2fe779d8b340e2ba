"""Synonyms as operators edit them."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from chassis.database import Database
from search.synonyms.book import Rule, id_of, key_of, read_shipped
from search.synonyms.keeper import Keeper
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
    """The service without an engine: synonyms need none."""
    async with open_api(settings_for("http://127.0.0.1:9"), database, tmp_path) as client:
        yield client


async def write(api: httpx2.AsyncClient, rule: str, key: str) -> httpx2.Response:
    """An operator writes a rule."""
    headers = as_member("OPERATOR", key=key)
    body = {"rule": rule, "reason": "people ask for it"}
    return await api.post("/v1/search/synonyms", json=body, headers=headers)


async def test_a_rule_reaches_every_process_without_a_reindex(
    api: httpx2.AsyncClient, database: Database
) -> None:
    """Another process's book has it when it looks next; what did not change is not read again."""
    other = Keeper(database)
    await other.renew()
    answer = await write(api, "kombucha, tea fungus", "k1")
    assert answer.status_code == 201
    assert await other.renew()
    assert other.book.others(key_of("kombucha")) == ("tea fungus",)
    assert not await other.renew()


async def test_a_rule_taken_out_holds_no_longer(
    api: httpx2.AsyncClient, database: Database
) -> None:
    """A shipped rule, too; written again it holds again, and all of it is kept."""
    rule = next(one for one in read_shipped() if "tuppa" in one.phrases)
    keeper = Keeper(database)
    path = f"/v1/search/synonyms/{id_of(rule)}"
    gone = await api.delete(path, headers=as_member("OPERATOR", key="k2"))
    assert gone.status_code == 200
    await keeper.renew()
    assert keeper.book.others(key_of("tuppa")) == ()
    assert (await write(api, str(rule), "k3")).status_code == 201
    await keeper.renew()
    assert "ghee" in keeper.book.others(key_of("tuppa"))
    changes = await api.get("/v1/search/synonyms/changes", headers=as_member("OPERATOR"))
    told = [one["active"] for one in changes.json()["changes"] if one["rule"] == str(rule)]
    assert told == [True, False]
    acts = await database.pool.fetch(
        "SELECT before, after FROM audit_event WHERE entity_id = $1 ORDER BY id", str(id_of(rule))
    )
    assert [(act["before"]["active"], act["after"]["active"]) for act in acts] == [
        (True, False),
        (False, True),
    ]


async def test_rules_are_listed_with_those_that_are_shipped(api: httpx2.AsyncClient) -> None:
    """By a word of theirs."""
    answer = await api.get("/v1/search/synonyms?word=tuppa", headers=as_member("OPERATOR"))
    assert [one["rule"] for one in answer.json()["rules"]] == ["ghee, tuppa, clarified butter"]


@pytest.mark.parametrize("rule", ["alone", "a b c d e, x", "!!!!, ????"])
async def test_a_bad_rule_is_refused_by_its_field(api: httpx2.AsyncClient, rule: str) -> None:
    """A 422 that says what a rule is."""
    answer = await write(api, rule, "k4")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "rule"


async def test_only_operators_see_and_write_rules(api: httpx2.AsyncClient) -> None:
    """They change what everybody finds."""
    assert (await api.get("/v1/search/synonyms", headers=as_member())).status_code == 403
    body = {"rule": "a1, b1"}
    refused = await api.post("/v1/search/synonyms", json=body, headers=as_member(key="k5"))
    assert refused.status_code == 403


async def test_what_is_no_rule_can_not_be_taken_out(api: httpx2.AsyncClient) -> None:
    """404, and nothing is written."""
    path = f"/v1/search/synonyms/{id_of(Rule.read('never, written'))}"
    assert (await api.delete(path, headers=as_member("OPERATOR", key="k6"))).status_code == 404


async def test_the_database_holds_the_bound_and_the_history(
    scratch_database: ScratchDatabase,
) -> None:
    """The service may not change what was kept, and no client gets beyond a thousand rules."""
    async with scratch_database.connect("search") as conn:
        for statement in ("DELETE FROM synonym_change", "UPDATE synonym_change SET reason = ''"):
            with pytest.raises(Exception, match="permission denied"):
                await conn.execute(statement)
        with pytest.raises(Exception, match="a thousand rules"):
            await conn.execute(
                "INSERT INTO synonym_rule SELECT gen_random_uuid(), 'w' || n || ', v', FALSE, TRUE,"
                " gen_random_uuid(), now(), '' FROM generate_series(1, 1001) AS n"
            )
