"""What must hold when all is calm again, whatever went wrong: O1 to O6, and serializability.

Each looks at rows, messages and what clients were told, and knows nothing of how they came about.
O7 is not here: the transparency log and the audit of privileged actions are not simulated.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import orjson

from contracts.ledger_accounts import SoftFloorCrossed
from embedded.simulation.people import PERSONAL_STEPS, Told
from embedded.simulation.plan import SERVICES
from embedded.simulation.process import HANDLED
from embedded.simulation.world import OPENING, World
from marketplace.trades.lifecycle import HOLDING

type Oracle = Callable[[World, list[Told]], Iterator[str]]

#: Ends of a trade; a disputed one waits for a person, whom no clock replaces.
ENDS: Final = frozenset({"declined", "cancelled", "expired", "released", "refunded", "disputed"})
#: What an escrow may be when its trade has come to its end; None is no escrow at all.
AGREES: Final[Mapping[str, frozenset[str | None]]] = {
    "declined": frozenset({None}),
    "expired": frozenset({None}),
    "cancelled": frozenset({None, "REFUSED", "REFUNDED"}),
    "released": frozenset({"RELEASED"}),
    "refunded": frozenset({"REFUNDED"}),
    "disputed": frozenset({"FUNDED"}),
}


def _entries(world: World) -> list[dict[str, Any]]:
    entries = world.store("ledger").table("entry").values()
    return sorted(entries, key=lambda entry: entry["place"])


def sums_are_zero(world: World, _told: list[Told]) -> Iterator[str]:
    """O1: each transfer is whole and sums to zero, and so does everything."""
    counts: Counter[Any] = Counter()
    sums: Counter[Any] = Counter()
    for entry in _entries(world):
        counts[entry["transfer"]] += 1
        sums[entry["transfer"]] += entry["amount"]
    for number, transfer in world.store("ledger").table("transfer").items():
        if counts[number] != transfer["entry_count"] or sums[number]:
            yield f"O1: transfer {number} has {counts[number]} entries that sum to {sums[number]}"
    if sum(sums.values()):
        yield f"O1: all entries sum to {sum(sums.values())}"


def chains_hold(world: World, _told: list[Told]) -> Iterator[str]:
    """O2: chains have no gaps, figures continue, nothing is below its floor, holds are owed."""
    last: dict[UUID, tuple[int, int, int]] = {}
    for entry in _entries(world):
        account, seq = entry["place"]
        before, balance, held = last.get(account, (0, 0, 0))
        expected = (before + 1, balance + entry["amount"], held + entry["held"])
        if (seq, entry["balance"], entry["held_after"]) != expected:
            yield f"O2: entry {seq} of {account} does not continue {before}"
        floor = world.store("ledger").table("account")[account]["floor_minor"]
        available = entry["balance"] - entry["held_after"]
        if entry["held_after"] < 0 or (floor is not None and available < floor):
            yield f"O2: entry {seq} of {account} leaves {available}, held {entry['held_after']}"
        last[account] = (seq, entry["balance"], entry["held_after"])
    owed: Counter[UUID] = Counter()
    for row in world.store("ledger").table("reservation").values():
        if row[3] < row[4] + row[5]:
            yield f"O2: reservation {row[0]} of {row[3]}: {row[4]} captured, {row[5]} let go"
        owed[row[1]] += row[3] - row[4] - row[5]
    for account, (_, _, held) in last.items():
        if held != owed[account]:
            yield f"O2: {account} holds {held}, reservations {owed[account]}"


def limits_hold(world: World, _told: list[Told]) -> Iterator[str]:
    """O2: no more goes out in a window than it lets, and each crossing of a soft floor is told."""
    ledger = world.store("ledger")
    crossed: list[tuple[str, int]] = []
    for account, entries in groupby(_entries(world), key=lambda entry: entry["place"][0]):
        limits, several = ledger.table("account")[account], list(entries)
        for window, limit in zip(*(limits["velocity"] or ([], [])), strict=True):
            yield from _too_fast(several, timedelta(seconds=window), int(limit))
        left, soft_floor = 0, limits["soft_floor_minor"]
        for entry in several:
            before, left = left, entry["balance"] - entry["held_after"]
            if soft_floor is not None and left < soft_floor <= before:
                crossed.append((str(account), entry["place"][1]))
    said = [
        (row["key"], orjson.loads(row["payload"])["account_seq"])
        for row in ledger.table("published").values()
        if orjson.loads(row["headers"]).get("ce_type") == SoftFloorCrossed.type_name()
    ]
    if sorted(said) != sorted(crossed):
        yield f"O2: soft floors were crossed at {crossed}, told was {said}"


def _too_fast(entries: list[dict[str, Any]], window: timedelta, limit: int) -> Iterator[str]:
    for last in entries:
        gone = sum(
            max(entry["held"] - entry["amount"], 0)
            for entry in entries
            if entry["place"] <= last["place"] and entry["posted_at"] > last["posted_at"] - window
        )
        if last["held"] > last["amount"] and gone > limit:
            yield f"O2: {gone} went out of {last['place']} within {window}, {limit} may"


def answers_are_true(world: World, told: list[Told]) -> Iterator[str]:
    """O3: what was acknowledged is there once, what was refused is not, repeats say the same."""
    ledger = world.store("ledger")
    for one in told:
        yield from (f"O3: #{one.step.number} {one.step.kind}: {text}" for text in one.defects)
        if len(set(one.bodies)) > 1:
            yield f"O3: #{one.step.number} has two answers: {one.bodies}"
    sent = Counter(one.done["id"] for one in told if one.done and one.step.kind == "send")
    posted = Counter(
        str(row["id"]) for row in ledger.table("transfer").values() if row["kind"] == "transfer"
    )
    if sent != posted:
        yield f"O3: clients know {len(sent)} transfers, the books {len(posted)}"
    rows = ledger.table("reservation").values()
    yield from _same("reserved", _count(told, "reserve"), len(rows))
    captured = sum(
        one.step.facts["amount"] for one in told if one.done and one.step.kind == "capture"
    )
    yield from _same("captured", captured, sum(row[4] for row in rows))
    steps = world.store("marketplace").table("trade_step").values()
    people = sum(row["by_id"] is not None for row in steps)
    yield from _same("steps of trades", sum(_count(told, kind) for kind in PERSONAL_STEPS), people)


def _count(told: list[Told], kind: str) -> int:
    return sum(one.step.kind == kind and bool(one.done) for one in told)


def _same(what: str, known: int, written: int) -> Iterator[str]:
    if known != written:
        yield f"O3: {what}: clients know {known}, the database {written}"


def messages_arrive_once(world: World, _told: list[Told]) -> Iterator[str]:
    """O4: events committed = events on topics = events in inboxes; dead letters = poison."""
    committed: set[str] = set()
    for service in SERVICES:
        store = world.store(service)
        committed |= {
            str(row["event_id"])
            for row in store.table("published").values()
            if not row["topic"].endswith(".dead")
        }
        if left := [row for row in store.table("outbox").values() if row["failed"]]:
            yield f"O4: {service} gave up {len(left)} events"
    on_topics: dict[str, set[str]] = defaultdict(set)
    for (topic, _), log in world.around.broker.log.items():
        if not topic.endswith(".dead"):
            on_topics[topic] |= {found for record in log if (found := _header(record, "ce_id"))}
    arrived = set().union(*on_topics.values())
    if committed != arrived:
        lost, unknown = len(committed - arrived), len(arrived - committed)
        yield f"O4: {lost} committed events never reached a topic, {unknown} were never committed"
    for group in world.around.broker.groups.values():
        wanted = set().union(*(on_topics[topic] for topic in group.topics))
        store = world.store(group.name.partition(".")[0])
        seen = {str(key[2]) for key in store.table("inbox") if key[0] == group.name}
        if wanted != seen:
            yield f"O4: {group.name} missed {len(wanted - seen)}, invented {len(seen - wanted)}"
        letters = [key for key in store.table("dead_letter") if key[0] == group.name]
        poison = [topic for topic, _ in world.poisoned if topic in group.topics]
        if len(letters) != len(poison):
            yield f"O4: {group.name} has {len(letters)} dead letters for {len(poison)} poison"


def _header(record: Any, name: str) -> str | None:
    return next((value.decode() for key, value in record.headers if key == name and value), None)


def order_is_kept(world: World, _told: list[Told]) -> Iterator[str]:
    """O5: a key's events reach topic and inbox, and take effect, in the order of the outbox."""
    numbers: dict[str, tuple[str, int]] = {}
    for service in SERVICES:
        for row in world.store(service).table("published").values():
            numbers[str(row["event_id"])] = (f"{row['topic']}/{row['key']}", row["id"])
    for (topic, partition), log in world.around.broker.log.items():
        ids = dict.fromkeys(found for record in log if (found := _header(record, "ce_id")))
        yield from _inversions(f"{topic}/{partition}", list(ids), numbers)
    for group in world.around.broker.groups.values():
        store = world.store(group.name.partition(".")[0])
        # What came in one batch was entered at once, whatever was done with it after that.
        for table, what in (("inbox", "entered"), (HANDLED, "handled")):
            written = sorted(
                (when, str(row[-1]))
                for (name, row), when in store.written_in.items()
                if name == table and row[0] == group.name
            )
            where = f"{group.name}, {what}"
            yield from _inversions(where, [found for _, found in written], numbers)


