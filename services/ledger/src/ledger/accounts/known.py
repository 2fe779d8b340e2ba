"""Accounts as this process has met them: who and what one is never changes, so it is kept.

Those that it meets for the first time are asked for together: while one statement runs the next
question gathers; nobody waits for a timer.
"""

import asyncio
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends

from chassis.database import Database
from chassis.resources import OpenResources
from ledger.accounts.find_many import Directory, find_accounts
from ledger.accounts.models import Account

#: Some 400 bytes each.
KEPT_MAX: Final = 50_000
#: Accounts and people after whom a question takes no more askers.
TOGETHER_MAX: Final = 400


@dataclass(slots=True, eq=False)
class _Question:
    """What is asked of the database at once, for all who wait for it."""

    ids: set[UUID] = field(default_factory=set)
    owners: set[UUID] = field(default_factory=set)
    answer: asyncio.Task[Directory] | None = None

    def takes_more(self) -> bool:
        return len(self.ids) + len(self.owners) < TOGETHER_MAX


class KnownAccounts:
    """Finds accounts, and asks the database only for those that it has not met."""

    def __init__(self, *, kept_max: int = KEPT_MAX) -> None:
        """Keep at most so many."""
        self._kept_max = kept_max
        self._accounts: dict[UUID, Account] = {}
        self._mains: dict[tuple[UUID, str], Account] = {}
        self._gathering: _Question | None = None
        self._turn = asyncio.Lock()

    async def find(
        self,
        database: Database,
        ids: Iterable[UUID],
        mains: Iterable[tuple[UUID, str]] = (),
    ) -> Directory:
        """Accounts by id, and main accounts by owner and asset; unknown ones are left out.

        Args:
            database: Where they are.
            ids: Accounts.
            mains: People and assets.
        """
        wanted, wanted_mains = list(ids), list(mains)
        met = Directory(_among(self._accounts, wanted), _among(self._mains, wanted_mains))
        new = {one for one in wanted if one not in met.accounts}
        new_mains = {one for one in wanted_mains if one not in met.mains}
        if new or new_mains:
            found = await self._ask(database, new, {owner for owner, _ in new_mains})
            met.accounts.update(_among(found.accounts, new))
            met.mains.update(_among(found.mains, new_mains))
        return met

    async def _ask(self, database: Database, ids: set[UUID], owners: set[UUID]) -> Directory:
        question = self._gathering
        if question is None or not question.takes_more():
            question = self._gathering = _Question()
        question.ids |= ids
        question.owners |= owners
        if question.answer is None:
            question.answer = asyncio.create_task(self._answer(database, question))
        # Whoever asked first may be cut off by a deadline; the others still wait.
        return await asyncio.shield(question.answer)

    async def _answer(self, database: Database, question: _Question) -> Directory:
        """One statement at a time; what is asked from its beginning on is for the next."""
        try:
            async with self._turn, database.connection() as conn:
                self._close(question)
                found = await find_accounts(conn, question.ids, question.owners)
        finally:
            self._close(question)
        self._keep(self._accounts, found.accounts)
        self._keep(self._mains, found.mains)
        return found

    def _close(self, question: _Question) -> None:
        if self._gathering is question:
            self._gathering = None

    def _keep[K](self, kept: dict[K, Account], found: dict[K, Account]) -> None:
        kept.update(found)
        for oldest in list(itertools.islice(kept, max(0, len(kept) - self._kept_max))):
            del kept[oldest]


def _among[K](kept: dict[K, Account], wanted: Iterable[K]) -> dict[K, Account]:
    return {one: kept[one] for one in wanted if one in kept}


async def _known_of(resources: OpenResources) -> KnownAccounts:
    known: KnownAccounts = resources.extra["accounts"]
    return known


#: A route's parameter.
OpenAccounts = Annotated[KnownAccounts, Depends(_known_of)]
