"""Hold the whole log against the books: every leaf, every node, every checkpoint."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from chassis.database import Connection
from chassis.notes import (
    Checkpoint,
    MalformedNote,
    SignedNote,
    UnverifiedNote,
    VerifierKey,
)
from ledger.findings import Finding, Step
from ledger.transparency import queries
from ledger.transparency.models import Rechecked, SignedCheckpoint
from ledger.transparency.tree import Frontier, Node, Run, perfect_nodes

LOG: Final = "log"
AHEAD: Final = 8

type Recheck = Callable[[int, int], Awaitable[Rechecked]]
type Suspects = Callable[[Rechecked], Awaitable[Sequence[Step]]]


async def audit_log(
    conn: Connection,
    recheck: Recheck,
    *,
    page: int,
    after: Mapping[str, Any] | None = None,
    examine: Suspects | None = None,
) -> AsyncIterator[Step]:
    """Grow the tree anew from the books and compare it with what is stored and signed.

    Args:
        conn: Any connection, outside a transaction: what is read is only ever added to.
        recheck: Recomputes a range of leaves; several at a time.
        page: Leaves in memory at a time, times a few that are looked at ahead.
        after: Where an earlier look ended, as its last step told.
        examine: Looks more closely at transfers that need it.

    Yields:
        A step a page.
    """
    size = await queries.select_size(conn)
    keys, unread = _read_keys(await queries.select_keys(conn))
    if unread:
        yield Step(LOG, 0, unread)
    frontier = _frontier(after)
    async with _ahead(recheck, frontier.size, size, page) as pages:
        while frontier.size < size:
            found = await pages.popleft()
            end = min(found.begin + page, size)
            for step in await examine(found) if examine else ():
                yield step
            findings = [
                Finding(LOG, f"transfer {transfer_id} at place {index}", detail)
                for index, transfer_id, detail in found.altered
            ]
            if len(found.hashes) < end - found.begin:
                gap = f"leaves from {found.begin + len(found.hashes)}"
                findings.append(Finding(LOG, gap, "a leaf is gone: the tree ends here"))
                yield Step(LOG, len(found.hashes), findings, place={"ended": size})
                return
            signed = await queries.select_checkpoints(conn, found.begin, end)
            findings += await _grow(conn, frontier, found, signed, keys)
            yield Step(LOG, len(found.hashes), findings, place=_place(frontier))
    for beyond in await queries.select_checkpoints(conn, frontier.size, 2**62):
        if await queries.select_size(conn) < beyond.size:
            lost = Finding(LOG, f"checkpoint {beyond.size}", "it was signed over leaves not there")
            yield Step(LOG, 0, [lost], place=_place(frontier))


@asynccontextmanager
async def _ahead(recheck: Recheck, begin: int, size: int, page: int) -> AsyncIterator["_Pages"]:
    pages = _Pages(recheck, begin, size, page)
    try:
        yield pages
    finally:
        await pages.cancel()


class _Pages:
    """Pages in order, of which a few are being recomputed at a time."""

    def __init__(self, recheck: Recheck, begin: int, size: int, page: int) -> None:
        self._recheck, self._size, self._page = recheck, size, page
        self._next = begin
        self._running: deque[asyncio.Task[Rechecked]] = deque()

    async def popleft(self) -> Rechecked:
        """The next page."""
        while len(self._running) < AHEAD and self._next < self._size:
            end = min(self._next + self._page, self._size)
            self._running.append(asyncio.ensure_future(self._recheck(self._next, end)))
            self._next = end
        return await self._running.popleft()

    async def cancel(self) -> None:
        """Give up what was begun."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


def _frontier(after: Mapping[str, Any] | None) -> Frontier:
    if not after:
        return Frontier()
    size = int(after["size"])
    hashes = [bytes.fromhex(found) for found in after["edge"]]
    return Frontier.restore(size, dict(zip(perfect_nodes(0, size), hashes, strict=True)))


def _place(frontier: Frontier) -> dict[str, Any]:
    return {"size": frontier.size, "edge": [found.hex() for found in frontier.edge()]}


async def _grow(
    conn: Connection,
    frontier: Frontier,
    found: Rechecked,
    signed: Sequence[SignedCheckpoint],
    keys: Sequence[VerifierKey],
) -> list[Finding]:
    """Append a page, and hold its nodes and checkpoints against what is stored."""
    findings = []
    for checkpoint in [*signed, None]:
        until = checkpoint.size - found.begin if checkpoint else len(found.hashes)
        fresh = found.hashes[frontier.size - found.begin : until]
        findings += await _audit_nodes(conn, frontier.extend(fresh))
        if checkpoint:
            findings += _audit_checkpoint(checkpoint, frontier.root(), keys)
    return findings


async def _audit_nodes(conn: Connection, runs: Sequence[Run]) -> list[Finding]:
    upper = [run for run in runs if run.level]
    stored = await queries.select_runs(conn, upper) if upper else {}
    wrong = [run for run in upper if stored.get((run.level, run.start)) != b"".join(run.hashes)]
    grown = {
        Node(run.level, ordinal): digest
        for run in wrong
        for ordinal, digest in enumerate(run.hashes, run.start)
    }
    there = await queries.select_nodes(conn, list(grown)) if grown else {}
    return [
        Finding(
            LOG,
            f"node {node.ordinal} of level {node.level}",
            "it does not follow from below",
            ("transparency_node", f"{node.level}/{node.ordinal}/{digest.hex()}"),
        )
        for node, digest in grown.items()
        if there.get(node) != digest
    ]


def _read_keys(lines: Sequence[str]) -> tuple[list[VerifierKey], list[Finding]]:
    keys, unread = [], []
    for line in lines:
        try:
            keys.append(VerifierKey.parse(line))
        except MalformedNote as error:
            unread.append(Finding(LOG, f"key {line}", str(error)))
    return keys, unread


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
