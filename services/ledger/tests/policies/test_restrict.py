"""Compliance freezes what a person could spend, and gives free only what it froze."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from chassis.ids import new_id
from chassis.problems import Transient
from contracts.gateway import ComplianceChanged
from ledger.policies.change import Change, change_policy
from ledger.policies.consumers import make_subscription
from ledger.policies.lifecycle import act
from ledger.policies.models import Policy
from services.ledger.tests.books import Books, Person

OPERATOR = new_id()


@dataclass
class Said:
    """What compliance says of one person, version by version."""

    books: Books
    user: UUID
    version: int = 0

    async def __call__(self, *, restricted: bool) -> None:
        """Say it."""
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


async def test_a_person_without_accounts_is_waited_for(books: Books) -> None:
    """They registered a moment ago: the message is tried again, and not lost."""
    with pytest.raises(Transient):
        await Said(books, new_id())(restricted=True)
