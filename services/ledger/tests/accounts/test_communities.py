"""To who pays, an account of another community is not there; money stays where it was issued."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chassis.ids import new_id
from services.ledger.tests.books import Books, Person
from services.ledger.tests.conftest import Api

type Pay = Callable[[Api, Person, Person, Person], Awaitable[Any]]


def money(payer: Person, **to: Any) -> dict[str, Any]:
    """One credit of somebody's."""
    return {"from_account": str(payer.main), "amount": "1.00", "asset": "LXC"} | to


async def to_user(api: Api, payer: Person, payee: Person, _third: Person) -> Any:
    """A transfer to a person."""
    return await api.post("/v1/transfers", payer.id, money(payer, to_user=str(payee.id)))


async def to_account(api: Api, payer: Person, payee: Person, _third: Person) -> Any:
    """A transfer to an account."""
    return await api.post("/v1/transfers", payer.id, money(payer, to_account=str(payee.main)))


async def by_split(api: Api, payer: Person, payee: Person, third: Person) -> Any:
    """A part of a split, whose other part is for a neighbour."""
    body = {"template": "split", "from_account": str(payer.main), "asset": "LXC"}
    parts = [{"to_user": str(one.id), "amount": "1.00"} for one in (third, payee)]
    return await api.post("/v1/transfers/templates", payer.id, body | {"parts": parts})


async def by_gift(api: Api, payer: Person, payee: Person, _third: Person) -> Any:
    """A gift."""
    return await api.post("/v1/gifts", payer.id, money(payer, to_user=str(payee.id)))


async def by_capture(api: Api, payer: Person, payee: Person, _third: Person) -> Any:
    """What was set aside."""
    wish = {"account_id": str(payer.main), "amount": "1.00", "asset": "LXC"}
    held = (await api.post("/v1/reservations", payer.id, wish)).json()["id"]
    body = {"amount": "1.00", "to_account": str(payee.main)}
    return await api.post(f"/v1/reservations/{held}/capture", payer.id, body)


WAYS = [to_user, to_account, by_split, by_gift, by_capture]


@pytest.mark.parametrize("pay", WAYS)
async def test_an_account_of_another_community_is_not_there(
    books: Books, api: Api, pay: Pay
) -> None:
    """The answer is that of an account that nobody has, and nothing moves."""
    ana = await books.open_person(10_000)
    ben, eve = await books.open_person(), await books.open_person(community="hillside")
    nobody = Person(new_id(), new_id(), new_id(), new_id())
    answer, unknown = await pay(api, ana, eve, ben), await pay(api, ana, nobody, ben)
    assert 400 <= answer.status_code < 500, answer.text
    assert (answer.status_code, answer.json()) == (unknown.status_code, unknown.json())
    assert (await books.balance(ana.main), await books.balance(eve.main)) == (10_000, 0)


@pytest.mark.parametrize("pay", WAYS)
async def test_in_one_community_it_is(books: Books, api: Api, pay: Pay) -> None:
    """So that it is the community that was in the way."""
    ana = await books.open_person(10_000, community="hillside")
    ben, cem = [await books.open_person(community="hillside") for _ in range(2)]
    answer = await pay(api, ana, ben, cem)
    assert answer.status_code in (200, 201), answer.text
