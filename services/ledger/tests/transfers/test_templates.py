"""Common movements by template: each moves what it says, is priced, and can be tried out."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.ids import new_id
from services.ledger.tests.books import Books, Person
from services.ledger.tests.conftest import Api

PATH = "/v1/transfers/templates"


async def use(api: Api, who: UUID, template: str, *, role: str = "MEMBER", **wish: Any) -> Any:
    """Send by a template."""
    body = {"template": template} | wish
    return await api.post(PATH, who, body, role=role)


async def foresee(api: Api, who: UUID, template: str, role: str = "MEMBER", **wish: Any) -> Any:
    """Try a template out."""
    body = {"template": template} | wish
    answer = await api.post(f"{PATH}?dry_run=true", who, body, role=role)
    assert answer.status_code == 200, answer.text
    return answer.json()


def problem_of(answer: Any) -> tuple[int, str]:
    """Status and name of a problem."""
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def amounts(told: Any) -> list[str]:
    """What moved, in order."""
    return [one["amount"] for one in told["entries"]]


async def charge(books: Books, api: Api) -> None:
    """Transfers cost one per cent from now on."""
    rules = [{"tier": "PLATFORM", "kind": "percentage", "bps": 100}]
    version = {"operation": "transfer", "asset": "LXC", "rules": rules, "reason": "first"}
    assert (await api.post("/v1/fee-schedules", new_id(), version, role="ADMIN")).is_success
    books.clock.move(timedelta(seconds=10))
    api.forget_prices()


async def three(books: Books) -> tuple[Person, Person, Person]:
    """Ana with 100.00, Ben and Cem."""
    return await books.open_person(10_000), await books.open_person(), await books.open_person()


def of(person: Person, amount: str = "60.00", **other: Any) -> dict[str, Any]:
    """Money of a person's."""
    return {"from_account": str(person.main), "amount": amount, "asset": "LXC"} | other


async def test_a_payment_is_a_transfer(own_books: Books, own_api: Api) -> None:
    """Priced alike, and kept under the same kind."""
    await charge(own_books, own_api)
    ana, ben, _ = await three(own_books)
    made = (await use(own_api, ana.id, "payment", **of(ana, to_user=str(ben.id)))).json()
    assert (made["kind"], amounts(made)) == ("transfer", ["-60.00", "59.40", "0.60"])


async def test_a_split_pays_several_at_once(own_books: Books, own_api: Api) -> None:
    """Each part is priced by itself; nobody saves fees by putting payments together."""
    await charge(own_books, own_api)
    ana, ben, cem = await three(own_books)
    parts = [
        {"to_user": str(ben.id), "amount": "10.50"},
        {"to_account": str(cem.main), "amount": "0.99"},
    ]
    wish: dict[str, Any] = {"from_account": str(ana.main), "asset": "LXC", "parts": parts}
    made = (await use(own_api, ana.id, "split", **wish)).json()
    assert amounts(made) == ["-11.49", "10.40", "0.99", "0.10"]
    assert made["fees"] == [{"tier": "PLATFORM", "amount": "0.10"}]
    twice = await use(own_api, ana.id, "split", **(wish | {"parts": [parts[0], parts[0]]}))
    assert problem_of(twice) == (409, "same-account")
    poor = [{"to_user": str(ben.id), "amount": "99.00"}, parts[1]]
    assert problem_of(await use(own_api, ana.id, "split", **(wish | {"parts": poor}))) == (
        409,
        "insufficient-funds",
    )
    assert await own_books.balance(cem.main) == 99
    await own_books.check()


async def test_a_refund_gives_back_what_was_got(own_books: Books, own_api: Api) -> None:
    """By who got it, in parts and never more; the payer gets it where it was paid from."""
    await charge(own_books, own_api)
    ana, ben, cem = await three(own_books)
    paid = (await use(own_api, ana.id, "payment", **of(ana, to_user=str(ben.id)))).json()["id"]
    assert problem_of(await use(own_api, ana.id, "refund", transfer_id=paid)) == (
        409,
        "not-refundable",
    )
    assert problem_of(await use(own_api, cem.id, "refund", transfer_id=paid)) == (
        404,
        "no-such-transfer",
    )
    part = await use(own_api, ben.id, "refund", transfer_id=paid, amount="9.40", memo="sorry")
    assert (part.json()["reverses"], amounts(part.json())) == (paid, ["-9.40", "9.40"])
    seen = await foresee(own_api, ben.id, "refund", transfer_id=paid)
    assert (amounts(seen), seen["balances"][0]["balance_after"]) == (["-50.00", "50.00"], "0.00")
    more = await use(own_api, ben.id, "refund", transfer_id=paid, amount="50.01")
    assert problem_of(more) == (409, "reversal-exceeds-original")
    assert (await use(own_api, ben.id, "refund", transfer_id=paid)).status_code == 201
    assert await own_books.balance(ana.main) == 9_940
    again = await use(own_api, ben.id, "refund", transfer_id=paid)
    assert problem_of(again) == (409, "reversal-exceeds-original")
    own = part.json()["id"]
    assert problem_of(await use(own_api, ana.id, "refund", transfer_id=own))[1] == "not-refundable"
    await own_books.check()


