"""A log over real books: sequence and sign by hand, and look with the verifier's eyes."""

import secrets
from typing import Any
from uuid import UUID

from chassis.notes import Checkpoint
from ledger.journal.models import Posted
from ledger.transparency import queries
from ledger.transparency.keeper import LogKeeper
from ledger.transparency.sequence import sequence_transfers
from ledger.transparency.sign import sign_checkpoint
from localex_verifier import parse_key
from services.ledger.tests.books import Books, Person, transfer
from services.ledger.tests.transparency.reference import SIGNER

KEYS = [parse_key(SIGNER.verifier().render())]


async def sequence(books: Books, batch_max: int = 500) -> int:
    """One batch."""
    async with books.transaction() as conn:
        return await sequence_transfers(conn, batch_max=batch_max, random_bytes=secrets.token_bytes)


async def sign(books: Books, floor: Checkpoint | None = None) -> Checkpoint | None:
    """Sign what grew."""
    async with books.transaction() as conn:
        return await sign_checkpoint(conn, SIGNER, floor=floor, now=books.clock.now())


async def keep(books: Books) -> None:
    """All that waits gets its place and a signature."""
    keeper = LogKeeper(books.database, books.clock, SIGNER)
    await keeper.sequence()
    await keeper.sign()


async def send(books: Books, source: Person, destination: Person, amount: int = 1) -> UUID:
    """A transfer that is posted."""
    [verdict] = await books.post(transfer(source.main, destination.main, amount))
    assert isinstance(verdict, Posted), verdict
    return verdict.transfer.id


async def places(books: Books) -> dict[UUID, int]:
    """Where transfers stand in the log."""
    rows = await books.rows("SELECT transfer_id, leaf_index FROM transparency_leaf")
    return {row["transfer_id"]: row["leaf_index"] for row in rows}


async def latest_size(books: Books) -> int:
    """Leaves of the newest checkpoint."""
    async with books.database.connection() as conn:
        latest = await queries.select_latest(conn)
    return latest.size if latest else 0


async def as_owner(books: Books, table: str, statement: str, *arguments: Any) -> None:
    """What the owner of the database can do when nobody looks: guards off, edit, guards on."""
    async with books.scratch.connect("migrator") as conn:
        await conn.execute("SET ROLE ledger_owner; SET search_path = ledger")
        await conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        done = await conn.execute(statement, *arguments)
        await conn.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        assert not done.endswith(" 0"), done
