"""Reversing transfers over HTTP: whole, in part, once, and never more than was moved."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from chassis.ids import new_id
from ledger.journal.models import Movement, Posted, Transfer
from services.ledger.tests.books import Books, Person, transfer
from services.ledger.tests.conftest import Api


async def sent(books: Books, amount: int = 6_000) -> tuple[UUID, Person, Person]:
    """A transfer from Ana's 100.00 to Ben."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    [verdict] = await books.post(transfer(ana.main, ben.main, amount))
    assert isinstance(verdict, Posted)
    return verdict.transfer.id, ana, ben


async def reverse(
    api: Api, transfer_id: UUID, key: str | None = None, **body: Any
) -> httpx2.Response:
    """An operator's reversal."""
    path = f"/v1/transfers/{transfer_id}/reverse"
    return await api.post(path, OPERATOR, body, role="OPERATOR", key=key)


OPERATOR = new_id()


async def test_the_whole_is_given_back_and_linked(books: Books, api: Api) -> None:
    """The money returns, by a transfer that names what it reverses and why."""
    original, ana, ben = await sent(books)
    answer = await reverse(api, original, reason="sent by mistake")
    assert answer.status_code == 201, answer.text
    back = answer.json()
    assert (back["kind"], back["reverses"]) == ("reversal", str(original))
    assert back["reason"] == "sent by mistake"
    assert (await books.balance(ana.main), await books.balance(ben.main)) == (10_000, 0)
    seen = (await api.get(answer.headers["location"], ana.id)).json()
    assert seen["reverses"] == str(original)
    [row] = await books.rows("SELECT payload FROM outbox WHERE key = $1", back["id"])
    assert str(original) in str(row["payload"])
    await books.check()


async def test_parts_are_given_back_until_nothing_is_left(books: Books, api: Api) -> None:
    """20.00, then all that is left; then 409 with what is left, kept for audit."""
    original, ana, _ = await sent(books)
    assert (await reverse(api, original, amount="20.00")).status_code == 201
    assert await books.balance(ana.main) == 6_000
    more = await reverse(api, original, amount="40.01")
    assert (more.status_code, more.json()["left"]) == (409, "40.00")
    assert more.json()["type"].endswith(":reversal-exceeds-original")
    rest = await reverse(api, original)
    assert [one["amount"] for one in rest.json()["entries"]] == ["40.00", "-40.00"]
    again = await reverse(api, original)
    assert (again.status_code, again.json()["left"]) == (409, "0")
    kept = await books.value(
        "SELECT count(*) FROM refused_attempt WHERE initiated_by = $1 AND account_id IS NOT NULL "
        "AND rule = 'reversal-exceeds-original'",
        OPERATOR,
    )
    assert kept == 2
    assert await books.balance(ana.main) == 10_000


async def test_the_same_key_reverses_once(books: Books, api: Api) -> None:
    """The same bytes again; the same key for another transfer or amount is a conflict."""
    original, ana, _ = await sent(books)
    first = await reverse(api, original, "once", amount="10.00")
    again = await reverse(api, original, "once", amount="10.00")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    other = await reverse(api, original, "once", amount="11.00")
    assert (other.status_code, other.json()["differs"]) == (409, ["amount"])
    elsewhere = await reverse(api, uuid4(), "once", amount="10.00")
    assert (elsewhere.status_code, elsewhere.json()["differs"]) == (409, ["transfer_id"])
    assert await books.balance(ana.main) == 5_000


async def test_many_at_once_give_back_no_more_than_was_moved(books: Books, api: Api) -> None:
    """Of ten reversals of half of it at the same time, two come through."""
    original, ana, ben = await sent(books)
    await books.issue(ben.main, 100_000)
    answers = await asyncio.gather(*(reverse(api, original, amount="30.00") for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 8
    refused = {answer.json()["type"] for answer in answers if answer.status_code == 409}
    assert refused == {"urn:localex:problem:reversal-exceeds-original"}
    assert await books.balance(ana.main) == 10_000


async def refusal(books: Books, api: Api, case: str) -> tuple[int, str]:
    """Status and problem of a reversal that cannot be."""
    original, ana, ben = await sent(books)
    match case:
        case "a reversal":
            original = UUID((await reverse(api, original)).json()["id"])
        case "what is not there":
            original = uuid4()
        case "what was spent":
            await books.post(transfer(ben.main, ana.main, 6_000))
        case "an escrow's":
            [verdict] = await books.post(
                Transfer(
                    new_id(),
                    "escrow.fund",
                    (Movement(ana.main, "LXC", -1), Movement(ana.escrow, "LXC", 1)),
                )
            )
            original = verdict.transfer.id
    answer = await reverse(api, original)
    await books.check()
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


@pytest.mark.parametrize(
    ("case", "status", "problem"),
    [
        ("a reversal", 409, "reversal-of-reversal"),
        ("what is not there", 404, "no-such-transfer"),
        ("what was spent", 409, "insufficient-funds"),
        ("an escrow's", 409, "not-reversible"),
    ],
)
async def test_what_cannot_be_reversed_says_why(
    books: Books, api: Api, case: str, status: int, problem: str
) -> None:
    """Each has its status and name; a refusal is kept for audit."""
    assert await refusal(books, api, case) == (status, problem)
    if status == 409:
        found = await books.value("SELECT rule FROM refused_attempt ORDER BY id DESC LIMIT 1")
        assert found == problem


async def test_a_transfer_of_many_is_reversed_whole(books: Books, api: Api) -> None:
    """A part of it would leave open whose; the whole goes back to everyone."""
    people = [await books.open_person(1_000) for _ in range(3)]
    amounts = (-900, 300, 600)
    moves = (Movement(p.main, "LXC", a) for p, a in zip(people, amounts, strict=True))
    [verdict] = await books.post(Transfer(new_id(), "split", tuple(moves)))
    part = await reverse(api, verdict.transfer.id, amount="1.00")
    assert (part.status_code, part.json()["type"].rpartition(":")[2]) == (409, "part-of-many")
    kept = "SELECT rule, kind FROM refused_attempt ORDER BY id DESC LIMIT 1"
    assert tuple((await books.rows(kept))[0]) == ("part-of-many", "reversal")
    assert (await reverse(api, verdict.transfer.id)).status_code == 201
    assert [await books.balance(person.main) for person in people] == [1_000] * 3


async def test_only_operators_reverse(books: Books, api: Api) -> None:
    """Not even the one who sent it, or the one who has it."""
    original, ana, ben = await sent(books)
    for who in (ana, ben):
        answer = await api.post(f"/v1/transfers/{original}/reverse", who.id, {})
        assert answer.status_code == 403
    assert await books.balance(ben.main) == 6_000


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": 1}, "amount"),
        ({"colour": "red"}, "colour"),
        ({"reason": "nul \x00"}, "reason"),
    ],
)
async def test_bad_wishes_name_the_field(
    books: Books, api: Api, body: dict[str, Any], field: str
) -> None:
    """422, and nothing moves."""
    original, _, ben = await sent(books)
    answer = await reverse(api, original, **body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert await books.balance(ben.main) == 6_000
