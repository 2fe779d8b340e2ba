"""Barter: both sides' items are held together, both hand over, both confirm, and time ends it."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.marketplace.tests.conftest import Market, Member

BARTER = {"pricing": "barter", "price": None, "asset": None, "wanted": "A bicycle"}


COPY = "INSERT INTO trade SELECT (jsonb_populate_record(t, $2)).* FROM trade AS t WHERE id = $1"


async def wanted(market: Market, seller: Member, **fields: Any) -> dict[str, Any]:
    """An item that is up for barter."""
    return await market.sell(seller, **{**BARTER, "title": "Loom", **fields})


async def barter(
    market: Market, state: str = "offered", **terms: Any
) -> tuple[Member, Member, dict[str, Any], str]:
    """Seller, buyer, their barter of a loom for a bicycle, brought to a state, and the bicycle."""
    seller, buyer = market.member(), market.member()
    loom, bicycle = await wanted(market, seller), await market.sell(buyer)
    body = {"item_id": loom["id"], "gives": [{"item_id": bicycle["id"]}], **terms}
    trade = await buyer.made("/trades", body)
    path = f"/trades/{trade['id']}"
    if state != "offered":
        trade = await seller.made(f"{path}/accept")
    if state != "offered" and terms:
        await market.ledger_says("fund", trade)
    if state == "handed_over":
        await seller.made(f"{path}/hand-over")
        await buyer.made(f"{path}/hand-over")
    return seller, buyer, (await buyer.get(path)).json(), bicycle["id"]


async def test_the_way_of_a_barter_without_credits(market: Any) -> None:
    """Nothing is asked of the ledger; each hands over and confirms; both items are gone."""
    seller, buyer, trade, bicycle = await barter(market)
    path = f"/trades/{trade['id']}"
    assert (trade["kind"], trade["amount"], trade["awaits"]) == ("barter", "0.00", "seller")
    assert trade["gives"] == [{"item_id": bicycle, "title": "Bicycle", "quantity": 1}]
    trade = await seller.made(f"{path}/accept")
    assert (trade["state"], trade["awaits"], trade["when_due"]) == ("funded", "both", "refunds")
    for item in (trade["item_id"], bicycle):
        assert await market.stock(item) == ("reserved", 1, 1, 0)
    trade = await buyer.made(f"{path}/hand-over")
    assert (trade["state"], trade["awaits"], trade["handed_over_by"]) == (
        "funded", "seller", ["buyer"],
    )  # fmt: skip
    assert (await buyer.post(f"{path}/hand-over")).status_code == 403
    trade = await seller.made(f"{path}/hand-over")
    assert (trade["state"], trade["awaits"], trade["when_due"]) == (
        "handed_over", "both", "releases",
    )  # fmt: skip
    trade = await seller.made(f"{path}/confirm")
    assert (trade["state"], trade["awaits"], trade["confirmed_by"]) == (
        "handed_over", "buyer", ["seller"],
    )  # fmt: skip
    trade = await buyer.made(f"{path}/confirm")
    assert (trade["state"], trade["fee"], trade["awaits"]) == ("released", "0.00", None)
    for item in (trade["item_id"], bicycle):
        assert await market.stock(item) == ("sold", 1, 0, 1)
    assert await market.types(trade["id"]) == [
        "TradeOffered", "TradeAccepted", "TradeFunded", "TradeSideHandedOver", "TradeHandedOver",
        "TradeSideConfirmed", "TradeConfirmed", "TradeReleased",
    ]  # fmt: skip
    rated = [await one.post(f"{path}/ratings", {"stars": 5}) for one in (seller, buyer)]
    assert [answer.status_code for answer in rated] == [201, 201]


async def test_credits_on_top_go_through_escrow(market: Any) -> None:
    """10.00 on top: the ledger is asked for them, and both items wait with them."""
    seller, buyer, trade, bicycle = await barter(market, amount="10.00", asset="LXC")
    path = f"/trades/{trade['id']}"
    trade = await seller.made(f"{path}/counter", {"amount": "12.00"})
    trade = await buyer.made(f"{path}/accept")
    assert (trade["state"], trade["amount"]) == ("accepted", "12.00")
    assert dict(await market.said(trade["id"]))["FundEscrow"]["amount_minor"] == "1200"
    await market.ledger_says("fund", trade)
    for one in (seller, buyer):
        await one.made(f"{path}/hand-over")
    for one in (buyer, seller):
        await one.made(f"{path}/confirm")
    assert (await market.types(trade["id"]))[-1] == "ReleaseEscrow"
    await market.ledger_says("pay", trade)
    assert await market.stock(bicycle) == ("sold", 1, 0, 1)


async def test_a_refused_escrow_frees_both_items(market: Any) -> None:
    """The credits on top were not there: nothing is held any longer."""
    seller, _, trade, bicycle = await barter(market, amount="10.00", asset="LXC")
    trade = await seller.made(f"/trades/{trade['id']}/accept")
    await market.ledger_says("refuse", trade)
    for item in (trade["item_id"], bicycle):
        assert await market.stock(item) == ("active", 1, 0, 0)


@pytest.mark.parametrize("who", ["seller", "buyer"])
async def test_either_can_dispute_and_an_operator_ends_it(market: Any, who: str) -> None:
    """Also after one has handed over; ruled to be undone, both items are free again."""
    seller, buyer, trade, bicycle = await barter(market, "funded")
    path = f"/trades/{trade['id']}"
    await seller.made(f"{path}/hand-over")
    one = seller if who == "seller" else buyer
    await one.made(f"{path}/dispute", {"reason": "the loom is warped"})
    assert (await buyer.post(f"{path}/confirm")).status_code == 409
    judge = market.member("OPERATOR")
    split = {"ruling": "split", "buyer_gets": "1.00", "reason": "half"}
    assert (await judge.post(f"{path}/resolve", split)).status_code == 409
    done = await judge.made(f"{path}/resolve", {"ruling": "refund", "reason": "each keeps theirs"})
    assert done["state"] == "refunded"
    for item in (trade["item_id"], bicycle):
        assert await market.stock(item) == ("active", 1, 0, 0)
    assert (await market.types(trade["id"]))[-2:] == ["TradeResolved", "TradeRefunded"]


async def test_time_undoes_what_only_one_handed_over(market: Any) -> None:
    """The other never came: both items are free again."""
    seller, buyer, trade, bicycle = await barter(market, "funded")
    await seller.made(f"/trades/{trade['id']}/hand-over")
    market.clock.move(timedelta(days=30))
    await market.timers.fire_due()
    assert (await buyer.get(f"/trades/{trade['id']}")).json()["state"] == "refunded"
    for item in (trade["item_id"], bicycle):
        assert await market.stock(item) == ("active", 1, 0, 0)


async def test_what_both_handed_over_stands_when_nobody_says_more(market: Any) -> None:
    """Both said so, and neither disputed it in time."""
    _, buyer, trade, bicycle = await barter(market, "handed_over")
    market.clock.move(timedelta(days=30))
    await market.timers.fire_due()
    done = (await buyer.get(f"/trades/{trade['id']}")).json()
    assert (done["state"], done["confirmed_by"]) == ("released", [])
    assert await market.stock(bicycle) == ("sold", 1, 0, 1)


async def test_one_item_in_two_barters_and_a_sale_goes_once(market: Any) -> None:
    """All three are accepted at once: exactly one has the bicycle, the others hold nothing."""
    for _ in range(5):
        ben = market.member()
        bicycle = await market.sell(ben)
        accepting, looms = [], []
        for _ in range(2):
            seller = market.member()
            loom = await wanted(market, seller)
            looms.append(loom["id"])
            body = {"item_id": loom["id"], "gives": [{"item_id": bicycle["id"]}]}
            trade = await ben.made("/trades", body)
            accepting.append((seller, trade["id"]))
        offer = {"item_id": bicycle["id"], "amount": "60.00", "asset": "LXC"}
        accepting.append((ben, (await market.member().made("/trades", offer))["id"]))
        answers = await asyncio.gather(
            *(one.post(f"/trades/{trade}/accept") for one, trade in accepting)
        )
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 2}
        assert await market.stock(bicycle["id"]) == ("reserved", 1, 1, 0)
        held = [(await market.stock(loom))[2] for loom in looms]
        assert held == [int(answer.status_code == 200) for answer in answers[:2]]


async def test_two_barters_of_the_same_two_items_do_not_wait_for_each_other(market: Any) -> None:
    """Each wants what the other gives: one wins, whoever comes first, and nobody is deadlocked."""
    for _ in range(5):
        ana, ben = market.member(), market.member()
        looms = [await wanted(market, one) for one in (ana, ben)]
        pairs = [(ben, looms[0], looms[1]), (ana, looms[1], looms[0])]
        trades = [
            await one.made("/trades", {"item_id": want["id"], "gives": [{"item_id": gives["id"]}]})
            for one, want, gives in pairs
        ]
        answers = await asyncio.gather(
            ana.post(f"/trades/{trades[0]['id']}/accept"),
            ben.post(f"/trades/{trades[1]['id']}/accept"),
        )
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 1}


@pytest.mark.parametrize(
    ("change", "status", "problem"),
    [
        ({"gives": []}, 409, "not-for-credits"),
        ({"gives": [], "amount": "5.00", "asset": "LXC"}, 409, "not-for-credits"),
        ({"gives": ["mine", "mine"]}, 422, "unnamed"),
        ({"gives": ["theirs"]}, 409, "not-yours-to-give"),
        ({"gives": ["wanted"]}, 409, "not-yours-to-give"),
        ({"gives": ["unknown"]}, 404, "no-such-item"),
        ({"gives": ["sold"]}, 409, "not-on-offer"),
        ({"gives": ["many"]}, 409, "out-of-stock"),
        ({"amount": "5.00"}, 422, "unnamed"),
        ({"asset": "ZZZ"}, 422, "malformed"),
        ({"amount": "0.00", "asset": "LXC"}, 422, "amount-not-positive"),
        ({"amount": "5.00", "asset": "LXC", "gift_amount": "1.00"}, 409, "no-gift-credits"),
        ({"gives": ["mine"] * 11}, 422, "malformed"),
    ],
)
async def test_an_offer_that_does_not_fit_is_refused_by_name(
    market: Any, change: dict[str, Any], status: int, problem: str
) -> None:
    """Nothing given, twice, somebody else's, not there; an amount without its asset."""
    seller, buyer = market.member(), market.member()
    ids = {
        "wanted": (await wanted(market, seller))["id"],
        "mine": (await market.sell(buyer))["id"],
        "theirs": (await market.sell(market.member()))["id"],
        "unknown": str(uuid4()),
        "sold": (await market.sell(buyer))["id"],
        "many": (await market.sell(buyer))["id"],
    }
    taken = await seller.made(
        "/trades", {"item_id": ids["sold"], "amount": "60.00", "asset": "LXC"}
    )
    await buyer.made(f"/trades/{taken['id']}/accept")
    names = change.get("gives", ["mine"])
    gives = [{"item_id": ids[name], "quantity": 1 + (name == "many")} for name in names]
    body = {"item_id": ids["wanted"], **change, "gives": gives}
    answer = await buyer.post("/trades", body)
    assert answer.status_code == status, answer.text
    assert answer.json()["type"].rpartition(":")[2].rpartition("/")[2] == problem


