"""Saved searches meet new items, each once, and tell one digest a person."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from marketplace.main import find_for_searches
from marketplace.saved_searches import digest, match, queries, save

SOON = timedelta(minutes=20)


async def found(market: Any, person: Any) -> list[dict[str, list[str]]]:
    """What somebody was told, digest by digest: titles by the name of the search."""
    market.clock.move(SOON)
    await find_for_searches(market.resources)
    market.clock.move(SOON)
    await find_for_searches(market.resources)
    return [
        {one["name"]: [item["title"] for item in one["items"]] for one in said["searches"]}
        for said in await market.told("SavedSearchMatched", person)
    ]


async def searching(market: Any, community: str, *searches: dict[str, Any]) -> Any:
    """Somebody new who has saved searches."""
    someone = market.member(community=community)
    for number, body in enumerate(searches):
        await someone.made("/saved-searches", {"name": f"s{number}", **body})
    return someone


async def test_words_meet_in_any_form_and_all_of_them(market: Any) -> None:
    """Stems, in title, description, brand, type or category; not one of two."""
    community = uuid4().hex
    ben = await searching(
        market, community, {"q": "red bicycles"}, {"q": "KITCHEN"}, {"q": "red cello"}
    )
    ana = market.member(community=community)
    await market.sell(ana, title="Bicycle, painted red")
    await market.sell(ana, title="Bicycle, blue")
    await market.sell(ana, title="Pan", category="home-garden/kitchen")
    assert await found(market, ben) == [{"s0": ["Bicycle, painted red"], "s1": ["Pan"]}]


async def test_filters_narrow(market: Any) -> None:
    """Category with all below it, kind, price in its asset; a gift is below every price."""
    community = uuid4().hex
    ben = await searching(
        market,
        community,
        {"category": "home-garden"},
        {"category": "home-garden", "price_max": "50.00", "asset": "LXC"},
        {"category": "services", "kind": "service"},
        {"q": "pan", "category": "tools"},
    )
    ana = market.member(community=community)
    kitchen = {"category": "home-garden/kitchen"}
    await market.sell(ana, title="Dear pan", **kitchen)
    await market.sell(ana, title="Fair pan", price="50.00", **kitchen)
    await market.sell(ana, title="Rupee pan", price="1.00", asset="INR", **kitchen)
    await ana.made("/items", {"title": "Free pan", "pricing": "gift", **kitchen})
    await market.sell(ana, title="Repairs", kind="service", category="services/repairs")
    await market.sell(ana, title="A good of services", category="services")
    [told] = await found(market, ben)
    assert sorted(told["s0"]) == ["Dear pan", "Fair pan", "Free pan", "Rupee pan"]
    assert sorted(told["s1"]) == ["Fair pan", "Free pan"]
    assert told["s2"] == ["Repairs"]
    assert "s3" not in told


async def test_an_item_meets_a_search_once(market: Any) -> None:
    """Whatever becomes of it afterwards; a change that makes it fit meets it then."""
    community = uuid4().hex
    ben = await searching(market, community, {"q": "bicycle", "price_max": "50.00", "asset": "LXC"})
    ana = market.member(community=community)
    item = await market.sell(ana)
    path = f"/items/{item['id']}"
    assert await found(market, ben) == []
    for change in (
        {"price": "45.00"},
        {"price": "44.00"},
        {"status": "withdrawn"},
        {"status": "active"},
        {"title": "Bicycle again"},
    ):
        await ana.patch(path, change)
        await found(market, ben)
    assert await found(market, ben) == [{"s0": ["Bicycle"]}]


async def test_drafts_hidden_own_far_and_older_items_meet_nothing(market: Any) -> None:
    """New is what comes on offer after the search, in the community, by somebody else."""
    community = uuid4().hex
    ana = market.member(community=community)
    await market.sell(ana, title="Bicycle of before")
    ben = await searching(market, community, {"q": "bicycle"})
    draft = await market.sell(ana, status="draft")
    await market.sell(ben)
    await market.sell(market.member())
    gone = await market.sell(ana, title="Bicycle, sold before it was told")
    eve = market.member("OPERATOR", community=community)
    hidden = await market.sell(ana, title="Bicycle, stolen")
    ruling = {"decision": "hide", "reason": "stolen"}
    await eve.made(f"/items/{hidden['id']}/decisions", ruling)
    await find_for_searches(market.resources)
    await ana.patch(f"/items/{gone['id']}", {"status": "withdrawn"})
    assert await found(market, ben) == []
    await ana.patch(f"/items/{draft['id']}", {"status": "active"})
    assert await found(market, ben) == [{"s0": ["Bicycle"]}]


async def test_a_digest_gathers_what_comes_in_a_quarter_of_an_hour(market: Any) -> None:
    """The first match begins the time; nothing is told before it is over."""
    community = uuid4().hex
    ben = await searching(market, community, {"q": "bicycle"}, {"category": "other"})
    ana = market.member(community=community)
    for number in range(3):
        await market.sell(ana, title=f"Bicycle {number}")
        await find_for_searches(market.resources)
        market.clock.move(timedelta(minutes=4))
    assert await market.told("SavedSearchMatched", ben) == []
    market.clock.move(timedelta(minutes=4))
    await find_for_searches(market.resources)
    [said] = await market.told("SavedSearchMatched", ben)
    assert {one["name"]: one["count"] for one in said["searches"]} == {"s0": 3, "s1": 3}


async def test_workers_that_race_and_break_off_match_and_tell_once(
    market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small pages, lost transactions, four workers: each match is told in one digest."""
    monkeypatch.setattr(match, "ITEMS_MAX", 2)
    monkeypatch.setattr(match, "MATCHES_MAX", 3)
    monkeypatch.setattr(digest, "PEOPLE_MAX", 1)
    monkeypatch.setattr(digest, "MATCHES_MAX", 4)
    community = uuid4().hex
    people = [await searching(market, community, {"q": "bicycle"}) for _ in range(5)]
    ana = market.member(community=community)
    rows = [
        {"external_ref": str(number), "title": f"Bicycle {number}", "price": "1", "asset": "LXC"}
        for number in range(6)
    ]
    await ana.made("/items/import", {"items": rows})
    now = market.clock.now()
    for _ in range(2):
        async with market.lost_transaction() as conn:
            assert await match.match_arrivals(conn, now=now, digest_after=SOON)
    await asyncio.gather(*(find_for_searches(market.resources) for _ in range(4)))
    for _ in range(3):
        market.clock.move(SOON)
        await asyncio.gather(*(find_for_searches(market.resources) for _ in range(4)))
    for person in people:
        told = await market.told("SavedSearchMatched", person)
        assert sum(one["count"] for said in told for one in said["searches"]) == 6
        assert len(told) == 2


