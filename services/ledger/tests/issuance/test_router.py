"""Issuing credits over HTTP."""

from uuid import uuid4

import pytest

from chassis.ids import new_id
from services.ledger.tests.books import Books
from services.ledger.tests.conftest import Api


async def test_an_operator_issues_credits(books: Books, api: Api) -> None:
    """The money comes from the community's issuance account; who and why is kept."""
    ana, operator = await books.open_person(), new_id()
    body = {"to_user": str(ana.id), "amount": "100.00", "asset": "LXC", "reason": "welcome"}
    answer = await api.post("/v1/issuances", operator, body, role="OPERATOR", key="i")
    again = await api.post("/v1/issuances", operator, body, role="OPERATOR", key="i")
    assert answer.status_code == 201
    assert again.content == answer.content
    issued = answer.json()
    assert (issued["kind"], issued["reason"]) == ("issuance", "welcome")
    assert [one["amount"] for one in issued["entries"]] == ["-100.00", "100.00"]
    assert await books.balance(ana.main) == 10_000
    [kept] = await books.rows("SELECT * FROM transfer WHERE id = $1", issued["id"])
    assert (kept["initiated_by"], kept["metadata"]) == (operator, {"reason": "welcome"})
    await books.check()


@pytest.mark.parametrize("role", ["MEMBER", "VENDOR", "RETAILER"])
async def test_only_operators_issue(books: Books, api: Api, role: str) -> None:
    """Money is not made by who gets it."""
    ana = await books.open_person()
    body = {"to_user": str(ana.id), "amount": "1.00", "asset": "LXC", "reason": "please"}
    answer = await api.post("/v1/issuances", ana.id, body, role=role)
    assert answer.status_code == 403
    assert await books.balance(ana.main) == 0


@pytest.mark.parametrize(
    ("change", "status", "problem"),
    [
        ({"amount": "100000000.01"}, 409, "issuance-too-large"),
        ({"to_user": str(uuid4())}, 404, "no-such-account"),
        ({"asset": "EUR"}, 404, "no-such-account"),
        ({"asset": "GOLD"}, 422, "malformed"),
        ({"amount": "0"}, 422, "malformed"),
        ({"reason": " "}, 422, "malformed"),
        ({"reason": None}, 422, "malformed"),
        ({"to_user": None}, 422, "malformed"),
        ({"to_account": str(uuid4())}, 422, "malformed"),
    ],
)
async def test_what_cannot_be_issued(
    books: Books, api: Api, change: dict[str, object], status: int, problem: str
) -> None:
    """The limit of one issuance, unknown people and bad fields."""
    ana = await books.open_person()
    body = {"to_user": str(ana.id), "amount": "1.00", "asset": "LXC", "reason": "x"} | change
    answer = await api.post("/v1/issuances", new_id(), body, role="OPERATOR")
    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"urn:localex:problem:{problem}"
    assert await books.balance(ana.main) == 0


async def test_the_limit_itself_may_be_issued(books: Books, api: Api) -> None:
    """10,000.00 is fine."""
    ana = await books.open_person()
    body = {"to_account": str(ana.main), "amount": "10000.00", "asset": "LXC", "reason": "x"}
    answer = await api.post("/v1/issuances", new_id(), body, role="ADMIN")
    assert answer.status_code == 201


async def test_credits_are_issued_to_main_accounts(books: Books, api: Api) -> None:
    """Not into escrow, nor to the system itself."""
    ana = await books.open_person()
    for account in (ana.escrow, await books.issuance()):
        body = {"to_account": str(account), "amount": "1.00", "asset": "LXC", "reason": "x"}
        answer = await api.post("/v1/issuances", new_id(), body, role="OPERATOR")
        assert answer.json()["type"] == "urn:localex:problem:not-a-persons-account"


async def test_credits_are_burnt(books: Books, api: Api) -> None:
    """Back to where they were issued from, with a reason; never more than is there."""
    ana = await books.open_person(10_000)
    body = {"from_account": str(ana.main), "amount": "40.00", "asset": "LXC", "reason": "returned"}
    before = await books.balance(await books.issuance())
    assert (await api.post("/v1/issuances/burn", ana.id, body)).status_code == 403
    made = await api.post("/v1/issuances/burn", ana.id, body, role="OPERATOR")
    assert (made.status_code, made.json()["kind"], made.json()["reason"]) == (
        201,
        "burn",
        "returned",
    )
    assert await books.balance(await books.issuance()) - before == 4_000
    more = await api.post("/v1/issuances/burn", ana.id, body | {"amount": "60.01"}, role="ADMIN")
    assert more.json()["type"].endswith("insufficient-funds")
    gift = body | {"from_account": str(ana.gift)}
    refused = await api.post("/v1/issuances/burn", ana.id, gift, role="ADMIN")
    assert refused.json()["type"].endswith("not-a-persons-account")
    await books.check()


async def test_issuing_and_burning_are_tried_out(own_books: Books, own_api: Api) -> None:
    """The balances on both sides, the limit as a problem, and no account is opened."""
    ana = await own_books.open_person()
    wish = {"to_user": str(ana.id), "amount": "10.00", "asset": "LXC", "reason": "first"}
    path = "/v1/issuances?dry_run=true"
    told = await own_api.post(path, ana.id, wish, role="OPERATOR")
    seen = told.json()
    assert told.headers["x-looked-at"] == str(ana.id)
    stands = {one["account_type"]: one["balance_after"] for one in seen["balances"]}
    assert (seen["status"], stands) == ("posted", {"ISSUANCE": "-10.00", "MAIN": "10.00"})
    over = (await own_api.post(path, ana.id, wish | {"amount": "10000.01"}, role="ADMIN")).json()
    assert over["problem"]["type"].endswith("second-operator")
    assert over["problem"]["limit"] == "10000.00"
    burn = {"from_account": str(ana.main), "amount": "0.01", "asset": "LXC", "reason": "none"}
    none = await own_api.post("/v1/issuances/burn?dry_run=true", ana.id, burn, role="ADMIN")
    assert none.json()["problem"]["type"].endswith("insufficient-funds")
    assert none.headers["x-looked-at"] == str(ana.id)
    assert await own_books.value("SELECT count(*) FROM account WHERE owner_id IS NULL") == 0
