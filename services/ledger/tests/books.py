"""A ledger over a scratch database: people with money, and checks that the books are right."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis.clock import FixedClock
from chassis.database import Connection, Database
from chassis.ids import new_id
from ledger.accounts.models import PERSONAL, Account
from ledger.accounts.open import open_accounts
from ledger.accounts.open_system import open_system_account
from ledger.journal.models import Movement, Posted, Transfer, Verdict
from ledger.journal.post import post_transfers
from tests.stack.database import ScratchDatabase

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
COMMUNITY = "riverside"

SUMS = """
SELECT
    (SELECT count(*) FROM transfer) AS transfers,
    (SELECT count(*) FROM outbox WHERE topic = 'ledger.transfers.v1') AS events,
    (SELECT count(*) FROM (
        SELECT FROM entry GROUP BY transfer_id, asset HAVING sum(amount_minor) <> 0
    ) AS unbalanced) AS unbalanced,
    (SELECT count(*) FROM (
        SELECT account_seq, row_number() OVER chain AS place, balance_after_minor,
            sum(amount_minor) OVER chain AS summed
        FROM entry WINDOW chain AS (PARTITION BY account_id ORDER BY account_seq)
    ) AS links WHERE account_seq <> place OR balance_after_minor <> summed) AS broken,
    (SELECT count(*) FROM account_balances WHERE available_minor < floor_minor) AS below_floor,
    (SELECT count(*) FROM account_balances AS a WHERE held_minor <> coalesce((
        SELECT sum(r.amount_minor - r.captured_minor - r.released_minor) FROM reservation AS r
        WHERE r.account_id = a.id AND r.state = 'ACTIVE'
    ), 0)) AS misheld,
    (SELECT count(*) FROM account_balances AS a
    WHERE a.type = 'GIFT' AND balance_minor <> coalesce((
        SELECT sum(l.remaining_minor) FROM gift_lot AS l WHERE l.account_id = a.id
    ), 0)) AS mislotted
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with accounts."""

    id: UUID
    main: UUID
    escrow: UUID
    gift: UUID


@dataclass(frozen=True, slots=True)
class Books:
    """The ledger's database as its own role, and what tests do with it."""

    scratch: ScratchDatabase
    database: Database
    clock: FixedClock

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction as the service's role."""
        return self.database.transaction()

    @asynccontextmanager
    async def writing(self, role: str) -> AsyncIterator[Connection]:
        """A transaction past the service: as its role `ledger`, or as the `owner` of the tables."""
        async with self.scratch.connect("ledger" if role == "ledger" else "migrator") as conn:
            if role == "owner":
                await conn.execute("SET ROLE ledger_owner; SET search_path = ledger")
            async with conn.transaction():
                yield conn

    async def open_person(self, balance_minor: int = 0, *, community: str = COMMUNITY) -> Person:
        """Somebody new, with money from outside."""
        owner = new_id()
        wanted = [Account(new_id(), owner, kind, "LXC", community) for kind in PERSONAL]
        async with self.transaction() as conn:
            await open_accounts(conn, wanted, now=NOW)
        person = Person(owner, *(account.id for account in wanted))
        if balance_minor:
            await self.issue(person.main, balance_minor)
        return person

    async def issuance(self) -> UUID:
        """The community's issuance account."""
        async with self.transaction() as conn:
            return (await open_system_account(conn, COMMUNITY, "ISSUANCE", "LXC", now=NOW)).id

    async def outside(self) -> UUID:
        """Where money comes from in tests: credits that are issued have limits."""
        async with self.transaction() as conn:
            found = await open_system_account(
                conn, COMMUNITY, "TRANSIT", "LXC", now=NOW, name="outside"
            )
        return found.id

    async def issue(self, account_id: UUID, amount_minor: int) -> None:
        """Put money into an account from outside."""
        [verdict] = await self.post(transfer(await self.outside(), account_id, amount_minor))
        assert isinstance(verdict, Posted), verdict

    async def post(self, *wanted: Transfer) -> list[Verdict]:
        """Post transfers in one transaction."""
        async with self.transaction() as conn:
            return await post_transfers(conn, wanted, now=self.clock.now())

    async def balance(self, account_id: UUID) -> int:
        """What an account holds."""
        return int(await self.value("SELECT get_account_balance($1)", account_id))

    async def value(self, statement: str, *arguments: Any) -> Any:
        """One value, as the service's role."""
        async with self.database.connection() as conn:
            return await conn.fetchval(statement, *arguments)

    async def rows(self, statement: str, *arguments: Any) -> Sequence[Any]:
        """Rows, as the service's role."""
        async with self.database.connection() as conn:
            rows: Sequence[Any] = await conn.fetch(statement, *arguments)
            return rows

    async def check(self) -> dict[str, int]:
        """Sums, chains, floors, holds, gifts are right, one event a transfer. Returns counts."""
        async with self.database.connection() as conn:
            found = dict(await conn.fetchrow(SUMS))
        assert (found["unbalanced"], found["broken"], found["below_floor"]) == (0, 0, 0), found
        assert (found["transfers"], found["misheld"]) == (found["events"], 0), found
        assert found["mislotted"] == 0, found
        return found


def transfer(source: UUID, destination: UUID, amount_minor: int, asset: str = "LXC") -> Transfer:
    """A transfer between two accounts."""
    return Transfer(
        new_id(),
        "transfer",
        (Movement(source, asset, -amount_minor), Movement(destination, asset, amount_minor)),
    )
