"""Read what accounts have now, for all who ask at the same time together.

A read of its own for each would cost more in round trips than in reading. While one statement runs
the next ones gather; nobody waits for a timer.
"""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chassis.context import look
from chassis.database import Database
from chassis.problems import Transient
from ledger.accounts import queries
from ledger.accounts.errors import NoSuchAccount
from ledger.accounts.models import Newest
from ledger.reach import Reach

TOGETHER_MAX: Final = 200
WAITING_MAX: Final = 10_000
STATEMENTS_MAX: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    account_id: UUID
    found: asyncio.Future[Newest | None]


class BalanceReader:
    """Reads the newest balances; one for a process."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database
        self._waiting: list[_Waiting] = []
        self._readers: set[asyncio.Task[None]] = set()

    async def read(self, account_id: UUID, *, reach: Reach) -> Newest:
        """What an account has: never older than this call.

        Args:
            account_id: Which.
            reach: Only if it is in it.

        Raises:
            NoSuchAccount: There is none, or it is somebody else's.
            Transient: Too many are waiting already, or the database is away.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise Transient("too many reads are waiting")
        waiting = _Waiting(account_id, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if len(self._readers) < STATEMENTS_MAX:
            reader = asyncio.create_task(self._run())
            self._readers.add(reader)
            reader.add_done_callback(self._readers.discard)
        found = await waiting.found
        if found is None or not reach.covers(found.owner_id, found.community):
            raise NoSuchAccount(
                "account_id names no account that can be used here", field="account_id"
            )
        if reach.has_power:
            look(found.owner_id)
        return found

    async def _run(self) -> None:
        """Read for those who wait, until nobody does."""
        # One turn of the loop: calls that became ready together go together.
        await asyncio.sleep(0)
        while self._waiting:
            batch = self._waiting[:TOGETHER_MAX]
            del self._waiting[:TOGETHER_MAX]
            try:
                async with self._database.connection() as conn:
                    newest = await queries.select_newest(
                        conn, list({waiting.account_id for waiting in batch})
                    )
            except Exception as error:  # noqa: BLE001 - those who wait get it
                for waiting in batch:
                    if not waiting.found.done():
                        waiting.found.set_exception(error)
                continue
            for waiting in batch:
                if not waiting.found.done():
                    waiting.found.set_result(newest.get(waiting.account_id))
