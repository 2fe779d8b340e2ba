"""Each oracle finds what contradicts it, and nothing where nothing does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chassis.subscription import Subscription
from contracts.marketplace import ItemChanged
from embedded.torture.messages import Poison
from embedded.torture.oracles.delivery import (
    Delivered,
    Sent,
    all_is_delivered,
    none_is_missing,
    order_is_kept,
    subscriptions,
)
from embedded.torture.oracles.projections import Listed, index_agrees
from embedded.torture.oracles.serial import Span, order_exists
from embedded.torture.oracles.topics import Told

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TOPIC, TYPE = ItemChanged.TOPIC, ItemChanged.type_name()
HEARD = [Subscription("search.indexing", messages=(ItemChanged,))]


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


POISON = Poison(TOPIC, 0, 9, "", "empty")


def test_what_is_delivered_in_order_is_well() -> None:
    """Poison is among the dead letters, and nothing else is."""
    facts, told = delivered()
    facts.dead["search.indexing"][TOPIC, 0, 9] = "the payload is empty"
    assert all_is_delivered(facts, told, [POISON], HEARD) == []
    assert order_is_kept(facts, told, HEARD) == []


def test_what_the_broker_acknowledged_is_there() -> None:
    """At its place; a message may be there that its writer was not told of."""
    other = replace(POISON, offset=10)
    assert none_is_missing([POISON], [other, POISON]) == []
    [violation] = none_is_missing([POISON, other], [POISON])
    assert violation.oracle == "O4"
    assert "offset=10" in violation.subject


def test_poison_is_given_up_for_what_is_wrong_with_it() -> None:
    """A dead letter that tells another reason was not examined by the check that it is for."""
    facts, told = delivered()
    facts.dead["search.indexing"][TOPIC, 0, 9] = "the seal is not that of the service that writes"
    [found] = all_is_delivered(facts, told, [POISON], HEARD)
    assert (found.oracle, "another reason than empty" in found.detail) == ("O4", True)
    assert all_is_delivered(facts, told, [replace(POISON, way="no seal")], HEARD) == []


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


def test_only_what_came_late_on_purpose_may_be_late() -> None:
    """Held back it is late for all, dropped for the group that was made to miss it."""
    facts, told = delivered()
    swapped = [replace(one, offset=1 - one.offset) for one in told]
    for one in told:
        assert order_is_kept(replace(facts, held=frozenset({one.event_id})), swapped, HEARD) == []
    facts.inbox["search.indexing"]["b"] = NOW - timedelta(seconds=1)
    assert order_is_kept(replace(facts, dropped={"search.indexing": {"b"}}), told, HEARD) == []
    assert order_is_kept(replace(facts, dropped={"search.indexing": {"c"}}), told, HEARD)
    assert order_is_kept(replace(facts, dropped={"gateway.live": {"b"}}), told, HEARD)
    # Late is not lost.
    del facts.inbox["search.indexing"]["b"]
    late = replace(facts, held=frozenset("b"), dropped={"search.indexing": {"b"}})
    assert all_is_delivered(late, told, [], HEARD)


def test_the_index_is_compared_whole() -> None:
    """Missing, old, another, still there although withdrawn, and in the index only."""
    items = {"a": Listed(2, live=True, digest="x"), "b": Listed(3, live=False, digest="y")}
    assert index_agrees(items, dict(items)) == []
    assert index_agrees(items, {"a": items["a"]}) == []
    assert index_agrees(items, {"b": items["b"]})
    assert index_agrees(items, items | {"a": replace(items["a"], version=1)})
    assert index_agrees(items, items | {"a": replace(items["a"], digest="z")})
    assert index_agrees(items, items | {"b": replace(items["b"], live=True)})
    assert index_agrees(items, items | {"c": items["a"]})


def test_every_consumer_of_the_services_is_known() -> None:
    """The oracles ask the services' own declarations who listens."""
    groups = {subscription.group for subscription in subscriptions()}
    assert groups >= {"ledger.accounts", "ledger.escrow", "marketplace.trades", "gateway.live"}
    assert "search.indexing" in groups
    assert "search.indexing" not in {s.group for s in subscriptions(index=False)}
