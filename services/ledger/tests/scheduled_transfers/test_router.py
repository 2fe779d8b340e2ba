"""Transfers for later over HTTP: asked for, seen, called off, and what cannot be."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.ids import new_id
from services.ledger.tests.books import NOW, Books
from services.ledger.tests.conftest import Api
from services.ledger.tests.scheduled_transfers.words import (
    HOUR,
    OPERATOR,
    said,
    schedule,
    states,
    worker,
)


async def test_a_transfer_for_later_moves_when_it_is_due(books: Books, api: Api) -> None:
    """202 with a resource; no balance knows of it before; then it took effect as said."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    answer = await schedule(api, ana, ben, "60.00", memo="rent")
    assert answer.status_code == 202, answer.text
    made = answer.json()
    assert answer.headers["location"] == f"/v1/scheduled-transfers/{made['id']}"
    assert (made["state"], made["transfer_id"]) == ("PENDING", None)
    await worker(books).fire_due()
    later = f"/v1/accounts/{ana.main}/balance?effective_at=2026-11-21T13:00:00Z"
    assert (await api.get(later, ana.id)).json()["balance"] == "100.00"
    books.clock.move(HOUR)
    assert (await api.get(later, ana.id)).json()["balance"] == "100.00"
    assert await worker(books).fire_due() == 1
    assert (await api.get(later, ana.id)).json()["balance"] == "40.00"
    done = (await api.get(answer.headers["location"], ana.id)).json()
    assert (done["state"], done["version"]) == ("POSTED", 2)
    moved = (await api.get(f"/v1/transfers/{done['transfer_id']}", ben.id)).json()
    assert (moved["kind"], moved["memo"]) == ("transfer", "rent")
    assert moved["effective_at"] == "2026-11-21T13:00:00Z"
    assert await said(books, made["id"]) == ["TransferScheduled", "ScheduledTransferPosted"]
    await books.check()


async def test_a_wish_for_later_can_be_repeated_for_ever(books: Books, api: Api) -> None:
    """The same bytes before it is due, after, and when the time given is long past."""
    for role in ("MEMBER", "OPERATOR"):
        ana, ben = await books.open_person(10_000), await books.open_person()
        at = books.clock.now() + HOUR
        first = await schedule(api, ana, ben, "1.00", at, key="k", role=role)
        assert first.status_code == 202
        assert (await schedule(api, ana, ben, "1.00", at, key="k", role=role)).content == (
            first.content
        )
        other = await schedule(api, ana, ben, "2.00", at, key="k", role=role)
        assert (other.status_code, other.json()["differs"]) == (409, ["amount"])
        books.clock.move(2 * HOUR)
        await worker(books).fire_due()
        again = await schedule(api, ana, ben, "1.00", at, key="k", role=role)
        assert (again.status_code, again.content) == (202, first.content)
        assert await books.balance(ben.main) == 100


