"""Trades only ever move where they may; each rule as a table or a property."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.marketplace_trades import TradeState
from marketplace.trades.errors import IllegalStep, NotYourStep
from marketplace.trades.lifecycle import (
    HOLDING,
    MOVES,
    STEPS,
    actions_of,
    advance,
    awaited,
    deadline_after,
    fate_of,
    find_step,
    overdue_step,
    permit,
    stock_move,
    takers,
)
from marketplace.trades.models import Action, Patience, Trade
from tests.tidy.tree import ROOT

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BUYER, SELLER = uuid4(), uuid4()
STATES = get_args(TradeState)
ENDED = {"released", "declined", "cancelled", "expired", "refunded"}
PATIENCE = Patience(timedelta(days=3), timedelta(days=7), timedelta(days=5))


def trade_in(state: TradeState, offered_by: object = BUYER) -> Trade:
    """A trade in a state."""
    return Trade(
        id=uuid4(),
        version=1,
        state=state,
        community="riverside",
        item_id=uuid4(),
        item_title="Bicycle",
        buyer_id=BUYER,
        seller_id=SELLER,
        quantity=1,
        amount_minor=6000,
        asset="LXC",
        offered_by_id=BUYER if offered_by == BUYER else SELLER,
        message=None,
        reason=None,
        refusal_detail=None,
        fee_minor=None,
        refund_minor=None,
        proven_at=None,
        expires_at=None,
        created_at=NOW,
        changed_at=NOW,
    )


def test_the_database_allows_the_moves_of_the_table_and_no_other() -> None:
    """The rows of the migrations are the pure table."""
    folder = ROOT / "services/marketplace/sql/migrations"
    found: list[tuple[str, str]] = []
    for path in folder.glob("*.up.sql"):
        _, *inserts = path.read_text().split("INSERT INTO trade_move")
        for insert in inserts:
            rows = insert.partition("VALUES")[2].partition(";")[0]
            found += eval(f"[{rows}]")  # noqa: S307 - tuples of our own files
    assert sorted(found) == sorted(MOVES)


@pytest.mark.parametrize("state", STATES)
def test_a_trade_has_ended_exactly_where_nothing_is_awaited(state: TradeState) -> None:
    """No state is a trap: who is not at the end is waited for, and can move on."""
    leaves = {step.target for step in STEPS.values() if step.source == state}
    assert bool(leaves) == (state not in ENDED)
    assert (awaited(trade_in(state)) is None) == (state in ENDED)


def test_every_state_can_be_reached_and_can_end() -> None:
    """From the offer to each state, and from each state to an end."""
    reached = {"offered"}
    while True:
        further = reached | {target for source, target in MOVES if source in reached}
        if further == reached:
            break
        reached = further
    assert reached == set(STATES)
    ending = set(ENDED)
    for _ in STATES:
        ending |= {source for source, target in MOVES if target in ending}
    assert ending == set(STATES)


def test_stock_is_held_while_a_trade_may_still_take_it_and_never_twice() -> None:
    """Along each move the number of holds is that of the state: none or one."""
    for step in STEPS.values():
        before, after = step.source in HOLDING, step.target in HOLDING
        change = {"hold": 1, "free": -1, "sell": -1, None: 0}[stock_move(step)]
        assert before + change == after, step
        assert (stock_move(step) == "sell") == (step.target == "released"), step


@pytest.mark.parametrize(
    ("state", "buyer", "seller"),
    [
        ("offered", ["cancel"], ["counter", "accept", "decline"]),
        ("accepted", ["cancel"], ["cancel"]),
        ("funded", ["cancel", "dispute"], ["hand-over", "cancel", "dispute", "refund-part"]),
        ("handed_over", ["confirm", "dispute"], ["dispute", "refund-part"]),
        ("confirmed", [], []),
        ("disputed", ["confirm"], ["refund-part"]),
        ("refunding", [], []),
        ("released", [], []),
    ],
)
def test_each_party_may_do_what_the_table_says(
    state: TradeState, buyer: list[str], seller: list[str]
) -> None:
    """After the buyer's offer; a counter-offer turns the first line round."""
    assert actions_of(trade_in(state), BUYER) == buyer
    assert actions_of(trade_in(state), SELLER) == seller
    if state == "offered":
        assert actions_of(trade_in(state, SELLER), BUYER) == seller
        assert actions_of(trade_in(state, SELLER), SELLER) == buyer


