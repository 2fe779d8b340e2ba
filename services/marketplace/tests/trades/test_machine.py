"""Random people, a ledger that answers late and twice, and a clock: no rule is ever broken."""

import asyncio
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from contracts.money import parse_amount
from marketplace.trades.lifecycle import HOLDING, MOVES, WAITING_FOR_LEDGER
from services.marketplace.tests.conftest import Market, Member, escrow_event, open_market
from tests.stack.database import ScratchDatabase

VERBS = (
    *("counter", "accept", "decline", "cancel", "hand-over", "confirm", "dispute", "resolve"),
    *("partial-refund", "code"),
)
BODIES = {
    "counter": {"amount": "70.00"},
    "dispute": {"reason": "it squeaks"},
    "resolve": {"ruling": "split", "buyer_gets": "20.00"},
    "partial-refund": {"amount": "10.00"},
}
#: `LOCALEX_MACHINES=2000` tries as many others; without it the same fifteen, which reach each end.
MACHINES = int(os.environ.get("LOCALEX_MACHINES", "0"))
PIECES = 3
TRADES_MAX = 6


class Ledger:
    """The real ledger's rules for an escrow, and the events it has said."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.state: dict[str, str] = {}
        self.said: list[tuple[str, dict[str, Any]]] = []

    def obey(self, command: str, trade: dict[str, Any], *, rich: bool) -> None:
        """Carry a command out, in the order in which commands were sent."""
        before = self.state.get(trade["id"], "unknown")
        if command == "FundEscrow":
            assert before == "unknown", "an escrow is funded once"
            self._say("fund" if rich else "refuse", trade, "FUNDED" if rich else "REFUSED")
        elif command in ("ReleaseEscrow", "SplitEscrow"):
            assert before == "FUNDED", f"released while {before}"
            self._say("pay", trade, "RELEASED")
        else:
            assert before in ("FUNDED", "REFUSED"), f"refunded while {before}"
            self._say("repay", trade, "REFUNDED")

    def _say(self, kind: str, trade: dict[str, Any], state: str) -> None:
        self.state[trade["id"]] = state
        self.said.append((kind, trade))


class Trading(RuleBasedStateMachine):
    """Three pieces, a seller, three buyers, an operator."""

    runner: asyncio.Runner
    market: Market
    reached: Counter[str]

    def run(self, work: Any) -> Any:
        """Wait for a coroutine in the loop that has the pool."""
        return self.runner.run(work)

    @initialize()
    def open(self) -> None:
        """Put the item on offer."""
        self.people: list[Member] = [self.market.member() for _ in range(4)]
        self.people.append(self.market.member("OPERATOR"))
        self.item = self.run(self.market.sell(self.people[0], quantity=PIECES))
        self.trades: list[dict[str, Any]] = []
        self.obeyed: Counter[str] = Counter()
        self.ledger = Ledger()
        for buyer in (1, 2, 3):
            self.offer_pieces(buyer, 1)

    @rule(buyer=st.integers(0, 3), quantity=st.integers(1, 2))
    def offer(self, buyer: int, quantity: int) -> None:
        """Anyone offers, the seller too; a handful is enough to go far with."""
        if len(self.trades) < TRADES_MAX:
            self.offer_pieces(buyer, quantity)

    def offer_pieces(self, buyer: int, quantity: int) -> None:
        """One offer; the seller's own is refused."""
        body = {"item_id": self.item["id"], "amount": "60.00", "asset": "LXC", "quantity": quantity}
        answer = self.run(self.people[buyer].post("/trades", body))
        assert answer.status_code in (201, 409), answer.text
        if answer.status_code == 201:
            self.trades.append(answer.json())

    @rule(
        which=st.integers(0, 5),
        verbs=st.lists(st.sampled_from(VERBS), min_size=1, max_size=3),
        who=st.integers(0, 4),
    )
    def act(self, which: int, verbs: list[str], who: int) -> None:
        """Anyone tries anything on any trade."""
        for verb in verbs if self.trades else ():
            trade = self.trades[which % len(self.trades)]
            path = f"/trades/{trade['id']}/{verb}"
            answer = self.run(self.people[who].post(path, BODIES.get(verb)))
            assert answer.status_code in (200, 201, 403, 404, 409), answer.text

    @rule(which=st.integers(0, 5), steps=st.sampled_from([1, 3, 6]), rich=st.booleans())
    def go_on(self, which: int, steps: int, *, rich: bool) -> None:
        """People and the ledger do what the trade waits for, so that runs get far."""
        for _ in range(steps if self.trades else 0):
            trade = self.trades[which % len(self.trades)]
            if not self._take_next(trade["id"]):
                said = len(self.ledger.said)
                self._obey(trade, rich=rich)
                events = [escrow_event(kind, about) for kind, about in self.ledger.said[said:]]
                self.run(self.market.hear("marketplace.trades", *events))

    def _take_next(self, trade_id: str) -> bool:
        for person in self.people:
            seen = self.run(person.get(f"/trades/{trade_id}"))
            for verb in ("accept", "hand-over", "confirm"):
                if seen.status_code == 200 and verb in seen.json()["actions"]:
                    answer = self.run(person.post(f"/trades/{trade_id}/{verb}"))
                    return bool(answer.status_code == 200)
        return False

    @rule(rich=st.booleans())
    def ledger_works(self, rich: bool) -> None:
        """The ledger carries out the next commands; its events are delivered later."""
        for trade in self.trades:
            self._obey(trade, rich=rich)

    def _obey(self, trade: dict[str, Any], *, rich: bool) -> None:
        said = self.run(self.market.said(trade["id"]))
        commands = [(name, body) for name, body in said if name.endswith("Escrow")]
        for name, body in commands[self.obeyed[trade["id"]] :]:
            agreed = {**trade, "amount": "70.00"} if body.get("amount_minor") == "7000" else trade
            trade["amount"] = agreed["amount"]
            if name == "SplitEscrow":
                parts = int(body["payee_minor"]) + int(body["payer_minor"])
                assert parts == parse_amount(trade["amount"], "LXC")
                trade["refunded_minor"] = body["payer_minor"]
            self.ledger.obey(name, trade, rich=rich)
            self.obeyed[trade["id"]] += 1

    @rule(picks=st.lists(st.integers(0, 50), max_size=6), backwards=st.booleans())
    def deliver(self, picks: list[int], backwards: bool) -> None:
        """Some of what the ledger ever said arrives, in some order, perhaps again."""
        if self.ledger.said:
            chosen = [self.ledger.said[pick % len(self.ledger.said)] for pick in picks]
            chosen = chosen[::-1] if backwards else chosen
            events = [escrow_event(kind, trade) for kind, trade in chosen]
            self.run(self.market.hear("marketplace.trades", *events))

    @rule(hours=st.sampled_from([1, 1, 1, 30, 80, 170]))
    def time_passes(self, hours: int) -> None:
        """The clock moves and timers fire."""
        self.market.clock.move(timedelta(hours=hours))
        self.run(self.market.timers.fire_due())

    @invariant()
    def stock_is_what_the_trades_hold(self) -> None:
        """Never more than there is, never more or less than trades say."""
        if not self.trades:
            return
        rows = self.run(self.rows("SELECT state, quantity FROM trade WHERE item_id = $1"))
        _, quantity, reserved, sold = self.run(self.market.stock(self.item["id"]))
        held = sum(row["quantity"] for row in rows if row["state"] in HOLDING)
        paid = sum(row["quantity"] for row in rows if row["state"] == "released")
        assert (quantity, reserved, sold) == (PIECES, held, paid)
        assert held + paid <= PIECES

    async def rows(self, statement: str) -> list[Any]:
        """Rows about the item."""
        found: list[Any] = await self.market.database.pool.fetch(statement, self.item["id"])
        return found

    def teardown(self) -> None:
        """When the ledger has answered everything, nothing waits, and history is legal."""
        if not hasattr(self, "ledger"):
            return
        self.ledger_works(rich=True)
        everything = [escrow_event(kind, trade) for kind, trade in self.ledger.said]
        self.run(self.market.hear("marketplace.trades", *everything))
        steps = self.run(
            self.rows(
                "SELECT trade_step.* FROM trade_step JOIN trade ON trade.id = trade_id "
                "WHERE item_id = $1 AND from_state IS NOT NULL"
            )
        )
        assert {(step["from_state"], step["to_state"]) for step in steps} <= MOVES
        for row in self.run(self.rows("SELECT * FROM trade WHERE item_id = $1")):
            self.reached[row["state"]] += 1
            assert row["state"] not in WAITING_FOR_LEDGER
            escrow = self.ledger.state.get(str(row["id"]), "unknown")
            split = next(t.get("refunded_minor") for t in self.trades if t["id"] == str(row["id"]))
            if row["state"] == "released":
                assert row["refund_minor"] == (split and int(split))
            assert (row["state"] == "released") == (escrow == "RELEASED")
            assert (row["state"] in ("funded", "handed_over", "disputed")) == (escrow == "FUNDED")


@pytest.mark.slow
def test_no_run_of_events_breaks_a_rule(scratch_database: ScratchDatabase, tmp_path: Path) -> None:
    """Legal moves only, stock and escrow agree, and every saga ends once the ledger answers."""
    reached: Counter[str] = Counter()
    with asyncio.Runner() as runner:
        opened = open_market(scratch_database, tmp_path)
        market = runner.run(opened.__aenter__())
        machine = type(
            "Machine", (Trading,), {"runner": runner, "market": market, "reached": reached}
        )
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=MACHINES or 15,
                    stateful_step_count=30,
                    derandomize=not MACHINES,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(opened.__aexit__(None, None, None))
    assert {"released", "refunded", "cancelled", "expired"} <= set(reached), reached
