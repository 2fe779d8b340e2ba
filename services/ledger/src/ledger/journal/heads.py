"""Accounts' positions as this process left or read them: what is decided before the lock.

They may be old at any time: whoever decides on them has SQL compare them under the lock.
"""

import asyncio
import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.journal import queries
from ledger.journal.lifecycle import decide_after
from ledger.journal.models import Entry, Head, Position, Posted, Transfer, Verdict

#: Some 1,000 bytes each.
KEPT_MAX: Final = 50_000
#: After so many misses in a row, others post to the same accounts all the time...
MISSES_MAX: Final = 3
#: ...and for so many batches accounts are locked before they are read.
PAUSE_BATCHES: Final = 32


class Heads:
    """What is known of accounts, and of whether it is worth deciding on it."""

    def __init__(self, *, kept_max: int = KEPT_MAX) -> None:
        """Know none yet; keep at most so many."""
        self._kept_max = kept_max
        self._positions: dict[UUID, Position] = {}
        #: The entries that this process has written after those positions, and when.
        self._newest: dict[UUID, Entry] = {}
        self._posted: dict[UUID, datetime] = {}
        self._calls: set[asyncio.Future[None]] = set()
        self._misses = 0
        self._pause = 0

    def is_worth_it(self) -> bool:
        """Whether to decide on what is known; not for a while after several misses."""
        if self._pause:
            self._pause -= 1
            return False
        return True

    async def learn(self, conn: Connection, ids: Iterable[UUID]) -> None:
        """Read the accounts that are not known; those that do not exist stay unknown."""
        unknown = [one for one in ids if one not in self._positions]
        if not unknown:
            return
        found = await queries.select_positions(conn, unknown)
        for account_id, position in found.items():
            # Another batch may have read it meanwhile, and gone on from there.
            self._positions.setdefault(account_id, position)
        for oldest in list(
            itertools.islice(self._positions, max(0, len(self._positions) - self._kept_max))
        ):
            self._forget(oldest)

    def is_plain(self, account_id: UUID) -> bool:
        """Whether an account is known and its entries need no more than its position."""
        found = self._positions.get(account_id)
        return found is not None and not found.velocity and found.account_type != "GIFT"

    def seen(self, ids: Sequence[UUID]) -> list[Head]:
        """Where accounts are, as they would be decided on."""
        return list(map(self._seen, ids))

    def _seen(self, account_id: UUID) -> Head:
        found, last = self._positions[account_id], self._newest.get(account_id)
        if last is None:
            seq, balance, held = found.account_seq, found.balance_minor, found.held_minor
            return Head(account_id, seq, found.policy_version, balance, held, found.posted_at)
        seq, balance, held = last.account_seq, last.balance_after_minor, last.held_after_minor
        at = self._posted[account_id]
        return Head(account_id, seq, found.policy_version, balance, held, at)

    def decide(
        self, ids: Sequence[UUID], wanted: Sequence[Transfer], now: datetime
    ) -> list[Verdict]:
        """Decide on what is known, and go on from what is posted as if it were written."""
        times = [
            at for one in ids if (at := self._posted.get(one) or self._positions[one].posted_at)
        ]
        posted_at = max([now, *times])
        verdicts = decide_after(self._positions, self._newest, wanted, posted_at)
        written = (entry for one in verdicts if isinstance(one, Posted) for entry in one.entries)
        self._posted.update((entry.account_id, posted_at) for entry in written)
        return verdicts

    @contextmanager
    def calling(self) -> Iterator[set[asyncio.Future[None]]]:
        """While a batch is on its way; gives those that were on their way before it."""
        before = set(self._calls)
        own: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._calls.add(own)
        try:
            yield before
        finally:
            self._calls.discard(own)
            own.set_result(None)

    def knows(self, ids: Iterable[UUID]) -> bool:
        """Whether nothing was forgotten of these accounts."""
        return all(one in self._positions for one in ids)

    def positions(self) -> dict[UUID, Position]:
        """Policies by account; their entries may have gone on."""
        return self._positions

    def hit(self) -> None:
        """What was decided on held."""
        self._misses = 0

    def miss(self) -> None:
        """It did not."""
        self._misses += 1
        if self._misses >= MISSES_MAX:
            self._misses, self._pause = 0, PAUSE_BATCHES

    def forget(self, ids: Iterable[UUID]) -> None:
        """Know nothing of accounts: they have moved, or may have."""
        for one in ids:
            self._forget(one)

    def _forget(self, account_id: UUID) -> None:
        self._positions.pop(account_id, None)
        self._newest.pop(account_id, None)
        self._posted.pop(account_id, None)