def _inversions(
    where: str, ids: list[str], numbers: Mapping[str, tuple[str, int]]
) -> Iterator[str]:
    newest: dict[str, int] = {}
    for event_id in ids:
        if event_id in numbers:
            key, number = numbers[event_id]
            if number < newest.get(key, 0):
                yield f"O5: {where}: event {number} of {key} came after {newest[key]}"
            newest[key] = max(number, newest.get(key, 0))


def services_agree(world: World, _told: list[Told]) -> Iterator[str]:
    """O6: trades have ended, agree with their escrows, and so does the stock; history is whole."""
    market, escrows = world.store("marketplace"), world.store("ledger").table("escrow")
    held: Counter[UUID] = Counter()
    sold: Counter[UUID] = Counter()
    steps: Counter[UUID] = Counter(key[0] for key in market.table("trade_step"))
    for trade_id, trade in market.table("trade").items():
        state = trade["state"]
        escrow = escrows[trade_id]["state"] if trade_id in escrows else None
        if state not in ENDS or escrow not in AGREES[state]:
            yield f"O6: trade {trade_id} is {state}, its escrow {escrow}"
        parts = escrows[trade_id]["refunded_minor"] if state == "released" else None
        if state == "released" and parts != trade["refund_minor"]:
            yield f"O6: trade {trade_id} gives {trade['refund_minor']} back, its escrow {parts}"
        if steps[trade_id] != trade["version"]:
            yield f"O6: trade {trade_id} has {steps[trade_id]} steps at version {trade['version']}"
        held[trade["item_id"]] += trade["quantity"] if state in HOLDING else 0
        sold[trade["item_id"]] += trade["quantity"] if state == "released" else 0
    for item_id, item in market.table("item").items():
        if (item["reserved"], item["sold"]) != (held[item_id], sold[item_id]):
            yield f"O6: item {item_id}: stock {item['reserved']}/{item['sold']}, trades say other"
    for row in world.store("ledger").table("reservation").values():
        if row[6] == "ACTIVE":
            yield f"O6: reservation {row[0]} never ended"


