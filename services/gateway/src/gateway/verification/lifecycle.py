"""Rules of codes: form, life, how often. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from gateway.sessions.lifecycle import Brake

type Purpose = Literal["verify", "reset-password"]

DIGITS: Final = 8
LIFE: Final = timedelta(minutes=10)
ATTEMPTS: Final = 5
#: A code may be sent again after this, and so often in an hour.
PAUSE: Final = timedelta(minutes=1)
WINDOW: Final = timedelta(hours=1)
PER_WINDOW: Final = 5
#: How often codes may be asked for from one address, for whomever.
ASKING: Final = Brake(30, 600, timedelta(hours=1))
#: Wrong codes for one address or number, however many codes were sent.
TRYING: Final = Brake(10, 900, timedelta(hours=1))


def wait_to_send(sent: Sequence[datetime], now: datetime) -> int:
    """Seconds until another code may be sent; 0 when it may be now.

    Args:
        sent: When the last ones were, the newest first.
        now: The clock's time.
    """
    if not sent:
        return 0
    until = sent[0] + PAUSE
    if len(sent) >= PER_WINDOW:
        until = max(until, sent[PER_WINDOW - 1] + WINDOW)
    return max(-(-(until - now) // timedelta(seconds=1)), 0)


def code_of(number: int) -> str:
    """A number below 10^8 as people read it."""
    return f"{number:0{DIGITS}d}"
