"""Accounts as this process has met them: who and what one is never changes, so it is kept."""

import itertools
from collections.abc import Iterable
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends

from chassis.database import Database
from chassis.resources import OpenResources
from ledger.accounts.find_many import Directory, find_accounts
from ledger.accounts.models import Account

#: Some 400 bytes each.
KEPT_MAX: Final = 50_000


class KnownAccounts:
    """Finds accounts, and asks the database only for those that it has not met."""

    def __init__(self, *, kept_max: int = KEPT_MAX) -> None:
        """Keep at most so many."""
        self._kept_max = kept_max
        self._accounts: dict[UUID, Account] = {}
        self._mains: dict[tuple[UUID, str], Account] = {}

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
            async with database.connection() as conn:
                found = await find_accounts(conn, new, {owner for owner, _ in new_mains})
            met.accounts.update(found.accounts)
            met.mains.update(found.mains)
            self._keep(self._accounts, found.accounts)
            self._keep(self._mains, found.mains)
        return met

    def _keep[K](self, kept: dict[K, Account], found: dict[K, Account]) -> None:
        kept.update(found)
        for oldest in list(itertools.islice(kept, max(0, len(kept) - self._kept_max))):
            del kept[oldest]


def _among[K](kept: dict[K, Account], wanted: list[K]) -> dict[K, Account]:
    return {one: kept[one] for one in wanted if one in kept}


async def _known_of(resources: OpenResources) -> KnownAccounts:
    known: KnownAccounts = resources.extra["accounts"]
    return known


#: A route's parameter.
OpenAccounts = Annotated[KnownAccounts, Depends(_known_of)]
