"""Examine the whole of an audit log: chain, events, signatures, and the copy kept elsewhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from chassis.audit import queries
from chassis.audit.chain import genesis, link
from chassis.audit.keeper import AuditBroken, read_checkpoint
from chassis.copies import Copies, CopiesAway
from chassis.database import Connection
from chassis.notes import Checkpoint, SignerKey

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
    copies: Copies | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> AuditReport:
    """Recompute every hash of one service's audit log, as it stands at one moment.

    Args:
        conn: A connection that may read the log, with the service's schema first in its path.
        service: The service.
        signer: The log's key under the log's own name; without it signatures are not examined.
        copies: Where checkpoints were copied to.
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
        checkpoints = await _read_checkpoints(conn, report, signer)
        newest = await _newest_copy(report, signer, copies)
        if newest is not None:
            checkpoints.append((newest, "the copy of the checkpoint of"))
            if newest.size > head:
                report.find(f"{newest.size} events were signed and copied, and {head} are there")
        await _walk(conn, report, head, checkpoints, on_step)
        for row in await conn.fetch(queries.SELECT_LOOSE, FINDINGS_MAX):
            report.find(f"event {row['id']} of {row['recorded_at']} is neither sealed nor waiting")
    return report


async def _walk(
    conn: Connection,
    report: AuditReport,
    head: int,
    checkpoints: Sequence[tuple[Checkpoint, str]],
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
            if row["id"] is None:
                report.find(f"place {seq}: event {row['event_id']} is gone")
            elif link(hash_, seq, row) != stored:
                report.find(f"place {seq}: event {row['id']} is not what was sealed")
            # From what is stored, so that one broken place does not break all that follow.
            hash_ = stored
            report.events += row["id"] is not None
            for checkpoint, what in roots.get(seq, ()):
                if checkpoint.root != stored:
                    report.find(f"place {seq}: {what} {seq} events has another root")
        if on_step:
            on_step(place, head)


async def _read_checkpoints(
    conn: Connection, report: AuditReport, signer: SignerKey | None
) -> list[tuple[Checkpoint, str]]:
    found: list[tuple[Checkpoint, str]] = []
    for row in await conn.fetch(queries.SELECT_CHECKPOINTS):
        if signer is None:
            continue
        try:
            signed = read_checkpoint(row["note"], signer)
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
    report: AuditReport, signer: SignerKey | None, copies: Copies | None
) -> Checkpoint | None:
    if signer is None or copies is None:
        report.notes.append("copies were not looked at: no object storage is configured")
        return None
    try:
        note = await copies.newest_after(0)
        if note is None:
            return None
        newest = read_checkpoint(note, signer)
    except CopiesAway as error:
        report.notes.append(f"copies were not looked at: {error}")
        return None
    except AuditBroken as error:
        report.find(f"the newest copy: {error}")
        return None
    report.copied = newest.size
    return newest
