"""Examine the whole of an audit log: chain, events, signatures, and the copy kept elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, Final, Self

from chassis.audit import queries
from chassis.audit.archive import read_month
from chassis.audit.chain import genesis, link
from chassis.audit.keeper import AuditBroken, read_checkpoint
from chassis.audit.shelf import Shelf
from chassis.copies import Copies, CopiesAway
from chassis.database import Connection
from chassis.notes import Checkpoint, SignerKey, VerifierKey

PAGE: Final = 2_000
FINDINGS_MAX: Final = 20


@dataclass(slots=True)
class AuditReport:
    """What was examined, and what is wrong; the first finding is the first broken place."""

    service: str
    events: int = 0
    pending: int = 0
    oldest_pending_seconds: float = 0.0
    signed: int = 0
    copied: int = 0
    #: Events that were read from archived months.
    archived: int = 0
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def find(self, finding: str) -> None:
        """Keep a finding, the first ones only."""
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(finding)


async def verify_audit(
    conn: Connection,
    service: str,
    *,
    signer: SignerKey | None,
    retired: Sequence[VerifierKey] = (),
    copies: Copies | None = None,
    shelf: Shelf | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> AuditReport:
    """Recompute every hash of one service's audit log, as it stands at one moment.

    Args:
        conn: A connection that may read the log, with the service's schema first in its path.
        service: The service.
        signer: The log's key under the log's own name; without it signatures are not examined.
        retired: Keys that signed it before, likewise.
        copies: Where checkpoints were copied to.
        shelf: Where archived months lie.
        on_step: Told how many of how many are done.

    Returns:
        What was found; `findings` is empty when all is well.
    """
    report = AuditReport(service)
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        head, _ = await queries.select_head(conn)
        waiting = await conn.fetchrow(queries.COUNT_PENDING)
        report.pending = waiting["pending"]
        report.oldest_pending_seconds = float(waiting["oldest_seconds"])
        checkpoints = await _read_checkpoints(conn, report, signer, retired)
        newest = await _newest_copy(report, signer, copies, retired)
        if newest is not None:
            checkpoints.append((newest, "the copy of the checkpoint of"))
            if newest.size > head:
                report.find(f"{newest.size} events were signed and copied, and {head} are there")
        archives = await Archives.read(conn, report, shelf)
        await _walk(conn, report, head, checkpoints, archives, on_step)
        for row in await conn.fetch(queries.SELECT_LOOSE, FINDINGS_MAX):
            report.find(f"event {row['id']} of {row['recorded_at']} is neither sealed nor waiting")
    return report


@dataclass(slots=True)
class Archives:
    """Archived months of one log: read when the chain comes to them, one at a time."""

    report: AuditReport
    shelf: Shelf | None
    known: dict[date, Any]
    month: date | None = None
    events: dict[int, dict[str, Any]] = field(default_factory=dict)
    #: Months of which it was said already that they can't be read.
    unread: set[date] = field(default_factory=set)

    @classmethod
    async def read(cls, conn: Connection, report: AuditReport, shelf: Shelf | None) -> Self:
        """What the database says of them."""
        rows = await conn.fetch(queries.SELECT_ARCHIVES)
        if rows and shelf is None:
            report.notes.append(
                f"{len(rows)} archived months were not examined: no object storage is configured"
            )
        return cls(report, shelf, {row["month"]: row for row in rows})

    def excuses(self, month: date) -> bool:
        """Whether it was said of the whole month that it can't be read."""
        return month in self.unread or (self.shelf is None and month in self.known)

    async def find(self, month: date, seq: int) -> Mapping[str, Any] | None:
        """The event at a place of an archived month."""
        if month not in self.known or self.shelf is None or month in self.unread:
            return None
        if month != self.month:
            self.month, self.events = month, await self._load(self.known[month], self.shelf)
        event = self.events.get(seq)
        self.report.archived += event is not None
        return event

    async def _load(self, row: Any, shelf: Shelf) -> dict[int, dict[str, Any]]:
        try:
            content = await shelf.get(row["path"])
        except CopiesAway as error:
            self.report.notes.append(f"{row['path']} was not examined: {error}")
            self.unread.add(row["month"])
            return {}
        if content is None or sha256(content).digest() != bytes(row["sha256"]):
            wrong = "is gone" if content is None else "is not what was archived"
            self.report.find(f"{row['path']} with {row['events']} events {wrong}")
            self.unread.add(row["month"])
            return {}
        found = read_month(content)
        if len(found) != row["events"]:
            self.report.find(f"{row['path']} has {len(found)} events, and not {row['events']}")
        return found