async def test_a_change_during_the_matching_is_matched_too(market: Any) -> None:
    """Who changes an item whose note a worker holds waits, and leaves a note of its own."""
    community = uuid4().hex
    ben = await searching(market, community, {"q": "cello"})
    ana = market.member(community=community)
    item = await market.sell(ana)
    async with market.database.transaction() as conn:
        assert await queries.take_arrivals(conn, 100)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await market.tries(
                "UPDATE item SET version = version + 1, title = 'Cello' WHERE id = $1", item["id"]
            )
        await match.match_arrivals(conn, now=market.clock.now(), digest_after=SOON)
    assert (await ana.patch(f"/items/{item['id']}", {"title": "Cello"})).status_code == 200
    assert await found(market, ben) == [{"s0": ["Cello"]}]


async def test_the_index_of_anchors_finds_the_searches(market: Any) -> None:
    """No item is compared with every search: the plan descends by community and anchor."""
    async with market.database.transaction() as conn:
        await conn.execute("SET LOCAL enable_seqscan = off")
        plan = await conn.fetch(
            f"EXPLAIN {queries.INSERT_MATCHES}", [uuid4()], market.clock.now(), 10
        )
    assert "saved_search_by_anchor" in str(plan)


async def test_searches_are_kept_by_their_owner(
    market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listed newest first, deleted with what they found, limited in number."""
    community = uuid4().hex
    ben = await searching(market, community, {"q": "bicycle"}, {"category": "tools"})
    listed = (await ben.get("/saved-searches")).json()["saved_searches"]
    assert [one["name"] for one in listed] == ["s1", "s0"]
    assert (listed[1]["q"], listed[0]["q"]) == ("bicycle", None)
    path = f"/saved-searches/{listed[1]['id']}"
    await market.sell(market.member(community=community))
    await find_for_searches(market.resources)
    assert (await market.member(community=community).delete(path)).status_code == 404
    assert (await ben.delete(path)).json() == {"id": listed[1]["id"], "deleted": True}
    assert (await ben.delete(path)).status_code == 404
    assert await found(market, ben) == []
    monkeypatch.setattr(save, "SEARCHES_MAX", 1)
    full = await ben.post("/saved-searches", {"name": "more", "q": "pan"})
    assert (full.status_code, full.json()["limit"]) == (409, 1)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "good"},
        {"q": "the and of"},
        {"q": ""},
        {"q": "x" * 201},
        {"category": "no-such"},
        {"q": "pan", "price_max": "5.00"},
        {"q": "pan", "price_max": "0", "asset": "LXC"},
        {"q": "pan", "price_max": "x", "asset": "LXC"},
        {"q": "pan", "price_max": "5.00", "asset": "DOGE"},
        {"q": "pan", "colour": "red"},
        {"q": "pan", "name": ""},
    ],
)
async def test_a_search_that_asks_nothing_or_wrongly_is_refused(
    market: Any, fields: dict[str, Any]
) -> None:
    """With the field; nothing is kept."""
    ben = market.member()
    answer = await ben.post("/saved-searches", {"name": "mine", **fields})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]
    assert (await ben.get("/saved-searches")).json()["saved_searches"] == []


async def test_the_database_wants_an_anchor_that_matches_have(market: Any) -> None:
    """A search that would meet nothing, or everything, can't be kept."""
    insert = (
        "INSERT INTO saved_search (id, user_id, community, name, words, lexemes, anchor, "
        "created_at) VALUES ($1, $1, 'x', 'x', $2, $3, $4, now())"
    )
    for words, lexemes, anchor in (
        (None, [], "c:"),
        (None, [], ""),
        ("pan", ["pan"], "w:pot"),
        ("pan", ["pan"], "pan"),
        ("pan", [], "w:pan"),
    ):
        with pytest.raises(asyncpg.CheckViolationError, match="anchored"):
            await market.database.pool.execute(insert, uuid4(), words, lexemes, anchor)
