"""Watching consumers: how far behind they are, and whether they have stopped for no reason.

A consumer that has messages before it, or no partition at all, or does not even know where it
stands, and does not move for a minute is stalled: the client library has had such states after a
broker's restart. It is then built anew. How far the topic goes is asked of the broker: what a
consumer whose fetching has ended remembers of it looks like having caught up.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from typing import Any, Final

from aiokafka.errors import KafkaError

from chassis.logs import get_logger
from chassis.metrics import CONSUMER_LAG

log = get_logger(__name__)

WATCH_SECONDS: Final = 2.0
STALLED_SECONDS: Final = 60.0
#: For what a consumer and the broker are asked.
PATIENCE_SECONDS: Final = 5.0


class LagWatch:
    """Looks at the consumers of one process, by group."""

    def __init__(self, consumers: Iterable[tuple[str, Any]]) -> None:
        """Watch (group, aiokafka consumer) pairs that have been started."""
        self._consumers = list(consumers)
        self._moved_at = {group: time.monotonic() for group, _ in self._consumers}
        self._stood_at: dict[str, Any] = {}
        #: Messages not yet fetched, by group; None where nothing is assigned.
        self.lag: dict[str, int | None] = {}

    def assigned(self) -> bool:
        """Whether every group has partitions here, as far as is known."""
        return bool(self.lag) and all(lag is not None for lag in self.lag.values())

    async def until_stalled(self, stop: asyncio.Event) -> str | None:
        """Watch until told to stop; returns the group that stalled, if one did."""
        while not stop.is_set():
            for group, consumer in self._consumers:
                if await self._stalled(group, consumer):
                    return group
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), WATCH_SECONDS)
        return None

    async def _stalled(self, group: str, consumer: Any) -> bool:
        now = time.monotonic()
        try:
            positions, behind = await asyncio.wait_for(_stands(consumer), PATIENCE_SECONDS)
        except (KafkaError, TimeoutError):
            return now - self._moved_at[group] > STALLED_SECONDS
        self.lag[group] = behind if positions else None
        CONSUMER_LAG.labels(group).set(behind)
        if (positions and not behind) or positions != self._stood_at.get(group):
            self._moved_at[group] = now
        self._stood_at[group] = positions
        return now - self._moved_at[group] > STALLED_SECONDS


async def _stands(consumer: Any) -> tuple[dict[Any, int], int]:
    """Where a consumer is in each of its partitions, and how many messages are before it."""
    assigned = consumer.assignment()
    positions = {partition: await consumer.position(partition) for partition in assigned}
    if not positions:
        return {}, 0
    ends = await consumer.end_offsets(list(positions))
    return positions, sum(max(ends[one] - at, 0) for one, at in positions.items())
