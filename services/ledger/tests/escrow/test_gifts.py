"""Escrows that are funded with gifts: exact through any story, and held by the database."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from chassis.ids import new_id
from chassis.outbox import Cause
from contracts.ledger import (
    FundEscrow,
    FundEscrowWithGifts,
    RefundEscrow,
    ReleaseEscrow,
    SplitEscrow,
)
from ledger.escrow.carry_out import carry_out_commands
from ledger.escrow.errors import EscrowTermsDiffer
from ledger.escrow.models import EscrowCommand
from services.ledger.tests.books import NOW, Books, Person
from services.ledger.tests.conftest import Api
from services.ledger.tests.escrow.test_carry_out import events_of
from services.ledger.tests.escrow.test_carry_out import fund as plain_fund
from services.ledger.tests.gifts.words import accept, give, left, spend, worker

HOUR = timedelta(hours=1)


def fund(payer: Person, payee: Person, amount_minor: int, gift_minor: int) -> FundEscrowWithGifts:
    """A command to fund a new escrow, in part with gifts."""
    return FundEscrowWithGifts(
        escrow_id=new_id(),
        payer_id=payer.id,
        payee_id=payee.id,
        amount_minor=amount_minor,
        asset="LXC",
        gift_minor=gift_minor,
    )


def refund(funding: FundEscrow) -> RefundEscrow:
    """A command that gives all of it back."""
    return RefundEscrow(escrow_id=funding.escrow_id, reason="cancelled")


def split(funding: FundEscrow, payer_minor: int) -> SplitEscrow:
    """A command that gives a part of it back."""
    return SplitEscrow(
        escrow_id=funding.escrow_id,
        payee_minor=funding.amount_minor - payer_minor,
        payer_minor=payer_minor,
        reason="the bell is missing",
    )


async def carry_out(books: Books, *commands: EscrowCommand, fee_bps: int = 0) -> None:
    """Carry out commands in one transaction, by the clock of the books."""
    async with books.transaction() as conn:
        await carry_out_commands(
            conn, [(one, Cause()) for one in commands], now=books.clock.now(), fee_bps=fee_bps
        )


async def purses(books: Books, *accounts: UUID) -> list[int]:
    """What accounts hold."""
    return [await books.balance(one) for one in accounts]


async def test_gifts_and_money_pay_together(books: Books, api: Api) -> None:
    """30.00, of which 20.00 gifts; the payee gets ordinary money, less the fee of the whole."""
    ana, ben, eve = [await books.open_person(money) for money in (5_000, 2_000, 0)]
    await give(api, ana, ben, "25.00")
    funding = fund(ben, eve, 3_000, 2_000)
    await carry_out(books, funding, funding)
    assert await purses(books, ben.main, ben.gift, ben.escrow) == [1_000, 500, 3_000]
    await carry_out(books, ReleaseEscrow(escrow_id=funding.escrow_id), fee_bps=100)
    assert await purses(books, eve.main, eve.gift, ben.escrow) == [2_970, 0, 0]
    said = await books.value(
        "SELECT payload FROM outbox WHERE key = $1 ORDER BY id LIMIT 1", str(funding.escrow_id)
    )
    assert '"gift_minor":"2000"' in said
    await books.check()


async def test_a_refund_returns_each_gift_with_its_end(books: Books, api: Api) -> None:
    """Two gifts and money came; two gifts and money go back, and the gifts still end."""
    ana, ben, eve = [await books.open_person(money) for money in (5_000, 2_000, 0)]
    end = books.clock.now() + HOUR
    await give(api, ana, ben, "5.00", expires_at=end.isoformat())
    await give(api, ana, ben, "5.00")
    funding = fund(ben, eve, 1_000, 800)
    await carry_out(books, funding)
    assert await left(api, ben) == [("2.00", "OPEN"), ("0.00", "SPENT")]
    await carry_out(books, refund(funding), refund(funding))
    assert await left(api, ben) == [("5.00", "OPEN"), ("5.00", "OPEN")]
    assert await purses(books, ben.main, ben.gift, ben.escrow) == [2_000, 1_000, 0]
    books.clock.move(HOUR)
    await worker(books).fire_due()
    assert await left(api, ben) == [("5.00", "OPEN"), ("0.00", "EXPIRED")]
    assert await purses(books, ana.main, ben.gift) == [4_500, 500]
    await books.check()


async def test_what_ended_meanwhile_is_the_givers(books: Books, api: Api) -> None:
    """The gift's time was over while it lay in escrow: its rest and the refund go to the giver."""
    ana, ben, eve = [await books.open_person(money) for money in (5_000, 0, 0)]
    await give(api, ana, ben, "5.00", expires_at=(books.clock.now() + HOUR).isoformat())
    funding = fund(ben, eve, 300, 300)
    await carry_out(books, funding)
    books.clock.move(HOUR)
    await worker(books).fire_due()
    assert await purses(books, ana.main, ben.gift) == [4_700, 0]
    await carry_out(books, refund(funding))
    await accept(api, eve.main)
    assert (await spend(api, ben, eve, "1.00")).status_code == 409
    await worker(books).fire_due()
    assert await purses(books, ana.main, ben.gift, ben.escrow) == [5_000, 0, 0]
    assert await left(api, ben) == [("0.00", "EXPIRED")]
    await books.check()


