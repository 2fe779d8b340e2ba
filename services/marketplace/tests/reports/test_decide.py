"""Reports lead to decisions; what is hidden is out of sight, and its seller learns why."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from marketplace.reports import report

SPAM = {"ground": "spam"}


def ruling(decision: str) -> dict[str, str]:
    """A decision with its reason."""
    return {"decision": decision, "reason": "against rule 3"}


async def test_a_hidden_item_is_gone_for_all_but_its_seller_and_operators(market: Any) -> None:
    """From lists, by its id, for trades; search hears that it is withdrawn; then all comes back."""
    community = uuid4().hex
    ana, ben, zoe = (market.member(community=community) for _ in range(3))
    eve = market.member("OPERATOR", community=community)
    item = await market.sell(ana)
    path = f"/items/{item['id']}"
    offer = {"item_id": item["id"], "amount": "5.00", "asset": "LXC"}
    trade = await zoe.made("/trades", offer)
    await ben.made(f"{path}/reports", {"ground": "other", "details": "It is mine."})
    decided = await eve.made(f"{path}/decisions", ruling("hide"))
    assert (decided["decision"], decided["reports"]) == ("hide", 1)
    assert (await ben.get(path)).status_code == 404
    assert (await ben.get("/items")).json()["items"] == []
    tree = (await ben.get("/categories")).json()["categories"]
    assert sum(category["on_offer"] for category in tree) == 0
    assert (await ben.post("/trades", offer)).status_code == 404
    accepted = await ana.post(f"/trades/{trade['id']}/accept")
    assert (accepted.status_code, accepted.json()["item_status"]) == (409, "hidden")
    own = (await ana.get(path)).json()
    assert (own["status"], own["hidden"], own["version"]) == ("active", True, 2)
    assert (await eve.get(path)).json()["hidden"] is True
    told = await market.said(item["id"])
    assert [name for name, _ in told] == ["ItemChanged", "ItemChanged", "ItemHidden"]
    assert (told[1][1]["status"], told[1][1]["hidden"]) == ("withdrawn", True)
    assert (told[2][1]["reason"], told[2][1]["seller_id"]) == ("against rule 3", str(ana.id))
    assert str(ben.id) not in str(told)
    [(name, answer)] = await market.said(str(ben.id))
    assert (name, answer["item_id"], answer["decision"]) == ("ReportDecided", item["id"], "hide")
    assert not {str(ana.id), str(eve.id)} & set(answer.values())
    await eve.made(f"{path}/decisions", ruling("restore"))
    assert (await ben.get(path)).json()["hidden"] is False
    [*_, (_, shown), (name, _)] = await market.said(item["id"])
    assert (shown["status"], name) == ("active", "ItemRestored")
    kept = await market.database.pool.fetch(
        "SELECT acted_by, action, reason FROM operator_action WHERE subject = $1 ORDER BY id",
        item["id"],
    )
    assert [tuple(row) for row in kept] == [
        (str(eve.id), "item.hide", "against rule 3"),
        (str(eve.id), "item.restore", "against rule 3"),
    ]
    acts = await market.database.pool.fetch(
        "SELECT action, before, after FROM audit_event WHERE entity_id = $1"
        " AND action LIKE 'item.%' ORDER BY id",
        item["id"],
    )
    open_then, seen, again = (
        {"hidden": hidden, "version": version, "open_reports": reports}
        for hidden, version, reports in ((False, 1, 1), (True, 2, 0), (False, 3, 0))
    )
    assert [tuple(act) for act in acts] == [
        ("item.hidden", open_then, seen),
        ("item.restored", seen, again),
    ]


async def test_reporters_see_what_they_reported(market: Any) -> None:
    """Newest first, a page at a time, and whether it was decided; nobody else's."""
    ana, ben, eve = market.member(), market.member(), market.member("OPERATOR")
    chair, lamp = await market.sell(ana), await market.sell(ana)
    for item in (chair, lamp):
        await ben.made(f"/items/{item['id']}/reports", SPAM)
    await market.member().made(f"/items/{lamp['id']}/reports", SPAM)
    await eve.made(f"/items/{chair['id']}/decisions", ruling("dismiss"))
    first = (await ben.get("/item-reports/mine", limit=1)).json()
    told = [(one["item_id"], one["ground"], one["decided"]) for one in first["reports"]]
    assert told == [(lamp["id"], "spam", False)]
    more = {"limit": 1, "cursor": first["next_cursor"]}
    second = (await ben.get("/item-reports/mine", **more)).json()
    told = [(one["item_id"], one["ground"], one["decided"]) for one in second["reports"]]
    assert (told, second["next_cursor"]) == ([(chair["id"], "spam", True)], None)
    for other in (ana, eve):
        assert (await other.get("/item-reports/mine")).json()["reports"] == []


async def test_a_seller_edits_a_hidden_item_in_vain(market: Any) -> None:
    """It stays hidden, and is told as withdrawn."""
    ana = market.member()
    item = await market.sell(ana)
    await market.member("OPERATOR").made(f"/items/{item['id']}/decisions", ruling("hide"))
    changed = await ana.patch(f"/items/{item['id']}", {"title": "Better"})
    assert changed.json()["hidden"] is True
    [*_, (_, said)] = await market.said(item["id"])
    assert (said["title"], said["status"]) == ("Better", "withdrawn")


