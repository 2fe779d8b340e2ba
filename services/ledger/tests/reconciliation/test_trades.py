"""Trades beside escrows: heard as Kafka delivers them; each planted difference is found once."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from chassis.clock import FixedClock
from chassis.consumer import Consumer
from chassis.ids import new_id
from contracts.cloudevents import envelope_of, write_headers
from contracts.ledger import EscrowFunded, EscrowRefunded, EscrowRefused, EscrowReleased
from contracts.marketplace_trades import TradeAccepted, TradeCancelled, TradeFunded, TradeReleased
from contracts.messages import Message
from contracts.topics import SOURCES
from ledger.main import service
from ledger.reconciliation.trades.check import check_agreements
from ledger.reconciliation.trades.consumers import TRADES, make_subscription
from ledger.reconciliation.trades.queries import select_differences
from ledger.reconciliation.trades.work import DIFFERENCES, work_on_agreements
from services.ledger.tests.books import NOW, Books
from services.ledger.tests.reconciliation.bank import resources_of

GRACE = timedelta(seconds=120)
BUYER, SELLER = UUID(int=1), UUID(int=2)


def trade(kind: type[Any], trade_id: UUID, version: int, **changes: Any) -> Message:
    """An event of a trade over 100.00."""
    name = kind.__name__.removeprefix("Trade")
    state = {"HandedOver": "handed_over"}.get(name, name.lower())
    message: Message = kind.model_validate(
        {
            "trade_id": trade_id,
            "version": version,
            "state": state,
            "item_id": UUID(int=3),
            "item_title": "a bicycle",
            "buyer_id": BUYER,
            "seller_id": SELLER,
            "quantity": 1,
            "amount_minor": 10_000,
            "asset": "LXC",
            "changed_at": NOW,
            "reason": "",
            "fee_minor": 100,
            **changes,
        }
    )
    return message


def escrow(kind: type[Any], trade_id: UUID, version: int, **changes: Any) -> Message:
    """An event of its escrow."""
    message: Message = kind.model_validate(
        {
            "escrow_id": trade_id,
            "version": version,
            "payer_id": BUYER,
            "payee_id": SELLER,
            "amount_minor": 10_000,
            "asset": "LXC",
            "transfer_id": UUID(int=4),
            "fee_minor": 100,
            "reason": "",
            "problem": "",
            "detail": "",
            **changes,
        }
    )
    return message


@dataclass(frozen=True, slots=True)
class Ear:
    """The ledger's consumer of trades and escrows, with a clock of its own."""

    books: Books
    clock: FixedClock
    consumer: Consumer

    async def hear(self, *messages: Message) -> None:
        """Deliver a batch."""
        await self.consumer.handle(records_of(messages))

    async def check(self, *trade_ids: UUID, after: timedelta = GRACE) -> list[tuple[str, str]]:
        """Let time pass, look at what is due; what was told since, by kind."""
        self.clock.move(after)
        before = await self._told(trade_ids)
        async with self.books.transaction() as conn:
            await check_agreements(conn, grace=GRACE, now=self.clock.now())
        return (await self._told(trade_ids))[len(before) :]

    async def _told(self, trade_ids: Sequence[UUID]) -> list[tuple[str, str]]:
        rows = await self.books.rows(
            "SELECT headers->>'ce_type' AS type, payload::jsonb->>'kind' AS kind FROM outbox"
            " WHERE topic = 'ledger.reconciliation.v1' AND key = ANY($1::text []) ORDER BY id",
            [str(trade_id) for trade_id in trade_ids],
        )
        return [(row["type"].removeprefix("ledger."), row["kind"]) for row in rows]


def records_of(messages: Sequence[Message]) -> list[Any]:
    """As Kafka delivers them."""
    records = []
    for offset, message in enumerate(messages):
        envelope = envelope_of(
            message, event_id=new_id(), source=SOURCES[message.TOPIC], occurred_at=datetime.now(UTC)
        )
        headers = [(name, text.encode()) for name, text in write_headers(envelope).items()]
        records.append(
            SimpleNamespace(
                headers=headers,
                value=message.model_dump_json().encode(),
                topic=message.TOPIC,
                partition=0,
                offset=offset,
            )
        )
    return records


@pytest.fixture
async def ear(books: Books) -> Ear:
    """A ledger that listens."""
    clock = FixedClock(NOW)
    subscription = make_subscription(clock, int(GRACE.total_seconds()))
    return Ear(books, clock, Consumer(subscription, books.database))


async def test_trades_and_escrows_that_agree_are_not_told_of(ear: Ear) -> None:
    """A course, a refusal, a gift, what gifts paid; nothing waits to be looked at afterwards."""
    one, two = new_id(), new_id()
    await ear.hear(
        trade(TradeAccepted, one, 2),
        escrow(EscrowFunded, one, 1),
        trade(TradeFunded, one, 3),
        escrow(EscrowReleased, one, 2),
        trade(TradeReleased, one, 6),
        trade(TradeAccepted, two, 2),
        escrow(EscrowRefused, two, 1),
        trade(TradeCancelled, two, 3),
    )
    gift, paid = new_id(), new_id()
    await ear.hear(
        trade(TradeFunded, gift, 3, amount_minor=0),
        trade(TradeFunded, paid, 3, gift_minor=50),
        escrow(EscrowFunded, paid, 1, gift_minor=50),
    )
    assert await ear.check(one, two, gift, paid) == []
    waiting = "SELECT count(check_at) FROM trade_agreement WHERE trade_id = ANY($1::uuid [])"
    assert await ear.books.value(waiting, [one, two, gift, paid]) == 0


