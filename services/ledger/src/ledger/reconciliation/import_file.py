"""Take a statement file, whole or not at all."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from chassis.database import Connection, Database
from ledger.reconciliation import queries
from ledger.reconciliation.errors import StatementDoesNotContinue
from ledger.reconciliation.files.csv_file import Declared
from ledger.reconciliation.files.read import read_statements
from ledger.reconciliation.find_setup import find_setup
from ledger.reconciliation.models import FileLine, FileStatement, Format, Setup, Statement


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came.

    Attributes:
        content: Its bytes.
        name: As the sender calls it.
        format: csv, camt.053 or mt940.
        declared: What a CSV file does not say itself.
    """

    content: bytes
    name: str
    format: Format
    declared: Declared

    @property
    def digest(self) -> bytes:
        """What tells this file from any other."""
        return sha256(self.content).digest()


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an upload; `unchanged` when the file was there before."""

    statements: tuple[Statement, ...]
    line_count: int
    unchanged: bool = False


async def import_file(
    database: Database, account_id: UUID, upload: Upload, *, operator: UUID, now: datetime
) -> Imported:
    """Read a file in a thread, then write its statements and lines in one transaction.

    The same bytes again change nothing, whatever they are called.

    Args:
        database: Opens its own transactions: reading a large file takes longer than one may stand.
        account_id: A reconciled account.
        upload: The file.
        operator: Who answers for it.
        now: The clock's time.

    Raises:
        NotReconciled: Nobody has said how the account is reconciled.
        StatementFileMalformed: Line, field and rule of the first faults; nothing was taken.
        OtherExternalAccount: The file is about another account at the bank.
        StatementDoesNotContinue: It does not begin where the newest statement ended.
    """
    digest = upload.digest
    async with database.connection() as conn:
        setup = await find_setup(conn, account_id)
        if known := await queries.count_imported(conn, account_id, digest):
            return await _known(conn, account_id, known)
    found = await asyncio.to_thread(
        read_statements, upload.content, upload.format, setup, upload.declared
    )
    async with database.transaction() as conn:
        await queries.be_patient(conn)
        await queries.lock_account(conn, account_id)
        if known := await queries.count_imported(conn, account_id, digest):
            return await _known(conn, account_id, known)
        newest = next(iter(await queries.select_statements(conn, account_id)), None)
        written = []
        for place, one in enumerate(found, 1):
            newest = _follow(newest, one, setup, upload, operator, now)
            await queries.insert_statement(conn, newest, _signed(one, setup), digest, place)
            written.append(newest)
    return Imported(tuple(written), sum(one.line_count for one in written))


async def _known(conn: Connection, account_id: UUID, known: int) -> Imported:
    """The file was taken before; its statements are not told again, only how many."""
    newest = await queries.select_statements(conn, account_id, limit=known)
    return Imported(tuple(reversed(newest)), 0, unchanged=True)


def _sign(setup: Setup) -> int:
    return -1 if setup.mirrored else 1


def _signed(one: FileStatement, setup: Setup) -> list[FileLine]:
    sign = _sign(setup)
    return [
        FileLine(line.line, sign * line.amount_minor, line.booked_on, line.reference, line.details)
        for line in one.lines
    ]


def _follow(
    before: Statement | None,
    one: FileStatement,
    setup: Setup,
    upload: Upload,
    operator: UUID,
    now: datetime,
) -> Statement:
    sign = _sign(setup)
    opening, closing = sign * one.opening_minor, sign * one.closing_minor
    if before and (opening != before.closing_minor or one.closed_on < before.closed_on):
        raise StatementDoesNotContinue(
            f"statement {before.seq} closed on {before.closed_on} with "
            f"{sign * before.closing_minor} minor units, this one opens with {one.opening_minor} "
            f"and closes on {one.closed_on}: bring the ones between first",
            closed_on=before.closed_on.isoformat(),
            closing_minor=str(sign * before.closing_minor),
        )
    return Statement(
        setup.account_id,
        before.seq + 1 if before else 1,
        upload.name,
        upload.format,
        one.statement_ref,
        opening,
        closing,
        max(one.opened_on, before.closed_on) if before else one.opened_on,
        one.closed_on,
        len(one.lines),
        (before.last_number if before else 0) + len(one.lines),
        operator,
        now,
    )
