"""Refused attempts over HTTP: for operators, by account, user and rule, page by page."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.ids import new_id
from services.ledger.tests.books import NOW, Books, Person
from services.ledger.tests.conftest import Api


async def attempts(books: Books, api: Api) -> tuple[Person, Person]:
    """Ana, with 1.00, tries to send Ben 2.00, 3.00 and 4.00; Ben tries to send a frozen 0.01."""
    ana, ben = await books.open_person(100), await books.open_person(100)
    for amount in ("2.00", "3.00", "4.00"):
        await send(api, ana, ben, amount)
    await books.rows("UPDATE account SET frozen = true WHERE id = $1 RETURNING id", ben.main)
    await send(api, ben, ana, "0.01")
    return ana, ben


async def send(api: Api, source: Person, to: Person, amount: str) -> None:
    """Something that is refused."""
    body = {
        "from_account": str(source.main),
        "to_user": str(to.id),
        "amount": amount,
        "asset": "LXC",
    }
    assert (await api.post("/v1/transfers", source.id, body)).status_code == 409


async def ask(api: Api, query: str) -> Any:
    """A page of attempts, as an operator sees it."""
    answer = await api.get(f"/v1/refused-attempts?{query}", new_id(), role="OPERATOR")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_who_tried_what_and_by_how_much(books: Books, api: Api) -> None:
    """Newest first: who, which rule, its limit and how far beyond."""
    ana, _ = await attempts(books, api)
    found = (await ask(api, f"account={ana.main}"))["refused_attempts"]
    assert [one["beyond"] for one in found] == ["3.00", "2.00", "1.00"]
    first = found[0]
    assert (first["rule"], first["limit"], first["asset"]) == ("insufficient-funds", "0.00", "LXC")
    assert (first["initiated_by"], first["kind"]) == (str(ana.id), "transfer")
    assert "4.00 LXC is needed" in first["detail"]


async def test_filters_narrow_together(books: Books, api: Api) -> None:
    """By account, by user, by rule, and by several of them at once."""
    ana, ben = await attempts(books, api)
    wanted = {
        f"user={ana.id}": 3,
        f"user={ben.id}": 1,
        f"user={ben.id}&rule=account-frozen": 1,
        f"user={ben.id}&rule=insufficient-funds": 0,
        f"account={ana.main}&user={ana.id}&rule=insufficient-funds": 3,
        f"account={ana.main}&user={ben.id}": 0,
        f"account={uuid4()}": 0,
    }
    found = {query: len((await ask(api, query))["refused_attempts"]) for query in wanted}
    assert found == wanted
    frozen = (await ask(api, "rule=account-frozen"))["refused_attempts"]
    assert {one["rule"] for one in frozen} == {"account-frozen"}


async def test_attempts_are_found_by_time(own_books: Books, own_api: Api) -> None:
    """From a time up to and without another, alone and with every other filter."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(100), await books.open_person()
    for _ in range(5):
        await send(api, ana, ben, "2.00")
        books.clock.move(timedelta(hours=3))
    begin, end = (f"{NOW + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (3, 9))
    wanted = {
        f"from={begin}": 4,
        f"to={begin}": 1,
        f"from={begin}&to={end}": 2,
        f"from={end}&to={begin}": 0,
        "to=1999-01-01T00:00:00Z": 0,
        "from=2100-01-01T00:00:00Z": 0,
        f"from={begin}&to={end}&user={ana.id}&account={ana.main}&rule=insufficient-funds": 2,
        f"from={begin}&user={ben.id}": 0,
    }
    found = {query: len((await ask(api, query))["refused_attempts"]) for query in wanted}
    assert found == wanted
    page = await ask(api, f"from={begin}&limit=3")
    rest = await ask(api, f"from={begin}&limit=3&cursor={page['next_cursor']}")
    assert (len(page["refused_attempts"]), len(rest["refused_attempts"])) == (3, 1)


async def test_ids_out_of_the_order_of_time_are_found(own_books: Books, own_api: Api) -> None:
    """Clocks of two processes differ by minutes: the times decide, not the ids."""
    ana, ben = await own_books.open_person(100), await own_books.open_person()
    for minutes in (0, 40, -39, 0):
        own_books.clock.move(timedelta(minutes=minutes))
        await send(own_api, ana, ben, "2.00")
    at = f"{NOW + timedelta(minutes=20):%Y-%m-%dT%H:%M:%SZ}"
    for query, count in ((f"from={at}", 1), (f"to={at}", 3)):
        assert len((await ask(own_api, query))["refused_attempts"]) == count, query


async def test_pages_have_no_gap_and_no_repeat(books: Books, api: Api) -> None:
    """The cursor is stable while new attempts arrive."""
    ana, ben = await attempts(books, api)
    first = await ask(api, f"user={ana.id}&limit=2")
    await send(api, ana, ben, "5.00")
    second = await ask(api, f"user={ana.id}&limit=2&cursor={first['next_cursor']}")
    beyond = [one["beyond"] for page in (first, second) for one in page["refused_attempts"]]
    assert beyond == ["3.00", "2.00", "1.00"]
    assert second["next_cursor"] is None


async def test_operators_only(api: Api) -> None:
    """What others tried is nobody else's business."""
    assert (await api.get("/v1/refused-attempts", new_id())).status_code == 403


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("account=x", "account"),
        ("user=x", "user"),
        ("from=yesterday", "from"),
        ("to=2026-11-21T12:00:00", "to"),
        ("rule=%00", "rule"),
        ("rule=A", "rule"),
        ("cursor=0", "cursor"),
        (f"cursor={2**63}", "cursor"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
    ],
)
async def test_bad_questions_name_the_field(api: Api, query: str, field: str) -> None:
    """Never a server error, and the field is said."""
    answer = await api.get(f"/v1/refused-attempts?{query}", UUID(int=4), role="OPERATOR")
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
