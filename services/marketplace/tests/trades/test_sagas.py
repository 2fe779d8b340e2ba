"""Trades that do not move are found, asked for again, or undone once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.operators import Office
from marketplace.trades.compensate import compensate_trade
from marketplace.trades.errors import IllegalStep, NoSuchTrade
from marketplace.trades.queries import select_sagas
from marketplace.trades.resume import resume_trade
from services.marketplace.tests.conftest import TOMORROW

OLGA = Office("olga", "the ledger lost a disk")


async def compensate(market: Any, trade: Any) -> str:
    """Undo a trade as the command does."""
    async with market.database.transaction() as conn:
        moved = await compensate_trade(conn, UUID(trade["id"]), OLGA, now=TOMORROW)
    return str(moved.state)


async def actions(market: Any, trade: Any) -> list[tuple[str, str, str]]:
    """What operators did to a trade."""
    rows = await market.database.pool.fetch(
        "SELECT acted_by, action, reason FROM operator_action WHERE subject = $1 ORDER BY id",
        trade["id"],
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("state", "command"),
    [("accepted", "FundEscrow"), ("confirmed", "ReleaseEscrow"), ("refunding", "RefundEscrow")],
)
async def test_what_the_ledger_owes_is_asked_for_again(
    market: Any, state: str, command: str
) -> None:
    """The same command as a new message; the trade stays where it is, and who asked is kept."""
    _, _, trade = await market.trade_in(state)
    before = await market.said(trade["id"])
    async with market.database.transaction() as conn:
        await resume_trade(conn, UUID(trade["id"]), OLGA)
    after = await market.said(trade["id"])
    sent = [said for said in before if said[0] == command]
    assert after[len(before) :] == sent
    assert await actions(market, trade) == [("olga", "saga.resume", OLGA.reason)]


async def test_a_split_is_asked_for_again_in_the_same_parts(market: Any) -> None:
    """What goes back is a field of the trade, so nothing is lost with the message."""
    seller, buyer, trade = await market.trade_in("handed_over")
    await seller.made(f"/trades/{trade['id']}/partial-refund", {"amount": "10.00"})
    await buyer.made(f"/trades/{trade['id']}/confirm")
    async with market.database.transaction() as conn:
        command = await resume_trade(conn, UUID(trade["id"]), OLGA)
    [first, again] = [
        body for name, body in await market.said(trade["id"]) if name == "SplitEscrow"
    ]
    assert first == again
    assert (type(command).__name__, first["payer_minor"]) == ("SplitEscrow", "1000")


async def test_a_trade_that_waits_for_people_is_not_resumed(market: Any) -> None:
    """Nothing is owed by the ledger there."""
    _, _, trade = await market.trade_in("funded")
    async with market.database.transaction() as conn:
        with pytest.raises(IllegalStep):
            await resume_trade(conn, UUID(trade["id"]), OLGA)
        with pytest.raises(NoSuchTrade):
            await resume_trade(conn, uuid4(), OLGA)


@pytest.mark.parametrize("state", ["accepted", "funded", "handed_over"])
async def test_compensation_runs_once(market: Any, state: str) -> None:
    """Many ask at once: one refund is commanded, and both parties see why."""
    _, buyer, trade = await market.trade_in(state)
    answers = await asyncio.gather(
        *(compensate(market, trade) for _ in range(8)), return_exceptions=True
    )
    assert answers.count("refunding") == 1
    assert all(isinstance(one, IllegalStep) for one in answers if one != "refunding")
    assert (await market.types(trade["id"])).count("RefundEscrow") == 1
    assert await actions(market, trade) == [("olga", "saga.compensate", OLGA.reason)]
    if state == "accepted":
        await market.ledger_says("fund", trade)
    await market.ledger_says("repay", trade)
    seen = (await buyer.get(f"/trades/{trade['id']}")).json()
    assert (seen["state"], seen["reason"]) == ("refunded", OLGA.reason)
    assert (await market.stock(trade["item_id"]))[2:] == (0, 0)


@pytest.mark.parametrize("state", ["offered", "confirmed", "disputed", "released"])
async def test_what_is_past_undoing_is_refused(market: Any, state: str) -> None:
    """Confirmed credits are the seller's; a dispute is ruled upon; an offer is nothing yet."""
    _, _, trade = await market.trade_in(state)
    with pytest.raises(IllegalStep):
        await compensate(market, trade)
    assert await actions(market, trade) == []


async def test_people_are_not_offered_what_only_the_office_may_do(market: Any) -> None:
    """Neither as an action of theirs nor as a way out of a refusal."""
    _, buyer, trade = await market.trade_in("funded")
    refused = await buyer.post(f"/trades/{trade['id']}/confirm")
    assert "compensate" not in refused.json()["possible"] + trade["actions"]


async def test_stuck_sagas_are_listed_the_oldest_first(market: Any) -> None:
    """Those that the ledger owes an answer; those that wait for people are under way, not stuck."""
    wanted = [(await market.trade_in(state))[2] for state in ("accepted", "refunding")]
    _, _, other = await market.trade_in("funded")
    async with market.database.connection() as conn:
        stuck = await select_sagas(conn, TOMORROW + timedelta(seconds=1), 1000)
        recent = await select_sagas(conn, datetime(2026, 1, 1, tzinfo=UTC), 1000)
        under_way = await select_sagas(conn, None, 1000)
    ids = [str(saga["id"]) for saga in stuck]
    assert {trade["id"] for trade in wanted} <= set(ids)
    assert other["id"] not in ids
    assert other["id"] in [str(saga["id"]) for saga in under_way]
    assert recent == []