@given(
    st.sampled_from(STATES),
    st.sampled_from(sorted({action for action, _ in STEPS})),
    st.sampled_from([BUYER, SELLER]),
    st.sampled_from([BUYER, SELLER]),
)
def test_a_step_is_made_only_if_it_is_legal_and_ones_own(
    state: TradeState, action: Action, actor: object, offered_by: object
) -> None:
    """Whatever is tried: a legal move by its taker, or a named problem."""
    trade = trade_in(state, offered_by)
    if (action, state) not in STEPS:
        with pytest.raises(IllegalStep) as caught:
            find_step(trade, action)
        assert action not in caught.value.facts["possible"]
        return
    step = find_step(trade, action)
    assert (trade.state, step.target) in MOVES
    if not takers(trade, step):
        assert step.who in ("operator", "office", "ledger", "clock")
        return
    if actor in takers(trade, step):
        permit(trade, step, actor)
    else:
        with pytest.raises(NotYourStep):
            permit(trade, step, actor)


def test_only_waiting_for_people_runs_out() -> None:
    """An offer has its time, the hand-over has its own, and the ledger has none."""
    assert deadline_after("offered", NOW, PATIENCE) == NOW + timedelta(days=3)
    assert deadline_after("funded", NOW, PATIENCE) == NOW + timedelta(days=7)
    assert deadline_after("handed_over", NOW, PATIENCE) == NOW + timedelta(days=5)
    expirable = {state for action, state in STEPS if action == "expire"}
    assert expirable == {"offered", "funded", "handed_over"}
    for state in STATES:
        assert (deadline_after(state, NOW, PATIENCE) is not None) == (state in expirable)


@pytest.mark.parametrize(
    ("state", "proven", "fate", "target"),
    [
        ("offered", False, "expires", "expired"),
        ("funded", False, "refunds", "refunding"),
        ("handed_over", False, "refunds", "refunding"),
        ("handed_over", True, "releases", "confirmed"),
    ],
)
def test_what_the_clock_will_do_is_told_and_done(
    state: TradeState, fate: str, target: TradeState, *, proven: bool
) -> None:
    """A proven hand-over is paid for; whatever else people leave goes back."""
    trade = replace(trade_in(state), expires_at=NOW, proven_at=NOW if proven else None)
    step = overdue_step(trade)
    assert (fate_of(trade), step and step.target) == (fate, target)


def test_what_has_no_time_has_no_fate() -> None:
    """The ledger and operators may take theirs."""
    for state in STATES:
        assert fate_of(trade_in(state)) is None


def test_a_step_is_one_version_further() -> None:
    """Versions have no gaps, and the deadline is that of the new state."""
    trade = replace(trade_in("accepted"), expires_at=NOW)
    moved = advance(trade, STEPS["fund", "accepted"], now=NOW, deadline=None)
    assert (moved.version, moved.state, moved.expires_at) == (2, "funded", None)


def test_in_a_barter_either_may_go_first_and_each_once() -> None:
    """The pure table: both, then the one who is left, then the clock."""
    trade = replace(trade_in("funded"), kind="barter", amount_minor=0, expires_at=NOW)
    assert (
        actions_of(trade, BUYER) == actions_of(trade, SELLER) == ["hand-over", "cancel", "dispute"]
    )
    assert (awaited(trade), fate_of(trade)) == ("both", "refunds")
    trade = replace(trade, buyer_gave_at=NOW)
    assert (awaited(trade), "hand-over" in actions_of(trade, BUYER)) == ("seller", False)
    trade = replace(trade, seller_gave_at=NOW, state="handed_over")
    assert actions_of(trade, BUYER) == actions_of(trade, SELLER) == ["confirm", "dispute"]
    assert (awaited(trade), fate_of(trade)) == ("both", "releases")
