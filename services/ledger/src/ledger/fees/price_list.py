"""The schedules as a process knows them: read again every few seconds."""

import time
from typing import Annotated, Final

from fastapi import Depends

from chassis.clock import Clock
from chassis.database import Database
from chassis.resources import OpenResources
from ledger.fees.lifecycle import builtin_schedule, choose_schedule, price
from ledger.fees.load import load_schedules
from ledger.fees.models import Price, Schedule

#: Less than the notice that SQL demands of a new version: everybody knows it in time.
REFRESH_SECONDS: Final = 5


class PriceList:
    """Prices amounts without asking the database each time."""

    def __init__(self, clock: Clock, fee_bps: int) -> None:
        """`fee_bps` prices what no schedule does."""
        self._clock = clock
        self._fee_bps = fee_bps
        self._schedules: tuple[Schedule, ...] = ()
        self._read_at_ms: int | None = None

    async def refresh(self, database: Database) -> None:
        """Read the schedules again, unless that was done a moment ago."""
        now_ms = time.monotonic_ns() // 1_000_000
        if self._read_at_ms is None or now_ms - self._read_at_ms > REFRESH_SECONDS * 1000:
            async with database.connection() as conn:
                self._schedules = await load_schedules(conn, at=self._clock.now())
            self._read_at_ms = now_ms

    def price(self, amount_minor: int, operation: str, *, asset: str, community: str) -> Price:
        """An amount in its parts, as of now.

        Args:
            amount_minor: What is paid, at least 1.
            operation: What is done.
            asset: Of the amount.
            community: Whose operation it is.
        """
        if not self._schedules:
            return price(amount_minor, builtin_schedule(operation, self._fee_bps))
        schedule = choose_schedule(
            self._schedules,
            operation,
            asset=asset,
            community=community,
            at=self._clock.now(),
            fee_bps=self._fee_bps,
        )
        return price(amount_minor, schedule)


async def _price_list_of(resources: OpenResources) -> PriceList:
    found: PriceList = resources.extra["prices"]
    return found


#: A route's parameter.
OpenPrices = Annotated[PriceList, Depends(_price_list_of)]
