"""Watching consumers: how far behind they are, and whether they have stopped for no reason.

A consumer that has messages before it, or no partition at all, and does not move for a minute is
stalled: the client library has had such states after a broker's restart. It is then built anew.
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
                with contextlib.suppress(KafkaError, TimeoutError):
                    if await self._stalled(group, consumer):
                        return group
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), WATCH_SECONDS)
        return None

    async def _stalled(self, group: str, consumer: Any) -> bool:
        positions = {}
        behind = 0
        for partition in consumer.assignment():
            position = await asyncio.wait_for(consumer.position(partition), WATCH_SECONDS)
            positions[partition] = position
            behind += max((consumer.highwater(partition) or position) - position, 0)
        self.lag[group] = behind if positions else None
        CONSUMER_LAG.labels(group).set(behind)
        now = time.monotonic()
        if (positions and not behind) or positions != self._stood_at.get(group):
            self._moved_at[group] = now
        self._stood_at[group] = positions
        return now - self._moved_at[group] > STALLED_SECONDS
