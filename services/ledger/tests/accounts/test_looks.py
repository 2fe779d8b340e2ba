"""Whose account an operator is shown is told the gateway, which writes it down."""

import pytest

from chassis.ids import new_id
from contracts.ledger import FundEscrow
from services.ledger.tests.books import Books
from services.ledger.tests.conftest import Api
from services.ledger.tests.escrow.test_price import carry_out

PATHS = (
    "/v1/accounts/{account}",
    "/v1/accounts/{account}/balance",
    "/v1/accounts/{account}/balance?effective_at=2026-01-01T00:00:00Z",
    "/v1/accounts/{account}/entries",
    "/v1/accounts/{account}/statement?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z",
    "/v1/accounts/{account}/explain",
    "/v1/accounts?owner_id={owner}",
)


@pytest.mark.parametrize("path", PATHS)
async def test_an_operators_look_is_told(books: Books, api: Api, path: str) -> None:
    """By the owner's id, on each way to an account; to its owner it is no look."""
    ana = await books.open_person(5)
    asked = path.format(account=ana.main, owner=ana.id)
    seen = await api.get(asked, new_id(), role="OPERATOR")
    assert (seen.status_code, seen.headers["x-looked-at"]) == (200, str(ana.id))
    own = await api.get(asked, ana.id)
    assert own.status_code == 200
    assert "x-looked-at" not in own.headers


async def test_looks_at_transfers_and_escrows_are_told(books: Books, api: Api) -> None:
    """Of both sides; the two themselves look at nobody."""
    payer, payee = await books.open_person(20_000), await books.open_person()
    wish = {
        "from_account": str(payer.main),
        "to_user": str(payee.id),
        "amount": "1.00",
        "asset": "LXC",
    }
    sent = (await api.post("/v1/transfers", payer.id, wish)).json()
    command = FundEscrow(
        escrow_id=new_id(), payer_id=payer.id, payee_id=payee.id, amount_minor=100, asset="LXC"
    )
    await carry_out(books, command)
    both = {str(payer.id), str(payee.id)}
    for path in (f"/v1/transfers/{sent['id']}", f"/v1/escrows/{command.escrow_id}"):
        seen = await api.get(path, new_id(), role="OPERATOR")
        assert set(seen.headers["x-looked-at"].split(",")) == both
        for person in (payer, payee):
            own = await api.get(path, person.id)
            assert own.status_code == 200
            assert "x-looked-at" not in own.headers
