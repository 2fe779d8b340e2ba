"""Operators change the tree; items and counts follow, and no circle can be."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from marketplace.categories import queries
from marketplace.categories.find import find_category
from marketplace.categories.grow import grow_categories
from marketplace.items import retell

WHY = {"reason": "as the members asked"}


async def add(market: Any, name: str, parent: Any = None, **fields: Any) -> dict[str, Any]:
    """A new category, under another."""
    body = {"name": name, "parent_id": parent and parent["id"], **WHY, **fields}
    made: dict[str, Any] = await market.member("OPERATOR").made("/categories", body)
    return made


async def change(market: Any, category: Any, **fields: Any) -> Any:
    """What an operator gets who changes a category."""
    path = f"/categories/{category['id']}"
    key = uuid4().hex
    return await market.member("OPERATOR").patch(path, {**fields, **WHY}, Idempotency_Key=key)


async def counts(market: Any, community: str) -> dict[str, int]:
    """What is on offer, by path."""
    tree = (await market.member(community=community).get("/categories")).json()["categories"]
    return {one["path"]: one["on_offer"] for one in tree if one["on_offer"]}


async def test_a_move_is_told_for_every_category_and_every_item(market: Any) -> None:
    """The subtree's events at once, the items' by the timer, page by page."""
    top, other = await add(market, "Alpha"), await add(market, "Beta")
    low = await add(market, "Low", top, synonyms=["Deep", "deep"])
    ana = market.member()
    items = [await market.sell(ana, category="alpha/low") for _ in range(3)]
    draft = await market.sell(ana, category="alpha/low", status="draft")
    moved = (await change(market, top, parent_id=other["id"], name="Gamma")).json()
    assert (moved["path"], moved["names"], moved["version"]) == (
        "beta/gamma",
        ["Beta", "Gamma"],
        2,
    )
    [*_, (name, said)] = await market.said(low["id"])
    assert (name, said["slug_path"], said["version"]) == ("CategoryChanged", "beta/gamma/low", 2)
    assert said["synonyms"] == ["Deep"]
    await market.timers.fire_due()
    for item in items:
        [_, (_, told)] = await market.said(item["id"])
        assert (told["version"], told["category_path"]) == (2, ["Beta", "Gamma", "Low"])
    assert len(await market.said(draft["id"])) == 1
    kept = await market.database.pool.fetch(
        "SELECT action, reason FROM operator_action WHERE subject LIKE $1", f"{top['id']}%"
    )
    assert [tuple(row) for row in kept] == [
        ("category.add", WHY["reason"]),
        ("category.change", WHY["reason"]),
    ]
    act = await market.database.pool.fetchrow(
        "SELECT before, after, reason FROM audit_event WHERE action = 'category.changed'"
        " AND entity_id = $1",
        top["id"],
    )
    told = {name: (act["before"][name], act["after"][name]) for name in act["after"]}
    assert told == {
        "path": ("alpha", "beta/gamma"),
        "name": ("Alpha", "Gamma"),
        "synonyms": ([], []),
        "version": (1, 2),
    }
    assert act["reason"] == WHY["reason"]


async def test_items_are_told_anew_page_by_page(
    market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once, however many pages there are."""
    monkeypatch.setattr(retell, "PAGE", 2)
    top = await add(market, "Paged")
    ana = market.member()
    items = [await market.sell(ana, category="paged") for _ in range(5)]
    assert (await change(market, top, name="Leafed")).status_code == 200
    await market.timers.fire_due()
    for item in items:
        assert len(await market.said(item["id"])) == 2


@pytest.mark.parametrize(
    "find",
    [
        lambda conn, category: find_category(conn, category["id"]),
        lambda conn, category: find_category(conn, category["path"]),
        lambda conn, _: grow_categories(conn, [("Held",)], by_id=uuid4()),
    ],
)
async def test_a_rename_waits_for_items_that_are_being_written(market: Any, find: Any) -> None:
    """Whoever reads a category's name to tell it keeps it from changing until that is told."""
    tree = (await market.member().get("/categories")).json()["categories"]
    known = [one for one in tree if one["path"] == "held"]
    top = known[0] if known else await add(market, "Held")
    rename = "UPDATE category SET names = names WHERE id = $1"
    await market.tries(rename, top["id"])
    async with market.database.transaction() as conn:
        await find(conn, top)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await market.tries(rename, top["id"])


async def test_what_can_not_be_is_named(market: Any) -> None:
    """Circle, taken path, unknown parent, stale version, no name, no operator."""
    top = await add(market, "Rules")
    low = await add(market, "Low", top)
    await add(market, "Taken")
    cases = [
        ({"parent_id": low["id"]}, 409, "category-circle"),
        ({"parent_id": top["id"]}, 409, "category-circle"),
        ({"name": "TAKEN"}, 409, "category-taken"),
        ({"parent_id": str(uuid4())}, 422, "unknown-category"),
        ({"name": "&"}, 422, "unknown-category"),
        ({"name": None}, 422, "malformed"),
    ]
    for fields, status, slug in cases:
        answer = await change(market, top, **fields)
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, slug)
    path = f"/categories/{top['id']}"
    stale = await market.member("OPERATOR").patch(
        path, {"name": "X", **WHY}, If_Match='"9"', Idempotency_Key="stale"
    )
    assert stale.status_code == 412
    assert (await market.member().patch(path, {"name": "X", **WHY})).status_code == 403
    assert (await change(market, {"id": str(uuid4())}, name="X")).status_code == 404
    assert (await market.member().post("/categories", {"name": "X", **WHY})).status_code == 403


