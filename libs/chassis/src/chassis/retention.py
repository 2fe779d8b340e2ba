"""How long messages are remembered: longer than any of them can come again.

An event may be replayed out of the outbox for `REPLAY_DAYS`, then lie in a topic for its
retention and until its last segment is closed, and the inbox must still know it.
"""

from collections.abc import Iterable
from typing import Final

from contracts.topics import DAY_MS, TOPICS, Topic

REPLAY_DAYS: Final = 7
#: Kafka deletes whole segments, and closes one after a week at the latest.
SEGMENT_DAYS: Final = 7
OUTBOX_DAYS: Final = 8
INBOX_DAYS: Final = 35


class ForgetsTooSoon(ValueError):
    """The inbox would forget a message that may still come again."""


def check_retention(topics: Iterable[Topic] = TOPICS, *, inbox_days: int = INBOX_DAYS) -> None:
    """Check that the inbox outlives every message.

    A topic that keeps messages for ever is left out: who hears it from the beginning either
    bears old messages again or passes them over (`Subscription.rereads`).

    Raises:
        ForgetsTooSoon: Names the topic.
    """
    for topic in topics:
        if topic.retention_ms < 0:
            continue
        lives_days = topic.retention_ms / DAY_MS + SEGMENT_DAYS + REPLAY_DAYS
        if lives_days >= inbox_days:
            raise ForgetsTooSoon(
                f"{topic.name}: a message may come again after {lives_days:g} days, "
                f"and the inbox forgets after {inbox_days}"
            )
