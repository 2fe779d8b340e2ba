"""Compliance freezes what a person could spend, and gives free only what it froze."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import pytest

from chassis.ids import new_id
from chassis.problems import Transient
from contracts.gateway import ComplianceChanged
from ledger.accounts.models import Account
from ledger.policies.change import Change, change_policy
from ledger.policies.consumers import make_subscription
from ledger.policies.lifecycle import act
from ledger.policies.models import Policy
from ledger.policies.open_own import open_own_account
from services.ledger.tests.books import COMMUNITY, Books, Person

OPERATOR = new_id()


@dataclass
class Said:
    """What compliance says of one person, version by version."""

    books: Books
    user: UUID
    version: int = 0

    async def __call__(self, *, restricted: bool, pause: float = 0) -> None:
        """Say it, and commit after a pause."""
        self.version += 1
        message = ComplianceChanged(
            user_id=self.user,
            version=self.version,
            kind="SANCTIONS",
            status="REFUSED" if restricted else "CLEAR",
            restricted=restricted,
            changed_at=self.books.clock.now(),
        )
        handler = make_subscription(self.books.clock).handlers[ComplianceChanged]
        async with self.books.transaction() as conn:
            await handler(conn, message)
            await asyncio.sleep(pause)


async def frozen(books: Books, person: Person) -> dict[str, bool]:
    """Which accounts are frozen, by type."""
    rows = await books.rows("SELECT type, frozen FROM account WHERE owner_id = $1", person.id)
    return {row["type"]: row["frozen"] for row in rows}


async def freeze(books: Books, account: UUID) -> None:
    """An operator freezes an account."""

    def make(policy: Policy) -> Policy:
        return act(policy, "freeze")

    change = Change(account, "frozen", make, None, OPERATOR, "in the office")
    async with books.transaction() as conn:
        await change_policy(conn, change, attempt_id=new_id(), now=books.clock.now())


async def test_who_is_restricted_can_spend_nothing(books: Books) -> None:
    """Main and gift accounts are frozen, escrow is not; a repeat makes no version; then free."""
    ana = await books.open_person(1_000)
    said = Said(books, ana.id)
    await said(restricted=True)
    stands = await frozen(books, ana)
    assert stands["MAIN"]
    assert not stands.get("ESCROW")
    version = await books.value("SELECT policy_version FROM account WHERE id = $1", ana.main)
    await said(restricted=True)
    assert version == await books.value(
        "SELECT policy_version FROM account WHERE id = $1", ana.main
    )
    await said(restricted=False)
    assert not any((await frozen(books, ana)).values())
    acts = await books.value(
        "SELECT count(*) FROM audit_event WHERE entity_id = $1 AND before IS NOT NULL",
        str(ana.main),
    )
    assert acts == 2


async def test_what_operators_froze_stays_frozen(books: Books) -> None:
    """To be cleared by compliance takes back only what compliance did."""
    ana = await books.open_person(1_000)
    await freeze(books, ana.main)
    said = Said(books, ana.id)
    await said(restricted=True)
    await said(restricted=False)
    assert (await frozen(books, ana))["MAIN"]


def in_dollars(ana: Person) -> Account:
    """Another account of hers, as an exchange opens it at its first use."""
    return Account(new_id(), ana.id, "MAIN", "USD", COMMUNITY)


async def test_what_is_opened_for_who_is_restricted_is_frozen(books: Books) -> None:
    """Before or after: frozen either way, and given free with the rest."""
    ana, ben = await books.open_person(1_000), await books.open_person(1_000)
    said = Said(books, ana.id)
    await said(restricted=True)
    for person in (ana, ben):
        wanted = in_dollars(person)
        async with books.transaction() as conn:
            await open_own_account(conn, person.id, wanted, now=books.clock.now())
        select = "SELECT frozen FROM account WHERE id = $1"
        assert await books.value(select, wanted.id) is (person is ana)
    await said(restricted=False)
    assert not await books.value("SELECT bool_or(frozen) FROM account WHERE owner_id = $1", ana.id)
    await Said(books, ben.id)(restricted=True)
    frozen_of_ben = "SELECT frozen FROM account WHERE owner_id = $1 AND asset = 'USD'"
    assert await books.value(frozen_of_ben, ben.id)


@pytest.mark.parametrize("first", ["opened", "restricted"])
async def test_opening_and_restricting_at_once_ends_frozen(books: Books, first: str) -> None:
    """Whichever began first and has not committed, the other waits for it and sees it."""
    ana = await books.open_person(1_000)
    wanted, said = in_dollars(ana), Said(books, ana.id)

    async def opens() -> None:
        async with books.transaction() as conn:
            await open_own_account(conn, ana.id, wanted, now=books.clock.now())
            await asyncio.sleep(0.3)

    async def restricts() -> None:
        await said(restricted=True, pause=0.3)

    ways = (opens, restricts) if first == "opened" else (restricts, opens)
    async with asyncio.TaskGroup() as both:
        both.create_task(ways[0]())
        await asyncio.sleep(0.1)
        both.create_task(ways[1]())
    assert await books.value("SELECT frozen FROM account WHERE id = $1", wanted.id)


async def test_a_person_without_accounts_is_waited_for(books: Books) -> None:
    """They registered a moment ago: the message is tried again, and not lost."""
    with pytest.raises(Transient):
        await Said(books, new_id())(restricted=True)
