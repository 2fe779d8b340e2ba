"""Policies over HTTP: who may change what, what a change leaves behind, and what is refused."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from chassis.ids import new_id
from services.ledger.tests.books import Books, Person, transfer
from services.ledger.tests.conftest import Api

OPERATOR = new_id()


async def patch(
    api: Api, account: UUID, body: dict[str, Any], *, role: str = "OPERATOR", **headers: str
) -> Any:
    """Change limits as an operator."""
    return await api.patch(
        f"/v1/accounts/{account}/policy",
        OPERATOR,
        {"reason": "agreed in the meeting"} | body,
        role=role,
        **headers,
    )


async def perform(api: Api, account: UUID, what: str, **options: Any) -> Any:
    """Freeze, unfreeze, close or reopen."""
    path = f"/v1/accounts/{account}/policy/{what}"
    return await api.post(path, OPERATOR, {"reason": "because"}, role="OPERATOR", **options)


async def events(books: Books, kind: str, account: UUID) -> list[dict[str, Any]]:
    """What was said about an account, in order."""
    rows = await books.rows(
        "SELECT payload FROM outbox WHERE key = $1 AND headers->>'ce_type' = $2 ORDER BY id",
        str(account),
        f"ledger.{kind}",
    )
    return [orjson.loads(row["payload"]) for row in rows]


async def pay(api: Api, person: Person, to: Person, amount: str, **options: Any) -> Any:
    """Send money over HTTP."""
    body = {"from_account": str(person.main), "to_account": str(to.main)}
    return await api.post(
        options.pop("path", "/v1/transfers"),
        person.id,
        body | {"amount": amount, "asset": "LXC"},
        **options,
    )


async def test_limits_change_by_versions_that_are_kept(books: Books, api: Api) -> None:
    """What is left out stays, null takes away; who, when and why is kept, and told once each."""
    ana = await books.open_person(1_000)
    limits = {"floor": "-5.00", "soft_floor": "2.00", "ceiling": "100.00"}
    first = await patch(api, ana.main, limits)
    assert first.status_code == 200, first.text
    assert (first.headers["etag"], first.json()["soft_floor"]) == ('"2"', "2.00")
    velocity = [{"window_seconds": 3600, "limit": "3.00"}]
    second = await patch(api, ana.main, {"ceiling": None, "velocity": velocity})
    assert second.json()["floor"] == "-5.00"
    assert second.json()["ceiling"] is None
    path = f"/v1/accounts/{ana.main}/policies"
    kept = (await api.get(path, OPERATOR, role="ADMIN")).json()["policies"]
    assert [one["version"] for one in kept] == [3, 2, 1]
    assert [one["changed_by"] for one in kept] == [str(OPERATOR), str(OPERATOR), None]
    assert [one["reason"] for one in kept] == [*["agreed in the meeting"] * 2, "opened"]
    assert (await api.get(path, ana.id)).json()["policies"][0]["changed_by"] is None
    said = await events(books, "AccountPolicyChanged", ana.main)
    assert [(one["version"], one["change"]) for one in said] == [(2, "limits"), (3, "limits")]
    assert said[1]["velocity"] == [{"window_seconds": 3600, "limit_minor": "300"}]
    page = (await api.get(f"{path}?limit=2", ana.id)).json()
    rest = (await api.get(f"{path}?limit=2&cursor={page['next_cursor']}", ana.id)).json()
    assert [one["version"] for one in rest["policies"]] == [1]


async def test_a_change_is_made_once_and_never_over_a_newer_one(books: Books, api: Api) -> None:
    """The same key answers the same bytes; an old version is 412; nothing new makes no version."""
    ana = await books.open_person(1_000)
    first = await patch(api, ana.main, {"ceiling": "20.00"}, if_match='"1"', key="p1")
    again = await patch(api, ana.main, {"ceiling": "20.00"}, if_match='"1"', key="p1")
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    other = await patch(api, ana.main, {"ceiling": "21.00"}, if_match='"1"', key="p1")
    assert (other.status_code, other.json()["differs"]) == (409, ["ceiling"])
    stale = await patch(api, ana.main, {"ceiling": "30.00"}, if_match='"1"')
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
    same = await patch(api, ana.main, {"ceiling": "20.00"})
    assert same.json()["version"] == 2
    assert len(await events(books, "AccountPolicyChanged", ana.main)) == 1


async def test_only_operators_change_and_only_owners_look(books: Books, api: Api) -> None:
    """403 for members, 404 for strangers, 404 for an account that is not there."""
    ana, eve = await books.open_person(), await books.open_person()
    assert (await patch(api, ana.main, {"ceiling": "1.00"}, role="MEMBER")).status_code == 403
    assert (await api.get(f"/v1/accounts/{ana.main}/policy", eve.id)).status_code == 404
    assert (await api.get(f"/v1/accounts/{ana.main}/policies", eve.id)).status_code == 404
    assert (await patch(api, new_id(), {"ceiling": "1.00"})).status_code == 404
    assert (await perform(api, new_id(), "freeze")).status_code == 404
    assert (await perform(api, ana.main, "explode")).status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"floor": "5.00"}, "floor"),
        ({"floor": None}, "floor"),
        ({"ceiling": "-1.00"}, "ceiling"),
        ({"ceiling": "1.001"}, "ceiling"),
        ({"ceiling": "--1"}, "ceiling"),
        ({"ceiling": 5}, "ceiling"),
        ({"soft_floor": "-0.01"}, "soft_floor"),
        ({"soft_floor": "3.00", "ceiling": "2.00"}, "soft_floor"),
        ({"velocity": [{"window_seconds": 59, "limit": "1.00"}]}, "velocity"),
        ({"velocity": [{"window_seconds": 3600, "limit": "-1.00"}]}, "velocity"),
        ({"velocity": [{"window_seconds": 60, "limit": "1.00"}] * 2}, ""),
        ({"velocity": [{"window_seconds": 60 * n, "limit": "1"} for n in range(1, 7)]}, "velocity"),
        ({"accepts_gifts": None}, ""),
        ({"accepts_gifts": "yes"}, "accepts_gifts"),
        ({}, ""),
        ({"balance": "1.00"}, "balance"),
        ({"ceiling": "1.00", "reason": ""}, "reason"),
    ],
)
async def test_limits_without_sense_are_named(
    books: Books, api: Api, body: dict[str, Any], field: str
) -> None:
    """422 with the field; nothing changes."""
    ana = await books.open_person()
    answer = await patch(api, ana.main, body)
    assert answer.status_code == 422, answer.text
    assert any(str(one["field"]).startswith(field) for one in answer.json()["errors"])
    assert await books.value("SELECT policy_version FROM account WHERE id = $1", ana.main) == 1


async def test_a_frozen_account_lets_nothing_out(books: Books, api: Api) -> None:
    """Money comes in, none leaves; unfrozen, it does again."""
    ana, ben = await books.open_person(1_000), await books.open_person(1_000)
    assert (await perform(api, ana.main, "freeze")).json()["frozen"]
    assert (await pay(api, ana, ben, "1.00")).json()["type"].endswith(":account-frozen")
    assert (await pay(api, ben, ana, "1.00")).status_code == 201
    assert not (await perform(api, ana.main, "unfreeze")).json()["frozen"]
    assert (await pay(api, ana, ben, "1.00")).status_code == 201
    said = await events(books, "AccountPolicyChanged", ana.main)
    assert [one["change"] for one in said] == ["frozen", "unfrozen"]


async def test_an_account_is_closed_empty_and_can_be_opened_again(books: Books, api: Api) -> None:
    """With money in it: 409 in figures, and the attempt is kept with the limit and by how much."""
    ana, ben = await books.open_person(150), await books.open_person()
    refused = await perform(api, ana.main, "close")
    assert refused.status_code == 409
    assert refused.json()["type"].endswith(":account-not-empty")
    assert refused.json()["balance"] == "1.50"
    [kept] = await books.rows("SELECT * FROM refused_attempt WHERE account_id = $1", ana.main)
    assert (kept["kind"], kept["rule"]) == ("account.closed", "account-not-empty")
    assert (kept["limit_minor"], kept["beyond_minor"]) == (0, 150)
    assert kept["initiated_by"] == OPERATOR
    await books.post(transfer(ana.main, ben.main, 150))
    assert (await perform(api, ana.main, "close")).json()["closed"]
    back = await pay(api, ben, ana, "1.00")
    assert back.json()["type"].endswith(":account-closed")
    assert not (await perform(api, ana.main, "reopen")).json()["closed"]
    assert (await pay(api, ben, ana, "1.00")).status_code == 201


async def test_a_floor_is_not_raised_above_what_is_available(books: Books, api: Api) -> None:
    """Who is in their overdraft pays it back first; the attempt is kept."""
    ana, ben = await books.open_person(), await books.open_person()
    await patch(api, ana.main, {"floor": "-10.00"})
    await books.post(transfer(ana.main, ben.main, 400))
    refused = await patch(api, ana.main, {"floor": "-3.00"})
    assert refused.json()["type"].endswith(":floor-above-available")
    assert (refused.json()["available"], refused.json()["floor"]) == ("-4.00", "-3.00")
    [kept] = await books.rows("SELECT * FROM refused_attempt WHERE account_id = $1", ana.main)
    assert (kept["rule"], kept["limit_minor"], kept["beyond_minor"]) == (
        "floor-above-available",
        -300,
        100,
    )
    assert (await patch(api, ana.main, {"floor": "-4.00"})).status_code == 200


async def test_a_velocity_is_told_in_figures(own_books: Books, own_api: Api) -> None:
    """Refused with limit, left and beyond, and kept; the window rolls; what is left is told."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(10_000), await books.open_person()
    velocity = [
        {"window_seconds": 86_400, "limit": "8.00"},
        {"window_seconds": 3_600, "limit": "5.00"},
    ]
    await patch(api, ana.main, {"velocity": velocity})
    assert (await pay(api, ana, ben, "3.00")).status_code == 201
    refused = (await pay(api, ana, ben, "2.01")).json()
    assert refused["type"].endswith(":velocity-exceeded")
    assert refused["detail"].startswith("5.00 LXC may go out within 1 hour, 2.00 of it is left")
    assert (refused["limit"], refused["left"], refused["beyond"]) == ("5.00", "2.00", "0.01")
    [kept] = await books.rows("SELECT * FROM refused_attempt")
    assert (kept["rule"], kept["limit_minor"], kept["beyond_minor"]) == (
        "velocity-exceeded",
        500,
        1,
    )
    dry = (await pay(api, ana, ben, "2.01", path="/v1/transfers?dry_run=true")).json()
    assert dry["results"][0]["problem"]["left"] == "2.00"
    assert (await pay(api, ana, ben, "2.00")).status_code == 201
    found = (await api.get(f"/v1/accounts/{ana.main}/policy", ana.id)).json()["velocity"]
    assert [(one["window_seconds"], one["used"], one["left"]) for one in found] == [
        (3_600, "5.00", "0.00"),
        (86_400, "5.00", "3.00"),
    ]
    books.clock.move(timedelta(hours=1))
    day = (await pay(api, ana, ben, "3.01")).json()
    assert (day["window_seconds"], day["left"]) == (86_400, "3.00")
    assert (await pay(api, ana, ben, "3.00")).status_code == 201
    await books.check()


