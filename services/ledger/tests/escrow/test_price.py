"""A quoted price for a release: accepted by the payee in its time, kept whenever it comes."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.ids import new_id
from chassis.outbox import Cause
from contracts.ledger import EscrowReleased, FundEscrow, RefundEscrow, ReleaseEscrow
from ledger.escrow.carry_out import carry_out_commands
from ledger.escrow.models import EscrowCommand
from services.ledger.tests.books import Books, Person
from services.ledger.tests.conftest import Api


async def carry_out(books: Books, *commands: EscrowCommand) -> None:
    """Carry out commands in one transaction."""
    async with books.transaction() as conn:
        await carry_out_commands(
            conn, [(one, Cause()) for one in commands], now=books.clock.now(), fee_bps=100
        )


async def funded(books: Books, amount_minor: int = 7_500) -> tuple[Person, Person, UUID]:
    """Payer and payee, and an escrow with money in it."""
    payer, payee = await books.open_person(20_000), await books.open_person()
    command = FundEscrow(
        escrow_id=new_id(),
        payer_id=payer.id,
        payee_id=payee.id,
        amount_minor=amount_minor,
        asset="LXC",
    )
    await carry_out(books, command)
    return payer, payee, command.escrow_id


async def quote(api: Api, person: Person, amount: str = "75.00", **other: Any) -> str:
    """A quote for a release."""
    wish = {"operation": "escrow.release", "amount": amount, "asset": "LXC"} | other
    answer = await api.post("/v1/fees/quotes", person.id, wish)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def accept(api: Api, person: Person, escrow: UUID, quoted: str, key: str = "") -> Any:
    """Accept a price."""
    path = f"/v1/escrows/{escrow}/price"
    return await api.post(path, person.id, {"fee_quote": quoted}, key=key or uuid4().hex)


def problem_of(answer: Any) -> tuple[int, str]:
    """Status and name of a problem."""
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def new_schedule(books: Books, api: Api, *rules: dict[str, Any]) -> None:
    """A price list that is in force now."""
    version = {"operation": "escrow.release", "asset": "LXC", "rules": rules, "reason": "dear"}
    assert (await api.post("/v1/fee-schedules", new_id(), version, role="ADMIN")).is_success
    books.clock.move(timedelta(seconds=10))
    api.forget_prices()


async def released(books: Books, escrow: UUID) -> EscrowReleased:
    """What was said about a release."""
    [row] = await books.rows(
        "SELECT payload FROM outbox WHERE key = $1 AND headers->>'ce_type' = $2",
        str(escrow),
        "ledger.EscrowReleased",
    )
    return EscrowReleased.model_validate_json(row["payload"])


async def test_an_accepted_price_is_kept(own_books: Books, own_api: Api) -> None:
    """The schedule is dearer when the release comes, the quote long over: the promise is kept."""
    books, api = own_books, own_api
    _, payee, escrow = await funded(books)
    quoted = await quote(api, payee)
    key = uuid4().hex
    first = await accept(api, payee, escrow, quoted, key)
    assert (first.status_code, first.json()["fee"]) == (200, "0.75")
    assert first.json()["fees"] == [{"tier": "PLATFORM", "amount": "0.75"}]
    assert (await accept(api, payee, escrow, quoted, key)).content == first.content
    assert (await accept(api, payee, escrow, quoted)).json() == first.json()
    await new_schedule(books, api, {"tier": "PREMIUM", "kind": "percentage", "bps": 5_000})
    books.clock.move(timedelta(days=20))
    await carry_out(books, ReleaseEscrow(escrow_id=escrow))
    assert await books.balance(payee.main) == 7_425
    said = await released(books, escrow)
    assert said.fees is not None
    assert [(fee.tier, fee.amount_minor) for fee in said.fees] == [("PLATFORM", 75)]
    assert (said.fee_minor, str(said.quote_id)) == (75, quoted)
    shown = (await api.get(f"/v1/escrows/{escrow}", payee.id)).json()
    assert (shown["state"], shown["fee_quote"], shown["fee"]) == ("RELEASED", quoted, "0.75")
    await books.check()


async def test_fees_of_a_release_are_itemised(own_books: Books, own_api: Api) -> None:
    """Each tier by itself, without a quote too; together they are the fee."""
    books, api = own_books, own_api
    await new_schedule(
        books,
        api,
        {"tier": "PLATFORM", "kind": "percentage", "bps": 100},
        {"tier": "NETWORK", "kind": "flat", "flat": "0.25"},
    )
    _, payee, escrow = await funded(books)
    await carry_out(books, ReleaseEscrow(escrow_id=escrow))
    said = await released(books, escrow)
    assert said.fees is not None
    assert [(fee.tier, fee.amount_minor) for fee in said.fees] == [
        ("PLATFORM", 75),
        ("NETWORK", 25),
    ]
    assert (said.fee_minor, said.quote_id) == (100, None)
    assert await books.balance(payee.main) == 7_400


async def test_who_may_accept_what(own_books: Books, own_api: Api) -> None:
    """The payee, their own quote, for this amount, in its time, once, while the money waits."""
    books, api = own_books, own_api
    payer, payee, escrow = await funded(books)
    stranger = await books.open_person()
    mine = await quote(api, payee)
    assert problem_of(await accept(api, stranger, escrow, mine)) == (404, "no-such-escrow")
    assert problem_of(await accept(api, payer, escrow, mine)) == (403, "not-the-payee")
    assert problem_of(await accept(api, payee, new_id(), mine)) == (404, "no-such-escrow")
    others = await quote(api, payer)
    assert problem_of(await accept(api, payee, escrow, others)) == (404, "no-such-quote")
    other = await quote(api, payee, "75.01")
    assert problem_of(await accept(api, payee, escrow, other)) == (409, "quote-differs")
    transfer = await quote(api, payee, operation="transfer")
    assert problem_of(await accept(api, payee, escrow, transfer)) == (409, "quote-differs")
    books.clock.move(timedelta(minutes=15))
    assert problem_of(await accept(api, payee, escrow, mine)) == (409, "quote-expired")
    fresh, another = await quote(api, payee), await quote(api, payee)
    assert (await accept(api, payee, escrow, fresh)).status_code == 200
    assert problem_of(await accept(api, payee, escrow, another)) == (409, "price-accepted")
    assert (await api.get(f"/v1/escrows/{escrow}", stranger.id)).status_code == 404
    assert (await api.get(f"/v1/escrows/{escrow}", payer.id)).json()["amount"] == "75.00"
    _, ben, over = await funded(books)
    late = await quote(api, ben)
    await carry_out(books, RefundEscrow(escrow_id=over, reason="cancelled"))
    assert problem_of(await accept(api, ben, over, late)) == (409, "escrow-not-funded")


async def test_sql_takes_no_price_that_nobody_promised(own_books: Books, own_api: Api) -> None:
    """Neither other items nor another person's quote; and what was accepted stays."""
    _, payee, escrow = await funded(own_books)
    quoted = await quote(own_api, payee)
    insert = "INSERT INTO ledger.escrow_price VALUES ($1, $2, NULL, $3, $4, $5)"
    now = own_books.clock.now()
    items = [["PLATFORM", "75"]]
    for role in ("ledger", "admin"):
        async with own_books.scratch.connect(role) as conn:
            for wrong in (
                (escrow, quoted, [["PLATFORM", "1"]], payee.id, now),
                (escrow, quoted, items, new_id(), now),
                (escrow, quoted, items, payee.id, now + timedelta(minutes=15)),
                (escrow, str(new_id()), items, payee.id, now),
            ):
                with pytest.raises(asyncpg.CheckViolationError):
                    await conn.execute(insert, *wrong)
    async with own_books.scratch.connect("ledger") as conn:
        await conn.execute(insert, escrow, quoted, items, payee.id, now)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute("UPDATE ledger.escrow_price SET items = '[]'")


def test_a_release_of_before_is_read() -> None:
    """Messages that are kept in Kafka do not itemise: unknown is not the same as none."""
    said = EscrowReleased.model_validate(
        {
            "escrow_id": new_id(),
            "version": 2,
            "payer_id": new_id(),
            "payee_id": new_id(),
            "amount_minor": "7500",
            "asset": "LXC",
            "transfer_id": new_id(),
            "fee_minor": "75",
        }
    )
    assert (said.fees, said.quote_id) == (None, None)
