"""Nothing is signed that does not continue what was signed; one checkpoint a size."""

import asyncio

import asyncpg
import pytest

from chassis.notes import Checkpoint, SignedNote, SignerKey
from ledger.transparency import queries
from ledger.transparency.errors import LogClosed
from ledger.transparency.models import SignedCheckpoint
from ledger.transparency.sign import sign_checkpoint
from services.ledger.tests.books import NOW, Books
from services.ledger.tests.transparency.log import (
    as_owner,
    keep,
    latest_size,
    send,
    sequence,
    sign,
)
from services.ledger.tests.transparency.reference import ORIGIN, SIGNER


async def grown(books: Books, before: int = 5, after: int = 4) -> Checkpoint:
    """A log that was signed once and has grown since."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    for _ in range(before - 1):
        await send(books, ana, ben)
    await sequence(books)
    signed = await sign(books)
    assert signed is not None
    for _ in range(after):
        await send(books, ana, ben)
    await sequence(books)
    return signed


async def test_a_checkpoint_is_signed_once_a_size(own_books: Books) -> None:
    """The note says origin, size and root, is signed by the log's key, and there is one."""
    first = await grown(own_books)
    second = await sign(own_books)
    assert (first.size, second.size if second else None) == (5, 9)
    assert await sign(own_books) is None
    async with own_books.database.connection() as conn:
        stored = await queries.select_latest(conn)
        assert await queries.select_keys(conn) == [SIGNER.verifier().render()]
    assert stored is not None
    note = SignedNote.parse(stored.note)
    assert note.require([SIGNER.verifier()])
    assert Checkpoint.parse(note.text) == second
    with pytest.raises(asyncpg.UniqueViolationError):
        async with own_books.transaction() as conn:
            await queries.insert_checkpoint(conn, SignedCheckpoint(9, b"r" * 32, "other"), NOW)


async def test_two_signers_sign_one_checkpoint(own_books: Books) -> None:
    """Whoever is second finds the lock taken or nothing new."""
    await grown(own_books)
    found = await asyncio.gather(*(sign(own_books) for _ in range(4)))
    assert [one.size for one in found if one] == [9]


EDITS = {
    "a node below the signed root": (
        "transparency_node",
        "UPDATE transparency_node SET hash = sha256('x') WHERE level = 2 AND ordinal = 0",
        "is not the one that was signed",
    ),
    "a node above it": (
        "transparency_node",
        "UPDATE transparency_node SET hash = sha256('x') WHERE level = 3 AND ordinal = 0",
        "do not follow from the leaves",
    ),
    "a leaf above it": (
        "transparency_leaf",
        "UPDATE transparency_leaf SET leaf_hash = sha256('x') WHERE leaf_index = 6",
        "do not follow from the leaves",
    ),
    "a leaf that is gone": (
        "transparency_leaf",
        "DELETE FROM transparency_leaf WHERE leaf_index = 6",
        "do not follow from the leaves",
    ),
    "a node that is gone": (
        "transparency_node",
        "DELETE FROM transparency_node WHERE level = 2 AND ordinal = 0",
        "has a hole",
    ),
    "the signed root": (
        "transparency_checkpoint",
        "UPDATE transparency_checkpoint SET root = sha256('x')",
        "does not say what was signed",
    ),
    "the signed note": (
        "transparency_checkpoint",
        "UPDATE transparency_checkpoint SET note = replace(note, E'\\n5\\n', E'\\n4\\n')",
        "not of this log's key",
    ),
    "all leaves of after": (
        "transparency_leaf",
        "DELETE FROM transparency_leaf WHERE leaf_index >= 4",
        "only 4 are there",
    ),
}


@pytest.mark.parametrize("edit", EDITS)
async def test_an_edited_log_is_not_signed(own_books: Books, edit: str) -> None:
    """Whatever the owner changed with the guards off: no signature, and the reason said."""
    await grown(own_books)
    table, statement, said = EDITS[edit]
    await as_owner(own_books, table, statement)
    with pytest.raises(LogClosed, match=said):
        await sign(own_books)
    assert await latest_size(own_books) == 5


async def test_a_restored_database_is_not_signed(own_books: Books) -> None:
    """What this process, or object storage, knows as signed must be in the database."""
    first = await grown(own_books)
    second = await sign(own_books)
    assert second is not None
    await as_owner(
        own_books, "transparency_checkpoint", "DELETE FROM transparency_checkpoint WHERE size = 9"
    )
    with pytest.raises(LogClosed, match="does not know of it"):
        await sign(own_books, floor=second)
    with pytest.raises(LogClosed, match="another root was signed"):
        await sign(own_books, floor=Checkpoint(ORIGIN, first.size, b"r" * 32))
    assert await sign(own_books, floor=first) == second


async def test_another_logs_key_does_not_continue_this_log(own_books: Books) -> None:
    """A stolen database, or a key of another installation: no signature in this history."""
    await grown(own_books)
    stranger = SignerKey.from_seed("another.example", b"x" * 32)
    with pytest.raises(LogClosed, match="not of this log's key"):
        async with own_books.transaction() as conn:
            await sign_checkpoint(conn, stranger, floor=None, now=NOW)


async def test_a_new_key_of_the_same_name_continues(own_books: Books) -> None:
    """Rotation: the old key is among those published, the name is the same."""
    await grown(own_books)
    renewed = SignerKey.from_seed(ORIGIN, b"x" * 32)
    async with own_books.transaction() as conn:
        await queries.insert_keys(conn, [SIGNER.verifier().render()], NOW)
        signed = await sign_checkpoint(conn, renewed, floor=None, now=NOW)
    assert signed is not None
    assert signed.size == 9


@pytest.mark.parametrize("role", ["ledger", "owner"])
@pytest.mark.parametrize(
    "table",
    [
        "transparency_leaf",
        "transparency_node",
        "transparency_checkpoint",
        "transparency_key",
        "transparency_copy",
    ],
)
async def test_the_log_is_only_added_to(books: Books, table: str, role: str) -> None:
    """For the service's role there is no right to change it; for the owner there is a trigger."""
    wanted = asyncpg.InsufficientPrivilegeError if role == "ledger" else asyncpg.CheckViolationError
    async with books.scratch.connect("ledger" if role == "ledger" else "migrator") as conn:
        if role == "owner":
            await conn.execute("SET ROLE ledger_owner; SET search_path = ledger")
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(wanted):
                await conn.execute(statement)


async def test_the_service_cannot_make_something_wait(books: Books) -> None:
    """What waits comes from the trigger alone."""
    async with books.scratch.connect("ledger") as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute("INSERT INTO transparency_pending VALUES (gen_random_uuid())")


async def test_the_keeper_works_off_everything(own_books: Books) -> None:
    """One call each: sequenced to the end, signed to the end."""
    ana, ben = await own_books.open_person(10_000), await own_books.open_person()
    for _ in range(7):
        await send(own_books, ana, ben)
    await keep(own_books)
    assert await latest_size(own_books) == 8
