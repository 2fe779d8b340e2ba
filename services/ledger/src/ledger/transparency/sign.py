"""Sign the tree, if it is the last signed one, grown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chassis.database import Connection
from chassis.notes import (
    Checkpoint,
    MalformedNote,
    SignedNote,
    SignerKey,
    UnverifiedNote,
    VerifierKey,
)
from ledger.transparency import queries
from ledger.transparency.errors import LogClosed
from ledger.transparency.models import SignedCheckpoint
from ledger.transparency.proofs import plan_root
from ledger.transparency.tree import Frontier, MissingNode, perfect_nodes

SIGNING: Final = 2
#: Leaves that one checkpoint may add: what must be hashed again before it is signed.
GROWTH_MAX: Final = 20_000
PAGE: Final = 5_000


async def sign_checkpoint(
    conn: Connection, signer: SignerKey, *, floor: Checkpoint | None, now: datetime
) -> Checkpoint | None:
    """Sign the tree if it grew.

    The tree is grown here from the last signed root, leaf by leaf, and compared with what is
    stored: neither a restored backup nor an edited node gets a signature.

    Args:
        conn: Open transaction; the caller commits.
        signer: The log's key; its name is the log's origin.
        floor: What is known to have been signed, by this process or in object storage.
        now: The clock's time.

    Returns:
        The checkpoint; nothing if there is nothing new, or somebody else is at it.

    Raises:
        LogClosed: The stored log is not the signed one, grown.

    Source:
        docs/concepts/transparency.md, "A checkpoint" and "After a restore"
    """
    if not await queries.try_lock(conn, SIGNING):
        return None
    latest = await queries.select_latest(conn)
    keys = [VerifierKey.parse(key) for key in await queries.select_keys(conn)]
    last = _require_signed(latest, signer, keys)
    if floor is not None:
        await _require_floor(conn, floor)
    size = min(await queries.select_size(conn), last.size + GROWTH_MAX)
    if size == last.size:
        return None
    grown = Checkpoint(signer.name, size, await _grow(conn, last, size))
    note = grown.sign(signer).render()
    await queries.insert_keys(conn, [signer.verifier().render()], now)
    await queries.insert_checkpoint(conn, SignedCheckpoint(size, grown.root, note), now)
    return grown


def read_signed(note: str, signer: SignerKey, keys: Sequence[VerifierKey] = ()) -> Checkpoint:
    """A checkpoint that this log signed, now or under an older key.

    Raises:
        LogClosed: It is no checkpoint, or another log's.
    """
    try:
        parsed = SignedNote.parse(note)
        parsed.require([signer.verifier(), *(k for k in keys if k.name == signer.name)])
        checkpoint = Checkpoint.parse(parsed.text)
    except (MalformedNote, UnverifiedNote) as error:
        raise LogClosed(f"the last checkpoint is not of this log's key: {error}") from error
    if checkpoint.origin != signer.name:
        raise LogClosed(f"the last checkpoint is of {checkpoint.origin}, not of {signer.name}")
    return checkpoint


def _require_signed(
    latest: SignedCheckpoint | None, signer: SignerKey, keys: Sequence[VerifierKey]
) -> Checkpoint:
    if latest is None:
        return Checkpoint(signer.name, 0, Frontier().root())
    last = read_signed(latest.note, signer, keys)
    if (last.size, last.root) != (latest.size, latest.root):
        raise LogClosed(f"the row of checkpoint {latest.size} does not say what was signed")
    return last


async def _require_floor(conn: Connection, floor: Checkpoint) -> None:
    stored = await queries.select_checkpoint(conn, floor.size)
    if stored is None:
        raise LogClosed(f"{floor.size} leaves were signed, and the database does not know of it")
    if stored.root != floor.root:
        raise LogClosed(f"another root was signed for {floor.size} leaves")


async def _grow(conn: Connection, last: Checkpoint, size: int) -> bytes:
    """The root of `size` leaves, from the last signed root on."""
    if size < last.size:
        raise LogClosed(f"{last.size} leaves were signed, and only {size} are there")
    try:
        stored = await queries.select_nodes(conn, perfect_nodes(0, last.size))
        frontier = Frontier.restore(last.size, stored)
        if frontier.root() != last.root:
            raise LogClosed(f"the tree of {last.size} leaves is not the one that was signed")
        async for hashes in queries.read_hashes(conn, last.size, size, page=PAGE):
            frontier.extend(hashes)
        plan = plan_root(size)
        [root] = plan.resolve(await queries.select_nodes(conn, plan.nodes()))
    except MissingNode as error:
        raise LogClosed(f"the tree has a hole: {error}") from error
    if (frontier.size, frontier.root()) != (size, root):
        raise LogClosed(f"the nodes of {size} leaves do not follow from the leaves")
    return root
