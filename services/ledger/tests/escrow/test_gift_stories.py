"""Any story of escrows with gifts is exact: a plain purse of coins agrees with every figure."""

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.ledger import FundEscrowWithGifts, ReleaseEscrow
from ledger.audit.verify import verify_books
from ledger.escrow.models import EscrowCommand
from services.ledger.tests.books import Books
from services.ledger.tests.conftest import Api
from services.ledger.tests.escrow.test_gifts import carry_out, fund, purses, refund, split
from services.ledger.tests.gifts.words import accept, give, spend, worker


async def findings(books: Books) -> list[str]:
    """What the audit of the whole books finds."""
    report = await verify_books(books.scratch.url("ledger"))
    return [f"{one.check} {one.detail}" for one in report.findings]


STORY = ["give", "fund", "fund", "refund", "split", "release", "spend", "wait"]


class Plain:
    """The same story with coins: each gift a giver, an end, what is left and what is out."""

    def __init__(self) -> None:
        """Nobody gave anything."""
        self.gifts: list[list[Any]] = []
        self.out: dict[UUID, list[tuple[int, int]]] = {}
        self.returned: Counter[UUID] = Counter()

    def order(self) -> list[int]:
        """The gifts, first those that end first."""
        return sorted(range(len(self.gifts)), key=lambda n: (self.gifts[n][1], n))

    def take(self, amount: int, now: datetime, escrow: UUID | None) -> bool:
        """Spend, if so much can be spent."""
        good = [n for n in self.order() if self.gifts[n][1] > now and self.gifts[n][2]]
        if sum(self.gifts[n][2] for n in good) < amount:
            return False
        for n in good:
            part = min(amount, self.gifts[n][2])
            self.gifts[n][2] -= part
            amount -= part
            if escrow and part:
                self.out.setdefault(escrow, []).append((n, part))
        return True

    def back(self, escrow: UUID, amount: int) -> None:
        """An escrow gives back what it took last first."""
        for n, took in reversed(self.out.pop(escrow, [])):
            part = min(amount, took)
            self.gifts[n][2] += part
            amount -= part

    def expire(self, now: datetime) -> None:
        """What is over is its giver's."""
        for gift in self.gifts:
            if gift[1] <= now:
                self.returned[gift[0]] += gift[2]
                gift[2] = 0


@pytest.mark.parametrize("seed", range(5))
async def test_any_story_is_exact(own_books: Books, own_api: Api, seed: int) -> None:
    """Gifts, spending, escrows that end in every way, and ends: coins agree with every figure."""
    books, api, chance = own_books, own_api, random.Random(seed)
    ana, bea, ben, shop = [await books.open_person(money) for money in (9_000, 9_000, 3_000, 0)]
    await accept(api, shop.main)
    plain, waiting, given = Plain(), list[FundEscrowWithGifts](), Counter[UUID]()
    money, paid = 3_000, 0
    for _ in range(40):
        now = books.clock.now()
        match chance.choice(STORY):
            case "give":
                giver, amount = chance.choice([ana, bea, shop]), chance.randint(1, 90)
                end = now + timedelta(hours=chance.randint(1, 12))
                answer = await give(api, giver, ben, f"0.{amount:02}", expires_at=end.isoformat())
                if answer.status_code == 201:
                    plain.gifts.append([giver.id, end, amount])
                    given[giver.id] += amount
            case "fund":
                gift, rest = chance.randint(1, 60), chance.choice([0, chance.randint(1, 60)])
                funding = fund(ben, shop, max(2, gift + rest), gift)
                await carry_out(books, funding)
                if plain.take(gift, now, funding.escrow_id):
                    money -= funding.amount_minor - gift
                    waiting.append(funding)
            case ("refund" | "split" | "release") as how if waiting:
                funding = waiting.pop(chance.randrange(len(waiting)))
                whole, gift = funding.amount_minor, funding.gift_minor
                back = {"refund": whole, "release": 0, "split": chance.randint(1, whole - 1)}[how]
                ends: dict[str, EscrowCommand] = {
                    "refund": refund(funding),
                    "split": split(funding, back if how == "split" else 1),
                    "release": ReleaseEscrow(escrow_id=funding.escrow_id),
                }
                await carry_out(books, ends[how])
                paid += whole - back
                money += min(back, whole - gift)
                plain.back(funding.escrow_id, max(0, back - (whole - gift)))
            case "spend":
                amount = chance.randint(1, 50)
                answer = await spend(api, ben, shop, f"0.{amount:02}")
                done = plain.take(amount, now, None)
                assert (answer.status_code == 201) == done, answer.text
                paid += amount * done
            case _:
                books.clock.move(timedelta(hours=chance.randint(1, 5)))
        while await worker(books).fire_due():
            pass
        plain.expire(books.clock.now())
        held = sum(one.amount_minor for one in waiting)
        expected = [money, sum(gift[2] for gift in plain.gifts), held]
        assert await purses(books, ben.main, ben.gift, ben.escrow) == expected
    net = [plain.returned[one.id] - given[one.id] for one in (ana, bea, shop)]
    expected = [9_000 + net[0], 9_000 + net[1], paid + net[2]]
    assert await purses(books, ana.main, bea.main, shop.main) == expected
    await books.check()
    assert await findings(books) == []
