"""Keeps the log: what the work role does again and again, and what it must remember meanwhile."""

import secrets
from typing import Final

from prometheus_client import Gauge

from chassis.clock import Clock
from chassis.copies import Copies, CopiesAway
from chassis.database import Database
from chassis.logs import get_logger
from chassis.notes import Checkpoint, SignerKey
from ledger.settings import LedgerSettings
from ledger.transparency.copy import copy_checkpoint
from ledger.transparency.errors import LogClosed
from ledger.transparency.look import look_ahead
from ledger.transparency.sequence import sequence_transfers
from ledger.transparency.sign import sign_checkpoint

log = get_logger(__name__)

#: Batches in one go, so that a long queue is worked off without a pause.
ROUNDS_MAX: Final = 50

SIGNED_SIZE: Final = Gauge("localex_ledger_log_signed_size", "Leaves of the newest checkpoint")
LOG_CLOSED: Final = Gauge("localex_ledger_log_closed", "1 while nothing is signed, for safety")


class LogKeeper:
    """Sequences, signs and copies. One of these in a process; several processes do no harm."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        signer: SignerKey | None,
        copies: Copies | None = None,
        *,
        batch_max: int = 500,
    ) -> None:
        """Without a signer nothing is signed; without copies, nothing is copied."""
        self._database = database
        self._clock = clock
        self._signer = signer
        self._copies = copies
        self._batch_max = batch_max
        self._floor: Checkpoint | None = None
        self._looked = copies is None
        #: Object storage holds what this log did not sign: nothing goes on before a restart.
        self._conflict: str | None = None
        self._said: str | None = None

    async def sequence(self) -> None:
        """Give what waits its places."""
        for _ in range(ROUNDS_MAX):
            # No event is written, so the relay is not woken as `transaction()` would.
            async with self._database.connection() as conn, conn.transaction():
                done = await sequence_transfers(
                    conn, batch_max=self._batch_max, random_bytes=secrets.token_bytes
                )
            if done < self._batch_max:
                return

    async def sign(self) -> None:
        """Sign the tree if it grew, unless that would tell a second history."""
        if self._signer is None:
            return
        try:
            for _ in range(ROUNDS_MAX):
                if not await self._sign_once(self._signer):
                    break
        except CopiesAway as error:
            self._say("transparency.waits", f"object storage has not been looked at: {error}")
        except LogClosed as error:
            LOG_CLOSED.set(1)
            self._say("transparency.closed", str(error))
        else:
            LOG_CLOSED.set(0)
            self._said = None

    async def _sign_once(self, signer: SignerKey) -> bool:
        if self._conflict is not None:
            raise LogClosed(self._conflict)
        if not self._looked and self._copies is not None:
            async with self._database.connection() as conn:
                self._floor = await look_ahead(conn, self._copies, signer)
            self._looked = True
        async with self._database.connection() as conn, conn.transaction():
            signed = await sign_checkpoint(conn, signer, floor=self._floor, now=self._clock.now())
        if signed is None:
            return False
        self._floor = signed
        SIGNED_SIZE.set(signed.size)
        return True

    async def copy(self) -> None:
        """Put the newest checkpoint into object storage; while that is away, later."""
        if self._signer is None or self._copies is None:
            return
        try:
            async with self._database.connection() as conn:
                await copy_checkpoint(conn, self._copies, now=self._clock.now())
        except CopiesAway as error:
            log.warning("transparency.not_copied", error=str(error))
        except LogClosed as error:
            self._conflict = str(error)

    def _say(self, event: str, why: str) -> None:
        """Once, not every second."""
        if self._said != why:
            log.error(event, reason=why)
            self._said = why


def open_keeper(settings: LedgerSettings, database: Database, clock: Clock) -> LogKeeper:
    """The keeper that the settings describe.

    Raises:
        MalformedNote: The key's file holds no signer's key.
    """
    path = settings.checkpoint_key_file
    signer = SignerKey.parse(path.read_text().strip()) if path else None
    copies = Copies.open(settings, signer.name) if signer else None
    return LogKeeper(database, clock, signer, copies, batch_max=settings.transparency_batch_max)
