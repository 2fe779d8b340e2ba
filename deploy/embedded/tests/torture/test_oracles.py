"""Each oracle finds what contradicts it, and nothing where nothing does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.subscription import Subscription
from contracts.marketplace import ItemChanged
from embedded.torture.history import History, Operation, Outcome
from embedded.torture.messages import Poison
from embedded.torture.oracles.acknowledged import Effects, effects_agree
from embedded.torture.oracles.delivery import (
    Delivered,
    Sent,
    all_is_delivered,
    order_is_kept,
    subscriptions,
)
from embedded.torture.oracles.projections import Listed, index_agrees
from embedded.torture.oracles.serial import Span, order_exists
from embedded.torture.oracles.topics import Told
from embedded.torture.world import memo_of

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TOPIC, TYPE = ItemChanged.TOPIC, ItemChanged.type_name()
HEARD = [Subscription("search.indexing", messages=(ItemChanged,))]


def operation(kind: str, outcome: Outcome, answer: Any, body: Any = None) -> Operation:
    """One wish that was settled so."""
    one = History().begin(kind, uuid4(), "/v1/transfers", body or {}, "key")
    one.outcome, one.answer = outcome, answer
    return one


PAID = memo_of(0)


@pytest.mark.parametrize(
    ("outcome", "there", "well"),
    [
        ("acknowledged", ["a"], True),
        ("acknowledged", [], False),
        ("acknowledged", ["b"], False),
        ("acknowledged", ["a", "b"], False),
        ("refused", [], True),
        ("refused", ["a"], False),
        ("unknown", [], True),
        ("unknown", ["a"], True),
        ("unknown", ["a", "b"], False),
    ],
)
@pytest.mark.parametrize("kind", ["transfer", "reserve", "issue"])
def test_an_operation_happened_as_it_was_answered(
    kind: str, outcome: Outcome, there: list[str], *, well: bool
) -> None:
    """Acknowledged: once. Refused: never. Never answered: at most once."""
    one = operation(kind, outcome, {"id": "a"})
    effects = Effects(transfers={PAID: there}, reservations={PAID: there})
    assert (effects_agree([one], effects) == []) == well


@pytest.mark.parametrize(
    ("mode", "outcome", "there", "well"),
    [
        ("independent", "acknowledged", [["a"], []], True),
        ("independent", "acknowledged", [["a"], ["b"]], False),
        ("independent", "acknowledged", [[], []], False),
        ("independent", "acknowledged", [["a", "b"], []], False),
        ("independent", "refused", [["a"], []], False),
        ("independent", "unknown", [["a"], []], True),
        ("atomic", "unknown", [["a"], []], False),
        ("atomic", "unknown", [[], []], True),
        ("atomic", "unknown", [["a"], ["b"]], True),
    ],
)
def test_a_bulk_happened_as_it_was_answered(
    mode: str, outcome: Outcome, there: list[list[str]], *, well: bool
) -> None:
    """Each part of it, and an atomic one as a whole."""
    one = operation("bulk", outcome, ["a", None], {"mode": mode, "count": 2})
    effects = Effects(transfers={memo_of(0, i): ids for i, ids in enumerate(there)})
    assert (effects_agree([one], effects) == []) == well


def test_steps_and_listings_are_looked_for() -> None:
    """Captures, items, versions of trades and rows of imports."""
    steps = [
        operation("capture", "acknowledged", {"transfer_id": "m"}),
        operation("list", "acknowledged", {"id": "i"}),
        operation("trade step", "acknowledged", {"id": "t", "version": 3}),
    ]
    loaded = operation("import", "acknowledged", {"rows": [{"external_ref": "r", "item_id": "i"}]})
    reference = f"{loaded.person} r"
    there = Effects(
        moves=frozenset("m"), items=frozenset("i"), references={reference: ["i"]}, trades={"t": 3}
    )
    assert effects_agree([*steps, loaded], there) == []
    assert len(effects_agree([*steps, loaded], Effects())) == 4
    older = Effects(moves=frozenset("m"), items=frozenset("i"), trades={"t": 2})
    assert len(effects_agree(steps, older)) == 1


def test_transfers_in_one_order_are_serial() -> None:
    """Two accounts that saw the same transfers in the same order, as the clients did."""
    chains = {"x": ["a", "b", "c"], "y": ["a", "c"]}
    spans = {"a": Span(0, 1), "b": Span(2, 3), "c": Span(2.5, 4)}
    assert order_exists(chains, spans) == []


def test_two_accounts_that_disagree_are_not_serial() -> None:
    """Each alone is fine; together they have no order."""
    [found] = order_exists({"x": ["a", "b"], "y": ["b", "a"]}, {})
    assert {"a", "b"} <= set(found.detail.split())


def test_a_circle_over_three_accounts_is_found() -> None:
    """No two accounts contradict each other."""
    assert order_exists({"x": ["a", "b"], "y": ["b", "c"], "z": ["c", "a"]}, {})


def test_an_order_against_the_clients_time_is_not_serial() -> None:
    """What was answered before something was asked for comes before it."""
    spans = {"a": Span(0, 1), "b": Span(2, 3)}
    assert order_exists({"x": ["a", "b"]}, spans) == []
    assert order_exists({"x": ["b", "a"]}, spans)
    overlapping = {"a": Span(0, 2.5), "b": Span(2, 3)}
    assert order_exists({"x": ["b", "a"]}, overlapping) == []
    hidden = {"a": Span(0, 1), "c": Span(5, 6)}
    assert order_exists({"x": ["c", "b"], "y": ["b", "a"]}, hidden)


def delivered() -> tuple[Delivered, list[Told]]:
    """Two events of one item: sent, in the topic, taken in."""
    told = [
        Told(name, TOPIC, 0, place, "item", TYPE, place + 1, NOW) for place, name in enumerate("ab")
    ]
    facts = Delivered(
        sent=[Sent("marketplace", i, one.event_id, "item", TOPIC) for i, one in enumerate(told)]
    )
    facts.inbox["search.indexing"] = {
        one.event_id: NOW + timedelta(seconds=one.offset) for one in told
    }
    return facts, told


POISON = Poison(TOPIC, 0, 9, "")


def test_what_is_delivered_in_order_is_well() -> None:
    """Poison is among the dead letters, and nothing else is."""
    facts, told = delivered()
    facts.dead["search.indexing"][TOPIC, 0, 9] = "no message"
    assert all_is_delivered(facts, told, [POISON], HEARD) == []
    assert order_is_kept(facts, told, HEARD) == []


def test_each_break_of_delivery_is_found() -> None:
    """Not sent, sent and not there, there and not sent, not heard, given up, not given up."""
    facts, told = delivered()
    assert all_is_delivered(replace(facts, unsent=[("row", "why")]), told, [], HEARD)
    assert all_is_delivered(facts, told[:1], [], HEARD)
    assert all_is_delivered(replace(facts, sent=facts.sent[:1]), told, [], HEARD)
    assert all_is_delivered(facts, told, [POISON], HEARD)
    del facts.inbox["search.indexing"]["b"]
    [missing] = all_is_delivered(facts, told, [], HEARD)
    assert (missing.oracle, missing.subject) == ("O4", "search.indexing: event b")
    facts, told = delivered()
    facts.dead["search.indexing"][TOPIC, 0, 1] = "a defect"
    assert all_is_delivered(facts, told, [], HEARD)
    facts, told = delivered()
    facts.inbox["search.indexing"]["phantom"] = NOW
    assert all_is_delivered(facts, told, [], HEARD)


def test_each_break_of_order_is_found() -> None:
    """In the topic, in the versions, over partitions, and at the consumer."""
    facts, told = delivered()
    swapped = [replace(one, offset=1 - one.offset) for one in told]
    assert order_is_kept(facts, swapped, HEARD)
    assert order_is_kept(facts, [told[0], replace(told[1], version=0)], HEARD)
    assert order_is_kept(facts, [told[0], replace(told[1], partition=3)], HEARD)
    facts.inbox["search.indexing"]["b"] = NOW - timedelta(seconds=1)
    assert order_is_kept(facts, told, HEARD)


def test_the_index_is_compared_whole() -> None:
    """Missing, old, still there although withdrawn, and in the index only."""
    items = {"a": Listed(2, live=True), "b": Listed(3, live=False)}
    assert index_agrees(items, dict(items)) == []
    assert index_agrees(items, {"a": items["a"]}) == []
    assert index_agrees(items, {"b": items["b"]})
    assert index_agrees(items, items | {"a": Listed(1, live=True)})
    assert index_agrees(items, items | {"b": Listed(3, live=True)})
    assert index_agrees(items, items | {"c": Listed(1, live=True)})


def test_every_consumer_of_the_services_is_known() -> None:
    """The oracles ask the services' own declarations who listens."""
    groups = {subscription.group for subscription in subscriptions()}
    assert groups >= {"ledger.accounts", "ledger.escrow", "marketplace.trades", "gateway.live"}
    assert "search.indexing" in groups
    assert "search.indexing" not in {s.group for s in subscriptions(index=False)}
