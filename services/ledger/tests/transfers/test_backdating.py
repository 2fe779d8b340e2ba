"""Entering transfers late over HTTP: operators only, and not too late."""

from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from chassis.ids import new_id
from services.ledger.tests.books import NOW, Books, Person
from services.ledger.tests.conftest import Api


async def send(
    api: Api, ana: Person, ben: Person, at: object, role: str = "OPERATOR", **other: Any
) -> httpx2.Response:
    """Ana's 10.00 to Ben as of a time, by an operator or by Ana herself."""
    body = {
        "from_account": str(ana.main),
        "to_user": str(ben.id),
        "amount": "10.00",
        "asset": "LXC",
        "effective_at": at.isoformat() if isinstance(at, datetime) else at,
    }
    who = ana.id if role == "MEMBER" else new_id()
    return await api.post("/v1/transfers", who, body | other, role=role)


async def test_an_operator_enters_a_transfer_late(books: Books, api: Api) -> None:
    """It counts from its effective time, and was not known before it was posted."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    books.clock.move(timedelta(days=2))
    at = NOW + timedelta(days=1)
    answer = await send(api, ana, ben, at, memo="the market stall of yesterday")
    assert answer.status_code == 201, answer.text
    sent = answer.json()
    assert (sent["kind"], sent["effective_at"]) == (
        "correction",
        at.isoformat().replace("+00:00", "Z"),
    )
    assert datetime.fromisoformat(sent["posted_at"]) == books.clock.now()
    ask = "SELECT get_account_balance($1, $2, $3)"
    assert await books.value(ask, ben.main, at, books.clock.now()) == 1_000
    assert await books.value(ask, ben.main, at, at) == 0
    assert await books.value(ask, ben.main, at - timedelta(seconds=1), books.clock.now()) == 0
    await books.check()


@pytest.mark.parametrize(
    ("age", "problem"),
    [
        (timedelta(days=30), None),
        (timedelta(days=30, microseconds=1), "backdated-too-far"),
        (timedelta(0), None),
    ],
)
async def test_the_window_is_exact(
    books: Books, api: Api, age: timedelta, problem: str | None
) -> None:
    """Thirty days back to the present; beyond is 409 by name, kept for audit. Later is kept."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    answer = await send(api, ana, ben, books.clock.now() - age)
    assert answer.status_code == (409 if problem else 201), answer.text
    if problem:
        assert answer.json()["type"].rpartition(":")[2] == problem
        kept = await books.value("SELECT rule FROM refused_attempt ORDER BY id DESC LIMIT 1")
        assert kept == problem
    assert await books.balance(ben.main) == (0 if problem else 1_000)


async def test_members_do_not_choose_the_time(books: Books, api: Api) -> None:
    """Their transfers take effect now."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    answer = await send(api, ana, ben, NOW - timedelta(hours=1), role="MEMBER")
    assert answer.status_code == 403
    assert answer.json()["type"].endswith(":only-operators-backdate")
    assert await books.balance(ben.main) == 0


async def test_a_member_who_tried_is_kept(books: Books, api: Api) -> None:
    """Alone, and in a bulk; the account only if it is theirs, and nothing of a dry run."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    at = NOW - timedelta(hours=1)
    tried = "SELECT account_id, asset, rule, kind FROM refused_attempt WHERE initiated_by = $1"
    wish = {"to_user": str(ben.id), "amount": "1.00", "asset": "LXC", "effective_at": str(at)}
    mine, others = wish | {"from_account": str(ana.main)}, wish | {"from_account": str(ben.main)}
    assert (await api.post("/v1/transfers?dry_run=true", ana.id, mine)).status_code == 200
    assert await books.rows(tried, ana.id) == []
    kept = ("only-operators-backdate", "correction")
    for body, account in ((mine, ana.main), (others | {"to_user": str(ana.id)}, None)):
        assert (await api.post("/v1/transfers", ana.id, body)).status_code == 403
        [*_, last] = await books.rows(f"{tried} ORDER BY id", ana.id)
        assert tuple(last) == (account, "LXC" if account else None, *kept)
    plain = {name: value for name, value in mine.items() if name != "effective_at"}
    for mode, posted in (("independent", 1), ("atomic", 0)):
        bulk = {"mode": mode, "transfers": [plain, mine]}
        await api.post("/v1/transfers/bulk", ana.id, bulk)
        assert await books.balance(ben.main) == 100
        rows = await books.rows(tried, ana.id)
        assert len(rows) == 4 - posted


async def test_operators_send_other_peoples_money_only_to_correct(books: Books, api: Api) -> None:
    """Without a time, the account must be their own."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    assert (await send(api, ana, ben, None)).status_code == 404


@pytest.mark.parametrize(
    "at",
    [
        "yesterday",
        "2026-11-20T12:00:00",
        "2026-11-20",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-13-01T00:00:00Z",
        {},
    ],
)
async def test_what_is_no_time_is_named(books: Books, api: Api, at: object) -> None:
    """A time has a zone, and lies where every reader can hold it."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    answer = await send(api, ana, ben, at)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == ["effective_at"]