async def test_each_person_reports_an_item_once(market: Any) -> None:
    """Also with another key, at the same time, and after the decision; an answer comes again."""
    ana, ben = market.member(), market.member()
    item = await market.sell(ana)
    path = f"/items/{item['id']}/reports"
    answers = await asyncio.gather(*(ben.post(path, SPAM) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    again = market.member()
    first = await again.post(path, SPAM, key="once")
    assert (await again.post(path, SPAM, key="once")).content == first.content
    await market.member("OPERATOR").made(f"/items/{item['id']}/decisions", ruling("dismiss"))
    assert (await ben.post(path, SPAM)).status_code == 409


async def test_what_can_not_be_reported_is_said(market: Any, monkeypatch: Any) -> None:
    """One's own, what is out of sight, an unknown ground, other without words, too many a day."""
    ana, ben = market.member(), market.member()
    item, draft = await market.sell(ana), await market.sell(ana, status="draft")
    path = f"/items/{item['id']}/reports"
    assert (await ana.post(path, SPAM)).status_code == 409
    assert (await ben.post(f"/items/{draft['id']}/reports", SPAM)).status_code == 404
    for body in ({"ground": "ugly"}, {"ground": "other"}, {"ground": "spam", "details": ""}, {}):
        assert (await ben.post(path, body)).status_code == 422
    monkeypatch.setattr(report, "REPORTS_MAX", 1)
    assert (await ben.post(path, SPAM)).status_code == 201
    other = await market.sell(ana)
    many = await ben.post(f"/items/{other['id']}/reports", SPAM)
    assert (many.status_code, many.json()["limit"], many.headers["retry-after"]) == (429, 1, "3600")


async def test_the_queue_shows_who_waits_longest(market: Any) -> None:
    """One row an item with its grounds, page by page; what is decided leaves."""
    community = uuid4().hex
    ana = market.member(community=community)
    eve = market.member("OPERATOR", community=community)
    items = [await market.sell(ana, title=f"Thing {number}") for number in range(3)]
    for item in (*items, items[0]):
        await market.member(community=community).made(f"/items/{item['id']}/reports", SPAM)
    unsafe = {"ground": "unsafe", "details": "sharp"}
    await market.member(community=community).made(f"/items/{items[0]['id']}/reports", unsafe)
    first = (await eve.get("/item-reports", limit=2)).json()
    assert [row["title"] for row in first["items"]] == ["Thing 0", "Thing 1"]
    assert first["items"][0]["grounds"] == {"spam": 2, "unsafe": 1}
    rest = (await eve.get("/item-reports", limit=2, cursor=first["next_cursor"])).json()
    assert [row["title"] for row in rest["items"]] == ["Thing 2"]
    assert rest["next_cursor"] is None
    await eve.made(f"/items/{items[0]['id']}/decisions", ruling("dismiss"))
    left = (await eve.get("/item-reports")).json()["items"]
    assert [row["title"] for row in left] == ["Thing 1", "Thing 2"]
    case = (await eve.get(f"/items/{items[0]['id']}/reports")).json()
    assert {row["decision_id"] for row in case["reports"]} == {case["decisions"][0]["id"]}
    assert await market.types(items[0]["id"]) == ["ItemChanged"]
    far = market.member("OPERATOR", community=uuid4().hex)
    assert (await far.get("/item-reports")).json()["items"] == []
    assert (await far.get(f"/items/{items[0]['id']}/reports")).status_code == 404


async def test_decisions_are_for_operators_who_have_no_part_in_it(market: Any) -> None:
    """Not for members, not on one's own item, not elsewhere, not twice."""
    owner, eve = market.member("OPERATOR"), market.member("OPERATOR")
    item = await market.sell(owner)
    path = f"/items/{item['id']}/decisions"
    assert (await market.member().post(path, ruling("hide"))).status_code == 403
    assert (await owner.post(path, ruling("hide"))).status_code == 403
    far = market.member("OPERATOR", community="hillside")
    assert (await far.post(path, ruling("hide"))).status_code == 404
    assert (await eve.post(path, {"decision": "hide"})).status_code == 422
    assert (await eve.post(path, ruling("dismiss"))).status_code == 409
    assert (await eve.post(path, ruling("hide"))).status_code == 201
    assert (await eve.post(path, ruling("hide"))).status_code == 409
    assert (await market.member().get("/item-reports")).status_code == 403


async def test_the_database_hides_nothing_without_a_decision(market: Any) -> None:
    """Whoever sets the flag, at commit there is a decision on that version."""
    item = await market.sell(market.member())
    for change in ("hidden = true", "hidden = true, title = 'x'"):
        with pytest.raises(asyncpg.CheckViolationError, match="nobody decided"):
            await market.database.pool.execute(
                f"UPDATE item SET version = version + 1, {change} WHERE id = $1",
                item["id"],
            )


async def test_the_database_keeps_reports_and_decisions(market: Any) -> None:
    """Settled once, by a decision on the same item; never taken back, never by the seller."""
    ana, ben = market.member(), market.member()
    item = await market.sell(ana)
    made = await ben.made(f"/items/{item['id']}/reports", SPAM)
    await market.member("OPERATOR").made(f"/items/{item['id']}/decisions", ruling("dismiss"))
    pool = market.database.pool
    for value in ("NULL", "decision_id"):
        with pytest.raises(asyncpg.CheckViolationError, match="decided on once"):
            await pool.execute(
                f"UPDATE item_report SET decision_id = {value} WHERE id = $1",
                made["id"],
            )
    for statement in ("DELETE FROM item_report", "UPDATE item_decision SET reason = 'x'"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)
    copy = (
        "INSERT INTO item_decision SELECT $1, item_id, item_version, seller_id, community, "
        "decision, reason, reports, seller_id, decided_at FROM item_decision WHERE item_id = $2"
    )
    with pytest.raises(asyncpg.CheckViolationError, match="by_another"):
        await pool.execute(copy, uuid4(), item["id"])
