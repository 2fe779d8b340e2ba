"""Lots add up to the balance: through any history, in races, and whatever somebody writes."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.ids import new_id
from ledger.audit.verify import verify_books
from services.ledger.tests.books import NOW, Books, Person, transfer
from services.ledger.tests.conftest import Api
from services.ledger.tests.gifts.words import accept, give, left, spend, worker

ROLES = ["ledger", "owner"]


class Purse:
    """One's gifts as coins: each with its end and its giver."""

    def __init__(self) -> None:
        """Empty."""
        self.coins: list[tuple[Any, int, UUID]] = []
        self.number = 0

    def put(self, amount: int, ends: Any, giver: UUID) -> None:
        """A gift came in."""
        self.number += 1
        self.coins += [(ends, self.number, giver)] * amount

    def take(self, amount: int, now: Any) -> bool:
        """Spend the first that end, if there are as many that have not."""
        good = sorted(coin for coin in self.coins if coin[0] > now)
        if len(good) < amount:
            return False
        self.coins = good[amount:] + [coin for coin in self.coins if coin[0] <= now]
        return True

    def drop(self, now: Any) -> dict[UUID, int]:
        """What returns, by giver."""
        gone: dict[UUID, int] = {}
        for ends, _, giver in self.coins:
            if ends <= now:
                gone[giver] = gone.get(giver, 0) + 1
        self.coins = [coin for coin in self.coins if coin[0] > now]
        return gone


@pytest.mark.parametrize("seed", range(6))
async def test_lots_are_the_balance_through_any_history(books: Books, api: Api, seed: int) -> None:
    """A plain purse of coins agrees with every figure, and SQL with the balance, at every step."""
    chance = random.Random(seed)
    ana, ben, eve, shop = [await books.open_person(money) for money in (9_000, 9_000, 0, 0)]
    await accept(api, shop.main)
    purse, moneys = Purse(), {ana.main: 9_000, ben.main: 9_000}
    for _ in range(40):
        now = books.clock.now()
        match chance.choice(["give", "give", "spend", "spend", "wait"]):
            case "give":
                giver, amount = chance.choice([ana, ben]), chance.randint(1, 90)
                end = now + timedelta(hours=chance.randint(1, 30))
                answer = await give(api, giver, eve, f"0.{amount:02}", expires_at=end.isoformat())
                assert answer.status_code == 201
                purse.put(amount, end, giver.main)
                moneys[giver.main] -= amount
            case "spend":
                amount = chance.randint(1, 99)
                answer = await spend(api, eve, shop, f"0.{amount:02}")
                assert (answer.status_code == 201) == purse.take(amount, now), answer.text
            case _:
                books.clock.move(timedelta(hours=chance.randint(1, 12)))
                while await worker(books).fire_due():
                    pass
                for giver_account, amount in purse.drop(books.clock.now()).items():
                    moneys[giver_account] += amount
        assert await books.balance(eve.gift) == len(purse.coins)
    for account, money in moneys.items():
        assert await books.balance(account) == money
    lots = await books.rows(
        "SELECT sum(remaining_minor) AS rest FROM gift_lot WHERE account_id = $1", eve.gift
    )
    assert lots[0]["rest"] == len(purse.coins)
    await books.check()


async def test_spending_and_expiry_race_to_one_winner(own_books: Books, own_api: Api) -> None:
    """Two workers and spenders at once: every unit is spent once or returned once."""
    books, api = own_books, own_api
    ana, ben, shop = [await books.open_person(money) for money in (10_000, 0, 0)]
    await accept(api, shop.main)
    for _ in range(10):
        end = (books.clock.now() + timedelta(hours=1)).isoformat()
        await asyncio.gather(
            *(give(api, ana, ben, "0.30", expires_at=end) for _ in range(3)),
            give(api, ana, ben, "0.10"),
        )
        books.clock.move(timedelta(hours=1))
        await asyncio.gather(
            *(spend(api, ben, shop, "0.10") for _ in range(4)),
            *(worker(books).fire_due() for _ in range(2)),
        )
    assert await books.balance(shop.main) == 100
    assert await books.balance(ana.main) == 9_900
    assert await books.balance(ben.gift) == 0
    assert {state for _, state in await left(api, ben)} == {"SPENT", "EXPIRED"}
    await books.check()


async def test_a_frozen_account_keeps_its_gifts_until_it_may_give_them_back(
    own_books: Books, own_api: Api
) -> None:
    """The timer is tried again; another's gift expires all the same."""
    books, api = own_books, own_api
    ana, ben, eve = [await books.open_person(money) for money in (1_000, 0, 0)]
    end = (NOW + timedelta(hours=1)).isoformat()
    await give(api, ana, ben, "1.00", expires_at=end)
    await give(api, ana, eve, "1.00", expires_at=end)
    path = f"/v1/accounts/{ben.gift}/policy"
    await api.post(f"{path}/freeze", ana.id, {"reason": "a dispute"}, role="OPERATOR")
    books.clock.move(timedelta(hours=1))
    for _ in range(3):
        await worker(books).fire_due()
        books.clock.move(timedelta(seconds=5))
    assert (await left(api, ben), await left(api, eve)) == (
        [("1.00", "OPEN")],
        [("0.00", "EXPIRED")],
    )
    await api.post(f"{path}/unfreeze", ana.id, {"reason": "settled"}, role="OPERATOR")
    books.clock.move(timedelta(minutes=5))
    await worker(books).fire_due()
    assert await left(api, ben) == [("0.00", "EXPIRED")]


