"""Where fees go, as this process has met them: once opened, it stays so."""

from collections.abc import Iterable
from datetime import datetime

from chassis.database import Database
from ledger.accounts.models import Account
from ledger.fees.find_accounts import FeePlace, find_fee_accounts


class KnownFeeAccounts:
    """Finds FEES accounts, and asks the database only for those that it has not met.

    There are as many as communities times assets times tiers: few enough to keep them all.
    """

    def __init__(self) -> None:
        """Know none yet."""
        self._met: dict[FeePlace, Account] = {}

    async def find(
        self, database: Database, places: Iterable[FeePlace], *, now: datetime, dry_run: bool
    ) -> dict[FeePlace, Account]:
        """The accounts where fees go, opened at their first use, in a transaction of their own.

        Args:
            database: Where they are.
            places: Which; repeats are fine.
            now: The clock's time.
            dry_run: Open none; what is missing is an account that exists nowhere.

        Emits:
            AccountOpened on `ledger.accounts.v1`, for each that was opened.
        """
        wanted = set(places)
        new = wanted - self._met.keys()
        if not new:
            return {place: self._met[place] for place in wanted}
        async with database.transaction() as conn:
            found = await find_fee_accounts(conn, new, now=now, dry_run=dry_run)
        if not dry_run:
            self._met |= found
        return {place: found.get(place) or self._met[place] for place in wanted}