async def test_items_are_given_for_barter_only(market: Any) -> None:
    """What has a price is sold."""
    seller, buyer = market.member(), market.member()
    item, mine = await market.sell(seller), await market.sell(buyer)
    body = {"item_id": item["id"], "gives": [{"item_id": mine["id"]}]}
    answer = await buyer.post("/trades", {**body, "amount": "1.00", "asset": "LXC"})
    assert (answer.status_code, answer.json()["type"][-14:]) == (409, "not-for-barter")


async def test_a_barter_has_no_code(market: Any) -> None:
    """It would prove half of it; neither the service nor the database makes one."""
    _, buyer, trade, _ = await barter(market, "funded")
    answer = await buyer.post(f"/trades/{trade['id']}/code")
    assert (answer.status_code, answer.json()["title"]) == (409, "A barter has no code")
    with pytest.raises(asyncpg.CheckViolationError, match="trade_code_when_funded"):
        await market.database.pool.execute(
            "INSERT INTO trade_code VALUES ($1, 1, $2, $3, 5, 'open', now())",
            trade["id"], b"s" * 16, b"h" * 32,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "change", "constraint"),
    [
        ("funded", "state = 'handed_over'", "trade_both_handed_over"),
        ("funded", "state = 'handed_over', seller_gave_at = now()", "trade_both_handed_over"),
        ("funded", "seller_got_at = now()", "trade_side_says_in_its_state"),
        ("handed_over", "seller_gave_at = now()", "trade_side_says_once"),
        ("handed_over", "buyer_gave_at = NULL", "trade_side_says_once"),
        ("handed_over", "state = 'confirmed'", "trade_both_confirmed"),
        ("handed_over", "state = 'confirmed', buyer_got_at = now()", "trade_both_confirmed"),
        ("offered", "state = 'accepted'", "item_stock_agrees"),
    ],
)
async def test_the_database_holds_both_hand_overs(
    market: Any, state: str, change: str, constraint: str
) -> None:
    """One side's word is not both's; what was said stays said; what is given is held, too."""
    _, _, trade, _ = await barter(market, state)
    statement = f"UPDATE trade SET version = version + 1, {change} WHERE id = $1"
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await market.database.pool.execute(statement, trade["id"])
    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"given": "theirs"}, "trade_given_by_buyer"),
        ({"given": "wanted"}, "trade_given_by_buyer"),
        ({"given": "twice"}, "trade_item_pkey"),
        ({"given": "none"}, "trade_given_in_barter"),
        ({"given": "own", "kind": "sale"}, "trade_amount_positive"),
        ({"given": "own", "kind": "gift", "amount_minor": 5}, "trade_gift_is_free"),
        (
            {"given": "none", "kind": "gift", "seller_gave_at": "2026-11-22"},
            "trade_sides_in_barter",
        ),
    ],
)
async def test_the_database_holds_what_a_barter_is(
    market: Any, change: dict[str, Any], constraint: str
) -> None:
    """Whatever the service would write: the buyer's own items, each once, in a barter only."""
    _, _, trade, bicycle = await barter(market)
    theirs = (await market.sell(market.member()))["id"]
    pieces = {"theirs": [theirs], "wanted": [trade["item_id"]], "twice": [bicycle] * 2}
    pieces |= {"none": [], "own": [bicycle]}
    given = [{"item_id": one, "title": "x", "quantity": 1} for one in pieces[change["given"]]]
    fields = {**change, "given": given, "id": str(uuid4())}
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await market.database.pool.execute(
            COPY,
            trade["id"],
            fields,
        )
    assert refused.value.constraint_name == constraint


async def test_the_database_wants_what_is_given_held_as_well(market: Any) -> None:
    """The wanted item is held, and what is given for it is not: refused at commit."""
    _, _, trade, bicycle = await barter(market)

    async def half() -> None:
        async with market.database.transaction() as conn:
            await conn.execute(
                "UPDATE item SET version = version + 1, reserved = 1, status = 'reserved' "
                "WHERE id = $1",
                trade["item_id"],
            )
            await conn.execute(
                "UPDATE trade SET version = 2, state = 'accepted' WHERE id = $1", trade["id"]
            )

    with pytest.raises(asyncpg.CheckViolationError, match=bicycle) as refused:
        await half()
    assert refused.value.constraint_name == "item_stock_agrees"


async def test_what_was_given_is_nobodys_to_change(market: Any) -> None:
    """The service reads `trade_item`, and does not write it."""
    _, _, trade, _ = await barter(market)
    for statement in (
        "UPDATE trade_item SET quantity = 2 WHERE trade_id = $1",
        "DELETE FROM trade_item WHERE trade_id = $1",
        "UPDATE trade SET given = '[]' WHERE id = $1",
        "UPDATE trade SET kind = 'sale' WHERE id = $1",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await market.database.pool.execute(statement, trade["id"])
