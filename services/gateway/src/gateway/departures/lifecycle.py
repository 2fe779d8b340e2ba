"""When who leaves is erased. Pure."""

from datetime import datetime, timedelta
from typing import Final

#: The timer that ends a grace period, and the task that it asks for.
ERASURE: Final = "gateway.erasure"
#: What is not settled when a grace period ends has so long to become so.
AGAIN_AFTER: Final = timedelta(days=7)
#: Until a person is erased or stays the timer fires again: a task that was given up is no end.
WATCH_EVERY: Final = timedelta(days=1)
#: How long it is kept what came of it.
KEEP: Final = timedelta(days=30)


def end_of(now: datetime, grace_days: int) -> datetime:
    """When a grace period that begins now ends."""
    return now + timedelta(days=grace_days)
