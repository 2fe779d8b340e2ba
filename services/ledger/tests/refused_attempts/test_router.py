"""Refused attempts over HTTP: for operators, by account, user and rule, page by page."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.ids import new_id
from services.ledger.tests.books import Books, Person
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