async def test_saying_the_same_again_changes_no_category(market: Any) -> None:
    """No version, no event."""
    top = await add(market, "Same", synonyms=["Equal"])
    again = (await change(market, top, name="Same", synonyms=["Equal"])).json()
    assert again["version"] == 1
    assert await market.types(top["id"]) == ["CategoryChanged"]


async def test_moves_at_once_make_no_circle(market: Any) -> None:
    """Two categories, each moved under the other at the same time: one of them wins."""
    for turn in range(5):
        one, two = await add(market, f"One {turn}"), await add(market, f"Two {turn}")
        answers = await asyncio.gather(
            change(market, one, parent_id=two["id"]), change(market, two, parent_id=one["id"])
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]


@pytest.mark.parametrize(
    "broken",
    [
        "UPDATE category SET parent_id = $2 WHERE id = $1",
        "UPDATE category SET slug_path = 'elsewhere/low', parent_id = $1 WHERE id = $2",
        "UPDATE category SET slug_path = 'elsewhere' WHERE id = $1 AND $2::uuid IS NOT NULL",
        "UPDATE category SET name = 'New', names = '{New}' WHERE id = $1 AND $2::uuid IS NOT NULL",
    ],
)
async def test_the_database_holds_the_tree_together(market: Any, broken: str) -> None:
    """A circle, a path or a name that does not continue the parent's: refused at commit."""
    suffix = uuid4().hex[:6]
    top = await add(market, f"Top {suffix}")
    low = await add(market, "Low", top)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with market.database.transaction() as conn:
            await conn.execute(broken, top["id"], low["id"])
    assert refused.value.constraint_name in ("category_path_continues", "category_depth_agrees")


async def test_counts_follow_whatever_happens_to_items(market: Any) -> None:
    """On offer is what is active: by subtree, by community, after moves and sales."""
    ana = market.member(community="countside")
    top, other = await add(market, "Count"), await add(market, "Other count")
    await add(market, "Low", top)
    first = await market.sell(ana, category="count/low")
    await market.sell(ana, category="count")
    await market.sell(ana, category="count", status="draft")
    assert await counts(market, "countside") == {"count": 2, "count/low": 1}
    assert "count" not in await counts(market, "riverside")
    await ana.patch(f"/items/{first['id']}", {"category": "other-count"})
    assert await counts(market, "countside") == {"count": 1, "other-count": 1}
    await change(market, top, parent_id=other["id"])
    assert await counts(market, "countside") == {"other-count": 2, "other-count/count": 1}
    await ana.patch(f"/items/{first['id']}", {"status": "withdrawn"})
    assert await counts(market, "countside") == {"other-count": 1, "other-count/count": 1}


async def test_counts_are_right_under_concurrency_and_while_they_are_folded(market: Any) -> None:
    """Forty changes at once, folded meanwhile: the tally says what the items say."""
    community = "crowd"
    people = [market.member(community=community) for _ in range(4)]
    items = await asyncio.gather(*(market.sell(one, category="tools") for one in people * 5))
    owners = dict(zip([item["id"] for item in items], people * 5, strict=True))

    async def toggle(number: int, item_id: str) -> None:
        status = "withdrawn" if number % 3 else "active"
        await owners[item_id].patch(f"/items/{item_id}", {"status": status})

    async def fold_now() -> None:
        for _ in range(5):
            async with market.database.transaction() as conn:
                await queries.fold_tally(conn, 7)

    await asyncio.gather(
        fold_now(), fold_now(), *(toggle(number, key) for number, key in enumerate(owners))
    )
    actual = "SELECT count(*) FROM item WHERE community = $1 AND status = 'active'"
    assert (await counts(market, community))["tools"] == await market.database.pool.fetchval(
        actual, community
    )
    async with market.database.transaction() as conn:
        while await queries.fold_tally(conn, 5_000):
            pass
    rows = "SELECT count(*) FROM category_tally WHERE community = $1"
    assert await market.database.pool.fetchval(rows, community) == 1
    assert (await counts(market, community))["tools"] == await market.database.pool.fetchval(
        actual, community
    )


async def test_nobody_edits_the_tally_by_hand(market: Any) -> None:
    """The service may read it; only the trigger and the folding write."""
    for statement in ("DELETE FROM category_tally", "UPDATE category_tally SET delta = 0"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await market.database.pool.execute(statement)


async def test_the_first_categories_are_told_once(market: Any) -> None:
    """The migration's timer tells what was there before there were events."""
    await market.timers.fire_due()
    told = [said["slug_path"] for name, said in await market.said() if name == "CategoryChanged"]
    assert told.count("home-garden/kitchen") == 1
    left = "SELECT count(*) FROM timer WHERE kind = 'categories.tell'"
    assert await market.database.pool.fetchval(left) == 0
