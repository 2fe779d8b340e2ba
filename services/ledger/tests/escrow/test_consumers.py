"""Commands as Kafka delivers them: duplicates, neighbours, refusals."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

from chassis.consumer import Consumer
from chassis.ids import new_id
from contracts.cloudevents import envelope_of, write_headers
from contracts.ledger import FundEscrow, RefundEscrow, ReleaseEscrow
from contracts.messages import Message
from ledger.escrow.consumers import make_subscription
from services.ledger.tests.books import NOW, Books


def record(message: Message, offset: int, event_id: UUID | None = None) -> Any:
    """A Kafka record with a message in it."""
    envelope = envelope_of(
        message,
        event_id=event_id or new_id(),
        source="/marketplace",
        occurred_at=NOW,
        correlation_id="request-7",
    )
    return SimpleNamespace(
        topic=message.TOPIC,
        partition=0,
        offset=offset,
        headers=[(name, text.encode()) for name, text in write_headers(envelope).items()],
        value=message.model_dump_json().encode(),
    )


async def test_a_batch_with_repeats_and_a_bad_command_ends_well(books: Books) -> None:
    """Delivered twice counts once; a command that is refused spares its neighbours."""
    ana, ben = await books.open_person(), await books.open_person(10_000)
    funding = FundEscrow(
        escrow_id=new_id(), payer_id=ben.id, payee_id=ana.id, amount_minor=7_500, asset="LXC"
    )
    nothing = ReleaseEscrow(escrow_id=new_id())
    twice = new_id()
    consumer = Consumer(make_subscription(books.clock, 100), books.database)
    await consumer.handle(
        [
            record(funding, 1, twice),
            record(nothing, 2),
            record(funding, 3, twice),
            record(ReleaseEscrow(escrow_id=funding.escrow_id), 4),
        ]
    )
    await consumer.handle([record(funding, 1, twice)])
    assert await books.balance(ana.main) == 7_425
    outcomes = await books.rows("SELECT outcome, count(*) FROM inbox GROUP BY outcome ORDER BY 1")
    assert [tuple(row) for row in outcomes] == [("PROCESSED", 2), ("REFUSED", 1)]
    [row] = await books.rows(
        "SELECT headers FROM outbox WHERE topic = 'ledger.escrow.v1' AND headers->>'ce_type' = $1",
        "ledger.EscrowFunded",
    )
    assert row["headers"]["ce_correlationid"] == "request-7"
    assert row["headers"]["ce_causationid"] == str(twice)
    await books.check()


async def test_a_new_command_with_the_same_wish_changes_nothing(books: Books) -> None:
    """The inbox knows the event, the escrow knows the wish: both stop a second effect."""
    ana, ben = await books.open_person(), await books.open_person(10_000)
    funding = FundEscrow(
        escrow_id=new_id(), payer_id=ben.id, payee_id=ana.id, amount_minor=100, asset="LXC"
    )
    refund = RefundEscrow(escrow_id=funding.escrow_id, reason="cancelled")
    consumer = Consumer(make_subscription(books.clock, 100), books.database)
    for offset, message in enumerate((funding, funding, refund, refund, funding), 10):
        await consumer.handle([record(message, offset)])
    assert await books.balance(ben.main) == 10_000
    rows = await books.rows("SELECT FROM outbox WHERE key = $1", str(funding.escrow_id))
    assert len(rows) == 2
