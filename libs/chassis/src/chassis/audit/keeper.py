"""Keeps a service's audit log: months ahead, places in the chain, signatures, copies elsewhere."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from prometheus_client import Gauge

from chassis.audit import queries
from chassis.audit.chain import genesis, link
from chassis.copies import Copies, CopiesAway
from chassis.database import Connection, Database
from chassis.logs import get_logger
from chassis.notes import (
    Checkpoint,
    MalformedNote,
    SignedNote,
    SignerKey,
    UnverifiedNote,
    VerifierKey,
)
from chassis.settings import ServiceSettings

log = get_logger(__name__)

BATCH_MAX: Final = 500
ROUNDS_MAX: Final = 50
MONTHS_AHEAD: Final = 4
#: Events that are hashed again before they are signed, at most in one go.
GROWTH_MAX: Final = 5_000

PENDING: Final = Gauge("localex_audit_pending", "Audit events without a place in the chain")
SIGNED: Final = Gauge("localex_audit_signed_size", "Audit events that the newest signature covers")
BROKEN: Final = Gauge("localex_audit_broken", "1 while nothing is signed, for the chain is broken")


class AuditBroken(Exception):
    """The chain is not what was signed, grown; the message says where."""


class AuditKeeper:
    """One of these in a process that works; several processes do no harm."""

    def __init__(
        self,
        service: str,
        database: Database,
        signer: SignerKey | None = None,
        copies: Copies | None = None,
        retired: Sequence[VerifierKey] = (),
    ) -> None:
        """Without a signer nothing is signed; without copies, nothing is copied.

        What keys of before signed, `retired`, is believed and gone on with.
        """
        self._service = service
        self._database = database
        self._signer = signer
        self._copies = copies
        self._retired = retired
        self._copied = 0
        self._said: str | None = None

    @classmethod
    def open(cls, service: str, settings: ServiceSettings, database: Database) -> Self:
        """The keeper that the settings describe.

        Raises:
            MalformedNote: The key's file holds no signer's key.
        """
        path = settings.audit_key_file
        if path is None:
            return cls(service, database)
        signer = signer_of(SignerKey.parse(path.read_text().strip()), service)
        retired = read_retired(settings.audit_retired_keys_file, service)
        return cls(service, database, signer, Copies.open(settings, signer.name), retired)

    async def make_months(self) -> None:
        """Make partitions for the months to come."""
        async with self._database.connection() as conn:
            await conn.fetchval(queries.ENSURE_MONTHS, datetime.now(UTC).date(), MONTHS_AHEAD)

    async def seal(self) -> int:
        """Give what is committed its places in the chain; returns how many."""
        sealed = 0
        for _ in range(ROUNDS_MAX):
            # No event is written, so the relay is not woken as `transaction()` would.
            async with self._database.connection() as conn:
                done: int = await conn.fetchval(queries.SEAL, BATCH_MAX)
            sealed += done
            if done < BATCH_MAX:
                break
        async with self._database.connection() as conn:
            PENDING.set((await conn.fetchrow(queries.COUNT_PENDING))["pending"])
        return sealed

    async def sign(self) -> None:
        """Sign the chain if it grew and is whole, then copy the newest checkpoint elsewhere."""
        if self._signer is None:
            return
        try:
            for _ in range(ROUNDS_MAX):
                async with self._database.connection() as conn, conn.transaction():
                    if not await self._sign_once(conn, self._signer):
                        break
        except AuditBroken as error:
            BROKEN.set(1)
            self._say(str(error))
            return
        BROKEN.set(0)
        self._said = None
        await self._copy()

    def _say(self, reason: str) -> None:
        """Once, not at each try."""
        if self._said != reason:
            log.error("audit.broken", reason=reason)
            self._said = reason

    async def _sign_once(self, conn: Connection, signer: SignerKey) -> bool:
        if not await conn.fetchval(queries.TRY_LOCK, self._service):
            return False
        size, root = await self._last_signed(conn, signer)
        head, _ = await queries.select_head(conn)
        upto = min(head, size + GROWTH_MAX)
        if head < size:
            raise AuditBroken(f"{size} events were signed, and only {head} are there")
        if upto == size:
            return False
        for row in await queries.select_sealed(conn, size, upto, GROWTH_MAX):
            size += 1
            if int(row["seq"]) != size or row["id"] is None:
                raise AuditBroken(f"place {size} of the chain is empty")
            root = link(root, size, row)
            if root != bytes(row["hash"]):
                raise AuditBroken(f"event {row['event_id']} at place {size} is not what was sealed")
        note = Checkpoint(signer.name, size, root).sign(signer).render()
        await conn.execute(queries.INSERT_CHECKPOINT, size, root, note)
        SIGNED.set(size)
        return True

    async def _last_signed(self, conn: Connection, signer: SignerKey) -> tuple[int, bytes]:
        latest = await conn.fetchrow(queries.SELECT_LATEST)
        if latest is None:
            return 0, genesis(self._service)
        stored = await conn.fetchval(queries.SELECT_HASH, latest["size"])
        signed = read_checkpoint(latest["note"], signer, self._retired)
        if (signed.size, signed.root) != (latest["size"], stored):
            raise AuditBroken(f"the chain of {signed.size} events is not the one that was signed")
        return signed.size, signed.root

    async def _copy(self) -> None:
        if self._copies is None:
            return
        async with self._database.connection() as conn:
            latest = await conn.fetchrow(queries.SELECT_LATEST)
        if latest is None or latest["size"] == self._copied:
            return
        try:
            there = await self._copies.put(latest["size"], latest["note"])
        except CopiesAway as error:
            log.warning("audit.not_copied", error=str(error))
            return
        if there != latest["note"]:
            log.error("audit.copy_differs", size=latest["size"])
            BROKEN.set(1)
            return
        self._copied = latest["size"]


def signer_of(key: SignerKey, service: str) -> SignerKey:
    """The key of one service's log: the same key under a name of the log's own."""
    return replace(key, name=f"{key.name}/{service}")


def read_retired(path: Path | None, service: str) -> tuple[VerifierKey, ...]:
    """Public keys that signed the logs before, one a line, as those of one service's log.

    Raises:
        MalformedNote: A line is no key.
    """
    lines = path.read_text().splitlines() if path else ()
    keys = [VerifierKey.parse(line.strip()) for line in lines if line.strip()]
    return tuple(replace(key, name=f"{key.name}/{service}") for key in keys)


def read_checkpoint(
    note: str, signer: SignerKey, retired: Sequence[VerifierKey] = ()
) -> Checkpoint:
    """A checkpoint that this log signed, with its key or one of before.

    Raises:
        AuditBroken: It is none.
    """
    try:
        parsed = SignedNote.parse(note)
        parsed.require([signer.verifier(), *retired])
        checkpoint = Checkpoint.parse(parsed.text)
    except (MalformedNote, UnverifiedNote) as error:
        raise AuditBroken(f"a checkpoint is not of this log's key: {error}") from error
    if checkpoint.origin != signer.name:
        raise AuditBroken(f"a checkpoint is of {checkpoint.origin}, not of {signer.name}")
    return checkpoint