async def test_refunds_at_the_same_time_give_back_no_more(books: Books, api: Api) -> None:
    """Eight at once of a half each: SQL lets two of them pass."""
    ana, ben, cem = await three(books)
    paid = (await use(api, ana.id, "payment", **of(ana, to_user=str(ben.id)))).json()["id"]
    await books.issue(ben.main, 50_000)
    wishes = (use(api, ben.id, "refund", transfer_id=paid, amount="30.00") for _ in range(8))
    answers = await asyncio.gather(*wishes)
    assert sorted(one.status_code for one in answers) == [201] * 2 + [409] * 6
    assert await books.balance(ana.main) == 10_000
    assert await books.balance(cem.main) == 0


async def test_money_comes_and_goes_through_transit(own_books: Books, own_api: Api) -> None:
    """Operators' only; each channel has an account, which is what the outside owes."""
    ana, *_ = await three(own_books)
    operator = new_id()
    wish = {"channel": "bank", "amount": "25.00", "asset": "LXC", "reason": "paid in"}
    into = wish | {"to_user": str(ana.id)}
    refused = await use(own_api, ana.id, "deposit", **into)
    assert (refused.status_code, refused.json()["needs"]) == (403, ["OPERATOR", "ADMIN"])
    seen = await foresee(own_api, operator, "deposit", "OPERATOR", **into)
    stands = {one["account_type"]: one["balance_after"] for one in seen["balances"]}
    assert stands == {"MAIN": "125.00", "TRANSIT": "-25.00"}
    bank = "SELECT count(*) FROM account WHERE type = 'TRANSIT' AND name = 'bank'"
    assert not await own_books.value(bank)
    made = await use(own_api, operator, "deposit", role="OPERATOR", **into)
    assert (made.json()["kind"], made.json()["reason"]) == ("deposit", "paid in")
    out = wish | {"from_account": str(ana.main), "amount": "30.00"}
    assert (await use(own_api, operator, "withdrawal", role="ADMIN", **out)).status_code == 201
    assert await own_books.balance(ana.main) == 9_500
    transit = "SELECT balance_minor FROM account_balances WHERE type = 'TRANSIT' AND name = 'bank'"
    assert await own_books.value(transit) == 500
    await own_books.check()


async def test_the_same_key_moves_once(books: Books, api: Api) -> None:
    """A repeat is answered with the same bytes, also when nothing is left to be done again."""
    ana, ben, _ = await three(books)
    key = uuid4().hex
    body = {"template": "payment"} | of(ana, to_user=str(ben.id))
    first = await api.post(PATH, ana.id, body, key=key)
    again = await api.post(PATH, ana.id, body, key=key)
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    refund = {"template": "refund", "transfer_id": first.json()["id"]}
    given = await api.post(PATH, ben.id, refund, key=key)
    assert given.status_code == 201
    assert (await api.post(PATH, ben.id, refund, key=key)).content == given.content
    assert await books.balance(ana.main) == 10_000


@pytest.mark.parametrize(
    ("template", "other", "expected"),
    [
        ("theft", {}, (422, "malformed")),
        ("payment", {"amount": "0.00"}, (422, "malformed")),
        ("payment", {"to_user": str(UUID(int=5))}, (404, "no-such-account")),
        ("payment", {"from_account": str(UUID(int=5))}, (404, "no-such-account")),
        ("payment", {"amount": "100.01"}, (409, "insufficient-funds")),
        ("payment", {"asset": "USD"}, (404, "no-such-account")),
        ("payment", {"to_account": str(UUID(int=5))}, (422, "malformed")),
        ("split", {}, (422, "malformed")),
        ("refund", {}, (422, "malformed")),
    ],
)
async def test_what_cannot_be_is_named(
    books: Books, api: Api, template: str, other: dict[str, Any], expected: tuple[int, str]
) -> None:
    """The same problem when it is done and when it is tried out; nothing moves."""
    ana, ben, _ = await three(books)
    wish = of(ana, to_user=str(ben.id)) | other
    assert problem_of(await use(api, ana.id, template, **wish)) == expected
    if expected[0] != 422:
        seen = await foresee(api, ana.id, template, **wish)
        assert (seen["status"], seen["problem"]["type"].rpartition(":")[2]) == (
            "refused",
            expected[1],
        )
    assert await books.balance(ana.main) == 10_000


async def test_another_asset_than_the_accounts_is_refused(books: Books, api: Api) -> None:
    """An amount is read by the asset that was said: it never becomes another's minor units."""
    ana, ben, cem = await three(books)
    parts = [{"to_account": str(one.main), "amount": "1.000000"} for one in (ben, cem)]
    wish: dict[str, Any] = {"from_account": str(ana.main), "asset": "USDC", "parts": parts}
    assert problem_of(await use(api, ana.id, "split", **wish)) == (409, "wrong-asset")
    assert await books.balance(ana.main) == 10_000