async def test_of_a_split_money_goes_back_first(books: Books, api: Api) -> None:
    """10.00 of gifts and 5.00 of money; 7.00 back are all the money and 2.00 of gifts."""
    ana, ben, eve = [await books.open_person(money) for money in (5_000, 500, 0)]
    await give(api, ana, ben, "10.00")
    funding = fund(ben, eve, 1_500, 1_000)
    await carry_out(books, funding)
    await carry_out(books, split(funding, 700))
    assert await purses(books, ben.main, ben.gift, eve.main) == [500, 200, 800]
    await books.check()


async def test_missing_gifts_close_the_escrow_and_other_terms_are_refused(
    books: Books, api: Api
) -> None:
    """Money does not stand in for gifts: the payer said what pays."""
    ana, ben, eve = [await books.open_person(money) for money in (5_000, 5_000, 0)]
    await give(api, ana, ben, "1.00")
    funding = fund(ben, eve, 500, 200)
    await carry_out(books, funding)
    assert await events_of(books, funding.escrow_id) == [("EscrowRefused", 1)]
    assert await purses(books, ben.main, ben.gift) == [5_000, 100]
    with pytest.raises(EscrowTermsDiffer):
        await carry_out(books, funding.model_copy(update={"gift_minor": 100}))


async def test_one_batch_takes_each_gift_once(books: Books, api: Api) -> None:
    """Three fundings, a refund and another funding in one transaction: only what is there."""
    ana, ben, eve = [await books.open_person(money) for money in (5_000, 0, 0)]
    await give(api, ana, ben, "1.00", expires_at=(books.clock.now() + HOUR).isoformat())
    await give(api, ana, ben, "1.00")
    one, two, three = (fund(ben, eve, 90, 90) for _ in range(3))
    await carry_out(books, one, two, three, refund(one))
    states = [(await events_of(books, each.escrow_id))[-1][0] for each in (one, two, three)]
    assert states == ["EscrowRefunded", "EscrowFunded", "EscrowRefused"]
    assert await purses(books, ben.gift, ben.escrow) == [110, 90]
    await books.check()


PAY = "SELECT transfer_credits($1, $2, $3, $4)"
MORE = """
UPDATE gift_lot SET remaining_minor = remaining_minor + $2, version = version + 1, moved_by = $3,
    changed_at = $4, state = CASE WHEN remaining_minor + $2 = 0 THEN 'SPENT' ELSE 'OPEN' END
WHERE id = $1
"""


@pytest.mark.parametrize("role", ["ledger", "owner"])
async def test_the_database_lets_gifts_move_with_escrows_only(
    books: Books, api: Api, role: str
) -> None:
    """Out of gifts without an escrow, back without one, or by another kind: refused by name."""
    ana, ben = [await books.open_person(money) for money in (1_000, 500)]
    lot = UUID((await give(api, ana, ben, "1.00")).json()["id"])
    funding = fund(ben, ana, 60, 60)
    await carry_out(books, funding)

    async def move(kind: str, change: int) -> None:
        sides = (ana.main, ben.gift) if change > 0 else (ben.gift, ben.main)
        async with books.writing(role) as conn:
            made = await conn.fetchval(PAY, *sides, abs(change), kind)
            await conn.execute(MORE, lot, change, made, NOW + timedelta(minutes=1))

    cases = [
        ("gift.fund", -10, "gift_of_escrow"),
        ("gift.refund", 10, "gift_of_escrow"),
        ("gift.split", 10, "gift_of_escrow"),
        ("gift.give", 10, "gift_rises_from_escrow"),
    ]
    for kind, change, rule in cases:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await move(kind, change)
        assert refused.value.constraint_name == rule, kind
    assert await purses(books, ben.gift) == [40]


