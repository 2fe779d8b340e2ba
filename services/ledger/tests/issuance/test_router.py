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
        ({"amount": "10000.01"}, 409, "issuance-too-large"),
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
