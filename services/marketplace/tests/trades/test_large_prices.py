"""Who agrees to pay much has shown lately who they are; who asks for it need not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chassis.step_up import FRESH
from services.marketplace.tests.conftest import Market, Member

MUCH = "10000.01"


def proven(market: Market, member: Member, ago: timedelta | None) -> Member:
    """The same member, who has shown so long ago who they are."""
    at = None if ago is None else market.clock.now() - ago
    return replace(member, caller=replace(member.caller, proven_at=at))


async def offered(market: Market, amount: str = "1.00") -> tuple[Member, Member, str]:
    """Seller, buyer and the path of a trade."""
    seller, buyer, trade = await market.trade_in("offered", amount=amount)
    return seller, buyer, f"/trades/{trade['id']}"


@pytest.mark.parametrize("ago", [None, FRESH + timedelta(seconds=1)])
async def test_a_buyer_accepts_a_large_price_with_a_fresh_proof_only(
    market: Market, ago: timedelta | None
) -> None:
    """Offered small, countered large: the seller may ask, and the acceptance is what pays."""
    seller, buyer, path = await offered(market)
    assert (await seller.post(f"{path}/counter", {"amount": MUCH})).status_code == 200
    refused = await proven(market, buyer, ago).post(f"{path}/accept")
    problem: dict[str, Any] = refused.json()
    assert (refused.status_code, problem["type"]) == (403, "urn:localex:problem:step-up-needed")
    assert (problem["limit"], problem["step_up"]) == (
        "10000.00 LXC",
        "/v1/sessions/current/step-up",
    )
    assert (await buyer.get(path)).json()["state"] == "offered"
    fresh = proven(market, buyer, FRESH - timedelta(seconds=5))
    assert (await fresh.post(f"{path}/accept")).json()["state"] == "accepted"


async def test_a_buyer_names_a_large_price_with_a_fresh_proof_only(market: Market) -> None:
    """The seller could accept it at once: so it is asked for when the buyer names it."""
    seller, buyer, path = await offered(market)
    assert (await seller.post(f"{path}/counter", {"amount": "2.00"})).status_code == 200
    refused = await buyer.post(f"{path}/counter", {"amount": MUCH})
    assert refused.json()["type"] == "urn:localex:problem:step-up-needed"
    assert (await buyer.get(path)).json()["amount"] == "2.00"
    fresh = proven(market, buyer, timedelta())
    assert (await fresh.post(f"{path}/counter", {"amount": MUCH})).status_code == 200
    assert (await seller.post(f"{path}/accept")).json()["state"] == "accepted"


async def test_a_large_offer_needs_a_fresh_proof(market: Market) -> None:
    """Here, too, and not at the gateway alone."""
    seller, buyer = market.member(), market.member()
    item = await market.sell(seller)
    wish = {"item_id": item["id"], "amount": MUCH, "asset": "LXC"}
    refused = await buyer.post("/trades", wish)
    assert refused.json()["type"] == "urn:localex:problem:step-up-needed"
    fresh = proven(market, buyer, timedelta())
    assert (await fresh.post("/trades", wish)).status_code == 201


async def test_a_program_needs_the_scope_for_large_payments(market: Market) -> None:
    """However lately its session began."""
    seller, buyer, path = await offered(market)
    await seller.made(f"{path}/counter", {"amount": MUCH})
    fresh = proven(market, buyer, timedelta())
    scopes = frozenset({"trades:write"})
    program = replace(fresh, caller=replace(fresh.caller, scopes=scopes))
    refused = await program.post(f"{path}/accept")
    assert refused.json()["type"] == "urn:localex:problem:programs-may-not"
    assert refused.json()["needs"] == ["large-payments"]
    allowed = replace(program, caller=replace(program.caller, scopes=scopes | {"large-payments"}))
    assert (await allowed.post(f"{path}/accept")).status_code == 200