PAY = "SELECT transfer_credits($1, $2, $3, $4)"
LESS = """
UPDATE gift_lot SET remaining_minor = remaining_minor - $2, version = version + 1, moved_by = $3,
    changed_at = $4, state = CASE WHEN remaining_minor = $2 THEN 'SPENT' ELSE 'OPEN' END
WHERE id = $1
"""
LATER = NOW + timedelta(minutes=1)


@pytest.mark.parametrize("role", ROLES)
async def test_a_gift_account_moves_with_its_lots_or_not_at_all(
    books: Books, api: Api, role: str
) -> None:
    """Money without its lot, a lot without its money, the wrong kind, payee, lot: by name."""
    ana, ben, shop = [await books.open_person(money) for money in (1_000, 0, 0)]
    await accept(api, shop.main)
    first, second = [
        UUID((await give(api, ana, ben, "1.00", expires_at=end)).json()["id"])
        for end in ((NOW + timedelta(days=1)).isoformat(), (NOW + timedelta(days=2)).isoformat())
    ]

    async def move(kind: str, to: UUID, taken: UUID | None, amount: int = 30, by: int = 30) -> None:
        async with books.writing(role) as conn:
            made = await conn.fetchval(PAY, ben.gift, to, amount, kind)
            if taken:
                await conn.execute(LESS, taken, by, made, LATER)

    async def smuggle() -> None:
        async with books.writing(role) as conn:
            made = await conn.fetchval(PAY, ana.main, shop.main, 30, "transfer")
            await conn.execute(LESS, first, 30, made, LATER)

    cases: list[tuple[str, Any]] = [
        ("entry_gift_of_gift", move("transfer", shop.main, None)),
        ("entry_gift_of_gift", move("gift.other", shop.main, first)),
        ("gift_entry_of_lots", move("gift.spend", shop.main, None)),
        ("gift_entry_of_lots", move("gift.spend", shop.main, first, by=29)),
        ("gift_spent_where_accepted", move("gift.spend", ana.main, first)),
        ("gift_first_to_expire_first", move("gift.spend", shop.main, second)),
        ("gift_expires_to_giver", move("gift.expire", ana.main, first)),
        ("gift_lot_open_has_a_rest", move("gift.spend", shop.main, first, 100, 101)),
    ]
    for rule, attempt in cases:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await attempt
        assert refused.value.constraint_name in (rule, "gift_lot_remaining_in_range"), rule
    with pytest.raises(asyncpg.PostgresError):
        async with books.writing(role) as conn:
            await conn.execute(LESS, first, 30, new_id(), LATER)
    with pytest.raises(asyncpg.CheckViolationError, match="gift_lot_moved_by_gift"):
        await smuggle()
    await move("gift.spend", shop.main, first)
    assert await books.balance(ben.gift) == 170
    await books.check()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("change", ["amount_minor = 500", "expires_at = NULL", "memo = 'x'"])
async def test_terms_of_a_gift_never_change(books: Books, api: Api, role: str, change: str) -> None:
    """No right for the service, and a trigger for the owner."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    end = (NOW + timedelta(days=1)).isoformat()
    gift = (await give(api, ana, ben, "1.00", expires_at=end)).json()
    wanted = asyncpg.InsufficientPrivilegeError if role == "ledger" else asyncpg.CheckViolationError
    with pytest.raises(wanted):
        async with books.writing(role) as conn:
            await conn.execute(
                f"UPDATE gift_lot SET version = version + 1, {change} WHERE id = $1", gift["id"]
            )


async def test_the_audit_sees_gifts_that_do_not_add_up(own_books: Books, own_api: Api) -> None:
    """Whoever broke the rules by force is found by `localex ledger verify`."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(1_000), await books.open_person()
    await give(api, ana, ben, "1.00")
    assert await found(books) == []
    async with books.scratch.connect("admin") as conn:
        await conn.execute(
            "SET search_path = ledger; SET session_replication_role = replica; "
            "UPDATE gift_lot SET remaining_minor = 40"
        )
    assert await found(books) == ["100 is in it, its gifts hold 40"]


async def found(books: Books) -> list[str]:
    """What the audit finds about floors and gifts."""
    async with books.database.connection() as conn:
        report = await verify_books(conn)
    return [one.detail for one in report.findings if one.check == "floors"]


async def test_nothing_else_pays_into_a_gift_account(books: Books) -> None:
    """The journal's decision does not know; the database refuses it by name."""
    ana, ben = await books.open_person(100), await books.open_person()
    with pytest.raises(asyncpg.CheckViolationError, match="entry_gift_of_gift"):
        await books.post(transfer(ana.main, ben.gift, 10))


def test_a_purse_can_be_wrong() -> None:
    """The model itself: the first that ends is taken first."""
    purse, person = Purse(), Person(*(UUID(int=n) for n in range(4)))
    purse.put(2, 9, person.main)
    purse.put(1, 5, person.id)
    assert purse.take(1, 0)
    assert purse.drop(9) == {person.main: 2}


async def test_a_gift_written_whole_is_examined_with_its_lots(books: Books, api: Api) -> None:
    """As the journal writes, in one statement: without its lot it is refused at commit."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    await give(api, ana, ben, "1.00")
    back = transfer(ben.gift, ana.main, 100)
    with pytest.raises(asyncpg.CheckViolationError, match="gift_entry_of_lots"):
        await books.post(replace(back, kind="gift.expire"))
    with pytest.raises(asyncpg.CheckViolationError, match="gift_entry_of_lots"):
        await books.post(replace(transfer(ana.main, ben.gift, 5), kind="gift.give"))