async def _walk(
    conn: Connection,
    report: AuditReport,
    head: int,
    checkpoints: Sequence[tuple[Checkpoint, str]],
    archives: "Archives",
    on_step: Callable[[int, int], None] | None,
) -> None:
    roots: dict[int, list[tuple[Checkpoint, str]]] = {}
    for checkpoint, what in checkpoints:
        roots.setdefault(checkpoint.size, []).append((checkpoint, what))
    place, hash_ = 0, genesis(report.service)
    while rows := await queries.select_sealed(conn, place, head, PAGE):
        for row in rows:
            seq = int(row["seq"])
            if seq != place + 1:
                report.find(f"place {place + 1}: missing; the chain goes on at {seq}")
            place, stored = seq, bytes(row["hash"])
            event = row if row["id"] is not None else await archives.find(row["month"], seq)
            if event is None and not archives.excuses(row["month"]):
                report.find(f"place {seq}: event {row['event_id']} is gone")
            elif event is not None and not _is_as_sealed(row, event, hash_):
                report.find(f"place {seq}: event {row['event_id']} is not what was sealed")
            # From what is stored, so that one broken place does not break all that follow.
            hash_ = stored
            report.events += event is not None
            for checkpoint, what in roots.get(seq, ()):
                if checkpoint.root != stored:
                    report.find(f"place {seq}: {what} {seq} events has another root")
        if on_step:
            on_step(place, head)


def _is_as_sealed(row: Any, event: Mapping[str, Any], before: bytes) -> bool:
    """Whether an event, wherever it was read, is the one at its place."""
    same = link(before, int(row["seq"]), event) == bytes(row["hash"])
    return same and bool(event["id"] == row["event_id"])


async def _read_checkpoints(
    conn: Connection,
    report: AuditReport,
    signer: SignerKey | None,
    retired: Sequence[VerifierKey],
) -> list[tuple[Checkpoint, str]]:
    found: list[tuple[Checkpoint, str]] = []
    for row in await conn.fetch(queries.SELECT_CHECKPOINTS):
        if signer is None:
            continue
        try:
            signed = read_checkpoint(row["note"], signer, retired)
        except AuditBroken as error:
            report.find(f"checkpoint {row['size']}: {error}")
            continue
        if (signed.size, signed.root) != (row["size"], bytes(row["root"])):
            report.find(f"checkpoint {row['size']}: the row does not say what was signed")
        report.signed = max(report.signed, signed.size)
        found.append((signed, "the checkpoint of"))
    if signer is None:
        report.notes.append("signatures were not examined: no key is known")
    return found


async def _newest_copy(
    report: AuditReport,
    signer: SignerKey | None,
    copies: Copies | None,
    retired: Sequence[VerifierKey],
) -> Checkpoint | None:
    if signer is None or copies is None:
        report.notes.append("copies were not looked at: no object storage is configured")
        return None
    try:
        note = await copies.newest_after(0)
        if note is None:
            return None
        newest = read_checkpoint(note, signer, retired)
    except CopiesAway as error:
        report.notes.append(f"copies were not looked at: {error}")
        return None
    except AuditBroken as error:
        report.find(f"the newest copy: {error}")
        return None
    report.copied = newest.size
    return newest
