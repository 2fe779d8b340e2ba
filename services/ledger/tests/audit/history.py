"""Books with some of everything, for whoever examines or copies them."""

from chassis.ids import new_id
from contracts.ledger import FundEscrowWithGifts, RefundEscrow, ReleaseEscrow
from ledger.accounts.find import find_account
from ledger.gifts.give import give_gift
from ledger.gifts.models import Gift, Lot, Spending
from ledger.gifts.spend import spend_gifts
from ledger.journal.models import Movement, Posted, Transfer
from ledger.reservations.models import Reservation, Wanted
from ledger.reservations.reserve import reserve_money
from services.ledger.tests.books import NOW, Books, Person
from services.ledger.tests.escrow.test_splits import carry_out, fund, split
from services.ledger.tests.reservations.moves import HALF_AN_HOUR, capture, release
from services.ledger.tests.transparency.log import keep, send


async def live(books: Books) -> tuple[Person, Person]:
    """Transfers, a reversal, reservations and escrows in every state, gifts; the last one waits."""
    ana, ben = await books.open_person(100_000), await books.open_person()
    for _ in range(4):
        await send(books, ana, ben, 500)
    await keep(books)
    sent = await send(books, ana, ben, 30)
    back = (Movement(ben.main, "LXC", -30), Movement(ana.main, "LXC", 30))
    await books.post(Transfer(new_id(), "reversal", back, reverses=sent, initiated_by=ben.id))
    await _reserve(books, ana, ben)
    await _give(books, ana, ben)
    await _fund_with_gifts(books, ana, ben)
    escrows = [fund(ana, ben, 1_000) for _ in range(4)]
    await carry_out(books, *escrows)
    await carry_out(books, ReleaseEscrow(escrow_id=escrows[0].escrow_id))
    await carry_out(books, split(escrows[3], 400))
    await carry_out(books, RefundEscrow(escrow_id=escrows[1].escrow_id, reason="changed my mind"))
    await carry_out(books, RefundEscrow(escrow_id=new_id(), reason="never funded"))
    await keep(books)
    await send(books, ben, ana)
    return ana, ben


async def _give(books: Books, giver: Person, payee: Person) -> None:
    """One gift that is spent, one in part; who takes them has changed policies twice."""
    async with books.transaction() as conn:
        for change in ("accepts_gifts = true", "floor_minor = -50, soft_floor_minor = -20"):
            await conn.execute(f"UPDATE account SET {change} WHERE id = $1", payee.main)
    cai = await books.open_person()
    now = books.clock.now()
    async with books.transaction() as conn:
        source, purse, shop = [
            await find_account(conn, field="account", account_id=one)
            for one in (giver.main, cai.gift, payee.main)
        ]
        for end in (now + HALF_AN_HOUR, now + 2 * HALF_AN_HOUR):
            gift = Gift(new_id(), source, purse, 60, "for lunch", end)
            assert isinstance(await give_gift(conn, gift, now=now), Lot)
        for amount in (40, 30):
            spending = Spending(new_id(), purse, shop, amount, None, cai.id)
            assert isinstance(await spend_gifts(conn, spending, now=now), Posted)


async def _fund_with_gifts(books: Books, giver: Person, payee: Person) -> None:
    """Escrows out of one gift: refunded, split with a part of it back, released, waiting."""
    dia = await books.open_person()
    now = books.clock.now()
    async with books.transaction() as conn:
        source, purse = [
            await find_account(conn, field="account", account_id=one)
            for one in (giver.main, dia.gift)
        ]
        gift = Gift(new_id(), source, purse, 60, None, now + 4 * HALF_AN_HOUR)
        assert isinstance(await give_gift(conn, gift, now=now), Lot)
    escrows = [
        FundEscrowWithGifts(**fund(dia, payee, minor).model_dump(), gift_minor=minor)
        for minor in (15, 15, 15, 15)
    ]
    await carry_out(books, *escrows)
    await carry_out(books, RefundEscrow(escrow_id=escrows[0].escrow_id, reason="called off"))
    await carry_out(books, split(escrows[1], 10), ReleaseEscrow(escrow_id=escrows[2].escrow_id))


async def _reserve(books: Books, payer: Person, payee: Person) -> None:
    """One that is active, one captured in two parts, one let go."""
    made = []
    for _ in range(3):
        wanted = Wanted(
            new_id(), payer.main, "LXC", 40, NOW + HALF_AN_HOUR, payee.main, "for lunch", payer.id
        )
        async with books.transaction() as conn:
            made.append(
                await reserve_money(conn, wanted, transfer_id=new_id(), now=books.clock.now())
            )
    _, second, third = made
    assert isinstance(second, Reservation)
    assert isinstance(third, Reservation)
    await capture(books, second.id, 15)
    await capture(books, second.id, 20, final=True)
    await release(books, third.id)