async def test_it_can_be_called_off_before_it_is_due(books: Books, api: Api) -> None:
    """Once, by its owner or an operator; what is over stays over."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    made = [(await schedule(api, ana, ben, "1.00")).json()["id"] for _ in range(3)]
    paths = [f"/v1/scheduled-transfers/{one}/cancel" for one in made]
    assert (await api.post(paths[0], ben.id, {})).status_code == 404
    first = await api.post(paths[0], ana.id, {}, key="c")
    assert (first.status_code, first.json()["state"]) == (200, "CANCELLED")
    assert (await api.post(paths[0], ana.id, {}, key="c")).content == first.content
    over = (await api.post(paths[0], ana.id, {})).json()
    assert (over["type"].rpartition(":")[2], over["state"]) == ("scheduled-over", "CANCELLED")
    assert (await api.post(paths[1], OPERATOR, {}, role="OPERATOR")).status_code == 200
    books.clock.move(HOUR)
    await worker(books).fire_due()
    assert await books.balance(ben.main) == 100
    assert (await api.post(paths[2], ana.id, {})).json()["state"] == "POSTED"
    assert await said(books, made[0]) == ["TransferScheduled", "ScheduledTransferCancelled"]


async def test_one_lists_ones_own(books: Books, api: Api) -> None:
    """In pages, by state; operators see others' by the account; strangers see nothing."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    made = [(await schedule(api, ana, ben, "0.10")).json()["id"] for _ in range(5)]
    await api.post(f"/v1/scheduled-transfers/{made[0]}/cancel", ana.id, {})
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await api.get(f"/v1/scheduled-transfers?limit=2{cursor}", ana.id)).json()
        seen += [one["id"] for one in page["scheduled_transfers"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen == made[::-1]
    path = f"/v1/scheduled-transfers?account_id={ana.main}&state=PENDING"
    for caller, role, count in (
        (ana.id, "MEMBER", 4),
        (OPERATOR, "OPERATOR", 4),
        (ben.id, "MEMBER", 0),
    ):
        assert len((await api.get(path, caller, role)).json()["scheduled_transfers"]) == count
    assert (await api.get(f"/v1/scheduled-transfers/{made[0]}", ben.id)).status_code == 404


@pytest.mark.parametrize(
    ("other", "status", "problem"),
    [
        ({"at": NOW + timedelta(days=366, seconds=1)}, 409, "scheduled-too-far"),
        ({"fee_quote": str(new_id())}, 409, "no-quote-for-later"),
        ({"amount": "0.00"}, 422, "malformed"),
        ({"at": "2026-11-21T13:00:00"}, 422, "malformed"),
        ({"at": NOW}, 403, "only-operators-backdate"),
        ({"to_user": str(new_id())}, 404, "no-such-account"),
        ({"from_account": str(new_id())}, 404, "no-such-account"),
    ],
)
async def test_what_cannot_be_later_is_refused_now(
    books: Books, api: Api, other: dict[str, Any], status: int, problem: str
) -> None:
    """By name, and nothing is kept."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    answer = await schedule(api, ana, ben, **({"amount": "1.00"} | other))
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, problem)
    assert await states(books, ana) == []


async def test_the_horizon_itself_is_near_enough(books: Books, api: Api) -> None:
    """366 days to the second; and an operator schedules from their own account only."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    assert (await schedule(api, ana, ben, "1.00", NOW + timedelta(days=366))).status_code == 202
    body = {"from_account": str(ana.main), "to_user": str(ben.id), "amount": "1.00", "asset": "LXC"}
    body["effective_at"] = (NOW + HOUR).isoformat()
    answer = await api.post("/v1/transfers", OPERATOR, body, role="OPERATOR")
    assert answer.status_code == 404


async def test_a_dry_run_says_what_would_be_if_it_were_due(books: Books, api: Api) -> None:
    """And keeps nothing."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    answer = await schedule(api, ana, ben, "1.00", path="/v1/transfers?dry_run=true")
    assert (answer.status_code, answer.json()["posted"]) == (200, 1)
    assert await states(books, ana) == []


async def test_there_is_a_limit_to_what_waits(books: Books, api: Api) -> None:
    """A thousand a person."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    async with books.transaction() as conn:
        await conn.execute(
            "INSERT INTO scheduled_transfer SELECT uuidv7(), $1, $2, $3, 'LXC', 1, NULL, $4, "
            "'PENDING', NULL, NULL, NULL, $5, $5, 1, NULL FROM generate_series(1, 999)",
            ana.id, ana.main, ben.main, NOW + HOUR, NOW,
        )  # fmt: skip
    assert (await schedule(api, ana, ben, "1.00")).status_code == 202
    refused = await schedule(api, ana, ben, "1.00")
    assert refused.json()["type"].endswith(":too-many-scheduled")


async def test_an_account_that_a_transfer_waits_for_is_not_closed(books: Books, api: Api) -> None:
    """Neither side; and on a closed one nothing is kept for later."""
    ana, ben = await books.open_person(), await books.open_person()
    made = (await schedule(api, ana, ben, "1.00")).json()
    body = {"reason": "moves away"}
    paths = [f"/v1/accounts/{one.main}/policy/close" for one in (ana, ben)]
    for path in paths:
        refused = await api.post(path, OPERATOR, body, role="OPERATOR")
        assert refused.json()["type"].endswith(":account-awaited")
    await api.post(f"/v1/scheduled-transfers/{made['id']}/cancel", ana.id, {})
    assert (await api.post(paths[1], OPERATOR, body, role="OPERATOR")).status_code == 200
    refused = await schedule(api, ana, ben, "1.00")
    assert refused.json()["type"].endswith(":account-closed")