PLANTED: list[tuple[str, list[tuple[Any, type[Any], int, dict[str, Any]]], list[str]]] = [
    (
        "an acceptance whose command was lost",
        [(trade, TradeAccepted, 2, {})],
        ["trade-without-escrow"],
    ),
    ("an escrow of nobody", [(escrow, EscrowFunded, 1, {})], ["escrow-without-trade"]),
    (
        "a release that the marketplace never heard of",
        [(trade, TradeFunded, 3, {}), (escrow, EscrowReleased, 2, {})],
        ["states-differ"],
    ),
    (
        "a completed trade whose money went back",
        [(trade, TradeReleased, 6, {}), (escrow, EscrowRefunded, 2, {})],
        ["states-differ"],
    ),
    (
        "less in escrow than was agreed",
        [(trade, TradeFunded, 3, {}), (escrow, EscrowFunded, 1, {"amount_minor": 9_999})],
        ["terms-differ"],
    ),
    (
        "other gifts in escrow than were agreed",
        [(trade, TradeFunded, 3, {"gift_minor": 50}), (escrow, EscrowFunded, 1, {})],
        ["terms-differ"],
    ),
    (
        "an escrow of a trade without a price",
        [(trade, TradeFunded, 3, {"amount_minor": 0}), (escrow, EscrowFunded, 1, {})],
        ["states-differ"],
    ),
    (
        "another fee than was told",
        [(trade, TradeReleased, 6, {"fee_minor": 99}), (escrow, EscrowReleased, 2, {})],
        ["fees-differ"],
    ),
]


@pytest.mark.parametrize(("story", "planted", "kinds"), PLANTED, ids=[p[0] for p in PLANTED])
async def test_a_planted_difference_is_found_after_the_grace_time_and_told_once(
    ear: Ear, story: str, planted: list[Any], kinds: list[str]
) -> None:
    """Not while messages may be on their way; then once, however often one looks."""
    trade_id = new_id()
    for make, kind, version, changes in planted:
        await ear.hear(make(kind, trade_id, version, **changes))
    assert await ear.check(trade_id, after=GRACE - timedelta(seconds=1)) == []
    assert await ear.check(trade_id) == [("DifferenceFound", kind) for kind in kinds]
    assert await ear.check(trade_id) == []
    await work_on_agreements(resources_of(ear.books))
    assert DIFFERENCES.labels(kinds[0])._value.get() >= 1
    async with ear.books.transaction() as conn:
        found = await select_differences(conn, resolved=False, after=None, limit=99)
    assert [one.kind for one in found if one.trade_id == trade_id] == kinds


async def test_a_difference_that_mends_is_told_as_resolved(ear: Ear) -> None:
    """The lost message came after all."""
    trade_id = new_id()
    await ear.hear(trade(TradeFunded, trade_id, 3), escrow(EscrowReleased, trade_id, 2))
    assert await ear.check(trade_id) == [("DifferenceFound", "states-differ")]
    await ear.hear(trade(TradeReleased, trade_id, 6, fee_minor=99))
    assert await ear.check(trade_id) == [
        ("DifferenceFound", "fees-differ"),
        ("DifferenceResolved", "states-differ"),
    ]


async def test_a_difference_that_was_found_by_a_clock_that_was_ahead_ends(ear: Ear) -> None:
    """At once, when the clock is set back: nobody waits until it is as late again."""
    trade_id = new_id()
    await ear.hear(trade(TradeFunded, trade_id, 3), escrow(EscrowReleased, trade_id, 2))
    assert await ear.check(trade_id, after=timedelta(days=1)) == [
        ("DifferenceFound", "states-differ")
    ]
    ear.clock.move(-timedelta(days=1))
    await ear.hear(trade(TradeReleased, trade_id, 6))
    assert await ear.check(trade_id) == [("DifferenceResolved", "states-differ")]


@pytest.mark.parametrize("seed", range(5))
async def test_the_order_of_messages_and_repeats_change_nothing(ear: Ear, seed: int) -> None:
    """Two topics have no common order: whatever comes first, the newest of each side counts."""
    trade_id = new_id()
    messages = [
        trade(TradeAccepted, trade_id, 2),
        trade(TradeFunded, trade_id, 3),
        trade(TradeReleased, trade_id, 6),
        escrow(EscrowFunded, trade_id, 1),
        escrow(EscrowReleased, trade_id, 2),
    ] * 2
    random.Random(seed).shuffle(messages)
    for message in messages:
        await ear.hear(message)
    assert await ear.check(trade_id) == []


def test_every_event_of_trades_is_heard() -> None:
    """A new event of trades that nobody compares would hide what it tells."""
    from contracts import marketplace_trades

    every = {
        model
        for name, model in vars(marketplace_trades).items()
        if name.startswith("Trade") and hasattr(model, "TOPIC")
    }
    assert set(TRADES) == every
    names = {job.name for job in service.jobs}
    assert {"reconciliation_runs", "reconciliation_agreements"} <= names
