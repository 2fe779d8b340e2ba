"""A bank that writes statements, and an account of ours with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.ids import new_id
from chassis.resources import Resources
from ledger.accounts.open_system import open_system_account
from ledger.journal.models import Movement, Posted, Transfer
from ledger.journal.post import post_transfers
from ledger.reconciliation.files.csv_file import Declared
from ledger.reconciliation.find_setup import find_setup
from ledger.reconciliation.import_file import Imported, Upload, import_file
from ledger.reconciliation.matching.advance import advance_run
from ledger.reconciliation.matching.start import start_run
from ledger.reconciliation.models import Run, Setup
from ledger.reconciliation.set_up import set_up_account
from ledger.reconciliation.summing.sum_up import Summary, sum_up
from ledger.reconciliation.wishes import SetupWish
from services.ledger.tests.books import COMMUNITY, NOW, Books

OPERATOR = UUID(int=0xA)
SECOND = UUID(int=0xB)
DAY = date(2026, 11, 20)
MORNING = datetime(2026, 11, 20, 9, tzinfo=UTC)
MAPPING = {"booked_on": "Date", "amount": "Amount", "reference": "Reference", "details": ["Text"]}


def csv_of(rows: Sequence[tuple[str, ...]]) -> bytes:
    """A file with the columns of `MAPPING`."""
    lines = ["Date,Amount,Reference,Text", *(",".join(row) for row in rows)]
    return "\n".join(lines).encode()


@dataclass(frozen=True, slots=True)
class Bank:
    """An account of the ledger that a bank tells about."""

    books: Books
    account_id: UUID
    other_id: UUID

    @classmethod
    async def open(cls, books: Books, **setup: Any) -> "Bank":
        """A new PROVIDER account, set up; amounts have the bank's sign unless mirrored."""
        async with books.transaction() as conn:
            ours = await open_system_account(
                conn, COMMUNITY, "PROVIDER", "LXC", now=NOW, name=uuid4().hex
            )
            other = await open_system_account(
                conn, COMMUNITY, "TRANSIT", "LXC", now=NOW, name=uuid4().hex
            )
            wish = {"csv_mapping": MAPPING, "reason": "a test", **setup}
            await set_up_account(
                conn, ours.id, SetupWish.model_validate(wish), operator=OPERATOR, now=NOW
            )
        return cls(books, ours.id, other.id)

    async def setup(self) -> Setup:
        """As it is now."""
        async with self.books.transaction() as conn:
            return await find_setup(conn, self.account_id)

    async def post(
        self, *wanted: tuple[int, str], day: date = DAY, at: datetime = NOW
    ) -> list[UUID]:
        """Move money on the account: amount and reference of each."""
        moment = datetime.combine(day, MORNING.timetz())
        transfers = [
            Transfer(
                new_id(),
                "provider.payment",
                (
                    Movement(self.account_id, "LXC", amount),
                    Movement(self.other_id, "LXC", -amount),
                ),
                effective_at=min(moment, at),
                not_before=at - timedelta(days=60),
                metadata={"reference": reference} if reference else {},
            )
            for amount, reference in wanted
        ]
        async with self.books.transaction() as conn:
            verdicts = await post_transfers(conn, transfers, now=at)
        assert all(isinstance(verdict, Posted) for verdict in verdicts), verdicts
        return [one.id for one in transfers]

    async def bring(
        self, content: bytes, opening: int, closing: int, closed_on: date = DAY, name: str = "a.csv"
    ) -> Imported:
        """Import a CSV file."""
        upload = Upload(content, name, "csv", Declared(opening, closing, closed_on))
        return await import_file(
            self.books.database, self.account_id, upload, operator=OPERATOR, now=NOW
        )

    async def start(self) -> Run:
        """Queue a run."""
        async with self.books.transaction() as conn:
            setup = await find_setup(conn, self.account_id)
            return await start_run(conn, setup, run_id=new_id(), operator=OPERATOR, now=NOW)

    async def step(self, run: Run, page: int = 1000) -> Run | None:
        """Do one page."""
        async with self.books.transaction() as conn:
            return await advance_run(conn, run.id, new_id=new_id, now=NOW, page=page)

    async def step_and_die(self, run: Run, page: int) -> None:
        """Do one page, and crash before it is committed."""
        async with self.books.transaction() as conn:
            await advance_run(conn, run.id, new_id=new_id, now=NOW, page=page)
            raise RuntimeError

    async def run(self, page: int = 1000) -> Run:
        """Start a run and carry it out."""
        run = await self.start()
        for _ in range(10_000):
            after = await self.step(run, page)
            assert after is not None
            if after.state == "DONE":
                return after
        raise AssertionError

    async def sum_up(self, seq: int | None = None) -> Summary:
        """The summary; always ties out."""
        setup = await self.setup()
        async with self.books.transaction() as conn:
            return await sum_up(conn, setup, seq=seq)

    async def open_items(self, side: str) -> list[int]:
        """Numbers of what nobody has settled."""
        rows = await self.books.rows(
            "SELECT number FROM reconciliation_item "
            "WHERE account_id = $1 AND side = $2 AND decision_id IS NULL ORDER BY number",
            self.account_id,
            side,
        )
        return [row["number"] for row in rows]


def resources_of(books: Books, **settings: Any) -> Resources:
    """What a job gets."""
    return Resources(_Settings(**settings), books.database, books.clock, None)  # type: ignore[arg-type] # a job asks for none of it


@dataclass(frozen=True, slots=True)
class _Settings:
    reconciliation_grace_seconds: int = 120