SETTLE = """
UPDATE escrow SET version = 2, state = 'REFUNDED', settled_by = $2, reason = 'x', changed_at = $3
WHERE id = $1
"""
BACK = """
SELECT transfer_credits($1, $2, $3, $4, jsonb_build_object('escrow_id', $5::text))
"""


@pytest.mark.parametrize(
    ("case", "rule"),
    [
        ("less", "gift_in_escrow_as_told"),
        ("other", "gift_back_where_it_came_from"),
        ("exact", None),
    ],
)
async def test_the_database_gives_back_what_was_taken(
    books: Books, api: Api, case: str, rule: str | None
) -> None:
    """Not less of it, and into no other gift than it came from."""
    ana, ben = [await books.open_person(money) for money in (1_000, 500)]
    lot = UUID((await give(api, ana, ben, "0.60")).json()["id"])
    other = UUID((await give(api, ana, ben, "0.60")).json()["id"])
    spare = fund(ben, ana, 20, 20)
    funding = fund(ben, ana, 60, 60)
    await carry_out(books, spare, funding)
    amount = 50 if case == "less" else 60

    async def back() -> None:
        async with books.writing("owner") as conn:
            made = await conn.fetchval(
                BACK, ben.escrow, ben.gift, amount, "gift.refund", str(funding.escrow_id)
            )
            at = NOW + timedelta(minutes=1)
            parts = {"less": (40, 10), "other": (20, 20), "exact": (40, 20)}[case]
            if case == "other":
                parts = (60, 0)
            for each, part in zip((lot, other), parts, strict=True):
                if part:
                    await conn.execute(MORE, each, part, made, at)
            await conn.execute(SETTLE, funding.escrow_id, made, at)

    if rule is None:
        await back()
        assert await purses(books, ben.gift) == [100]
        return
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await back()
    assert refused.value.constraint_name == rule


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("escrow.refund", "state = 'REFUNDED'"),
        ("escrow.split", "state = 'RELEASED', fee_minor = 0, refunded_minor = 50"),
    ],
)
async def test_gifts_never_become_money_on_the_way_back(
    books: Books, api: Api, kind: str, change: str
) -> None:
    """A refund or split into the payer's MAIN is refused by the database."""
    ana, ben = [await books.open_person(money) for money in (1_000, 0)]
    await give(api, ana, ben, "0.60")
    funding = fund(ben, ana, 60, 60)
    await carry_out(books, funding)
    settle = f"UPDATE escrow SET version = 2, settled_by = $2, {change} WHERE id = $1"

    async def settle_with_money() -> None:
        async with books.writing("ledger") as conn:
            made = await conn.fetchval(BACK, ben.escrow, ben.main, 60, kind, str(funding.escrow_id))
            await conn.execute(settle, funding.escrow_id, made)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await settle_with_money()
    assert refused.value.constraint_name == "escrow_gifts_are_gifts"


async def test_a_giver_whose_gift_may_come_back_keeps_the_account(books: Books, api: Api) -> None:
    """While it lies in an escrow it is awaited; once the payee has it, it is not."""
    ana, ben, eve = [await books.open_person(money) for money in (500, 0, 0)]
    await give(api, ana, ben, "5.00", expires_at=(books.clock.now() + HOUR).isoformat())
    funding = fund(ben, eve, 500, 500)
    await carry_out(books, funding)
    assert await books.value("SELECT is_account_awaited($1)", ana.main) is True
    await carry_out(books, ReleaseEscrow(escrow_id=funding.escrow_id))
    assert await books.value("SELECT is_account_awaited($1)", ana.main) is False


@pytest.mark.parametrize("gift_minor", [-1, 7_501])
async def test_gifts_are_within_the_amount(books: Books, gift_minor: int) -> None:
    """The database's own rule for what an escrow says."""
    ana, ben = await books.open_person(), await books.open_person(10_000)
    funding = plain_fund(ben, ana)
    await carry_out(books, funding)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with books.writing("owner") as conn:
            await conn.execute(
                """
                INSERT INTO escrow SELECT (json_populate_record(c, json_build_object(
                    'id', uuidv7(), 'state', 'REFUSED', 'funded_by', NULL, 'gift_minor', $2::int
                ))).* FROM escrow AS c WHERE id = $1
                """,
                funding.escrow_id,
                gift_minor,
            )
    assert refused.value.constraint_name == "escrow_gift_in_range"