async def test_a_soft_floor_is_crossed_with_an_event_each_time(books: Books, api: Api) -> None:
    """Allowed; told once a crossing, not while below; shown in a dry run before it happens."""
    ana, ben = await books.open_person(1_000), await books.open_person(1_000)
    await patch(api, ana.main, {"soft_floor": "5.00"})
    dry = (await pay(api, ana, ben, "6.00", path="/v1/transfers?dry_run=true")).json()
    [balance] = dry["balances"]
    assert (balance["soft_floor"], balance["below_soft_floor"]) == ("5.00", True)
    assert await events(books, "SoftFloorCrossed", ana.main) == []
    await pay(api, ana, ben, "5.00")
    assert await events(books, "SoftFloorCrossed", ana.main) == []
    await pay(api, ana, ben, "1.00")
    await pay(api, ana, ben, "1.00")
    [said] = await events(books, "SoftFloorCrossed", ana.main)
    assert (said["soft_floor_minor"], said["available_minor"]) == ("500", "400")
    await pay(api, ben, ana, "5.00")
    await pay(api, ana, ben, "4.00")
    assert len(await events(books, "SoftFloorCrossed", ana.main)) == 2
    explained = (await api.get(f"/v1/accounts/{ana.main}/explain", ana.id)).json()
    assert explained["limits"]["soft_floor"] == "5.00"
    assert any("soft floor" in sentence for sentence in explained["words"])