def readers_agree(world: World, _told: list[Told]) -> Iterator[str]:
    """O6: whoever adds up the events of transfers has what the books have."""
    booked: Counter[UUID] = Counter()
    for entry in _entries(world):
        if entry["transfer"] != OPENING:
            booked[entry["place"][0]] += entry["amount"]
    for account, heard in world.store("marketplace").table("heard").items():
        if heard != booked[account]:
            yield f"O6: of {account} {heard} was heard, the books have {booked[account]}"


def history_is_serial(world: World, told: list[Told]) -> Iterator[str]:
    """S: the accounts' chains allow one order of all transfers, which is that of real time too.

    Each entry reads and writes its account's head, so the chains are the whole dependency graph.
    Whoever was answered before another began comes before it: moments between make that an edge.
    """
    order: TopologicalSorter[Any] = TopologicalSorter()
    before: dict[UUID, Any] = {}
    for entry in _entries(world):
        account, _ = entry["place"]
        if account in before and before[account] != entry["transfer"]:
            order.add(entry["transfer"], before[account])
        before[account] = entry["transfer"]
    known = [one for one in told if one.done and one.step.kind == "send"]
    moments = sorted(
        [(one.begun_at, 0, one.done["id"]) for one in known if one.done]
        + [(one.ended_at, 1, one.done["id"]) for one in known if one.done]
    )
    latest: Any = OPENING
    for place, (_, ends, transfer) in enumerate(moments):
        if not ends:
            order.add(transfer, latest)
        else:
            order.add(("moment", place), transfer, latest)
            latest = ("moment", place)
    try:
        order.prepare()
    except CycleError as circle:
        yield f"S: transfers depend on each other in a circle: {circle.args[1]}"


ORACLES: Final[tuple[Oracle, ...]] = (
    sums_are_zero,
    chains_hold,
    limits_hold,
    answers_are_true,
    messages_arrive_once,
    order_is_kept,
    services_agree,
    readers_agree,
    history_is_serial,
)
