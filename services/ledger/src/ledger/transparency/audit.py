"""Hold the whole log against the books: every leaf, every node, every checkpoint."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from chassis.database import Connection
from ledger.findings import Finding, Step
from ledger.transparency import queries
from ledger.transparency.errors import HistoryAltered
from ledger.transparency.models import SignedCheckpoint, StoredLeaf
from ledger.transparency.note import (
    Checkpoint,
    MalformedNote,
    SignedNote,
    UnverifiedNote,
    VerifierKey,
)
from ledger.transparency.recompute import recompute_leaf
from ledger.transparency.tree import Frontier, Node, Run

LOG: Final = "log"


async def audit_log(conn: Connection, *, page: int) -> AsyncIterator[Step]:
    """Grow the tree anew from the books and compare it with what is stored and signed.

    Args:
        conn: Any connection, outside a transaction: what is read is only ever added to.
        page: Leaves in memory at a time.

    Yields:
        A step a page.
    """
    size = await queries.select_size(conn)
    keys = [VerifierKey.parse(key) for key in await queries.select_keys(conn)]
    frontier = Frontier()
    while frontier.size < size:
        start = frontier.size
        leaves = await queries.select_leaves(conn, start, min(start + page, size))
        signed = await queries.select_checkpoints(conn, start, start + page)
        if [leaf.index for leaf in leaves] != list(range(start, min(start + page, size))):
            gap = Finding(LOG, f"leaves from {start}", "a leaf is gone: the tree ends here")
            yield Step(LOG, 0, [gap])
            return
        findings = await _audit_leaves(conn, leaves)
        for checkpoint in [*signed, None]:
            until = checkpoint.size if checkpoint else leaves[-1].index + 1
            fresh = [leaf.hash for leaf in leaves if frontier.size <= leaf.index < until]
            findings += await _audit_nodes(conn, frontier.extend(fresh))
            if checkpoint:
                findings += _audit_checkpoint(checkpoint, frontier.root(), keys)
        yield Step(LOG, len(leaves), findings)
    for beyond in await queries.select_checkpoints(conn, frontier.size, 2**62):
        if await queries.select_size(conn) < beyond.size:
            lost = Finding(LOG, f"checkpoint {beyond.size}", "it was signed over leaves not there")
            yield Step(LOG, 0, [lost])


async def _audit_leaves(conn: Connection, leaves: Sequence[StoredLeaf]) -> list[Finding]:
    recorded = await queries.select_recorded(conn, [leaf.transfer_id for leaf in leaves])
    findings = []
    for leaf in leaves:
        try:
            recompute_leaf(recorded.get(leaf.transfer_id), leaf)
        except HistoryAltered as altered:
            subject = f"transfer {leaf.transfer_id} at place {leaf.index}"
            findings.append(Finding(LOG, subject, altered.detail))
    return findings


async def _audit_nodes(conn: Connection, runs: Sequence[Run]) -> list[Finding]:
    grown = {
        Node(run.level, ordinal): digest
        for run in runs
        for ordinal, digest in enumerate(run.hashes, run.start)
        if run.level
    }
    stored = await queries.select_nodes(conn, list(grown))
    return [
        Finding(LOG, f"node {node.ordinal} of level {node.level}", "it does not follow from below")
        for node, digest in grown.items()
        if stored.get(node) != digest
    ]


def _audit_checkpoint(
    checkpoint: SignedCheckpoint, root: bytes, keys: Sequence[VerifierKey]
) -> list[Finding]:
    subject = f"checkpoint {checkpoint.size}"
    try:
        note = SignedNote.parse(checkpoint.note)
        note.require(keys)
        said = Checkpoint.parse(note.text)
    except (MalformedNote, UnverifiedNote) as error:
        return [Finding(LOG, subject, str(error))]
    if not (said.size, said.root) == (checkpoint.size, root) == (checkpoint.size, checkpoint.root):
        return [Finding(LOG, subject, "another tree was signed than the leaves make")]
    return []
