"""Rules of sessions: tokens, how long they live, how log-ins are slowed down. Pure."""

import re
from datetime import datetime, timedelta
from typing import Final

IDLE: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=30)
#: A session's last use is written down at most this often.
TOUCH_EVERY: Final = timedelta(minutes=5)

TOKEN_PREFIX: Final = "lxs_"  # noqa: S105 - what every token begins with
_AUTHORIZATION: Final = re.compile(r"[Bb]earer +(lxs_[A-Za-z0-9_-]{43})", re.ASCII)

#: Log-ins that may fail for one e-mail from one address before each next one has to wait.
FREE_ATTEMPTS: Final = 10
FORGET_AFTER: Final = timedelta(minutes=15)
_LONGEST_WAIT_SECONDS: Final = 60


def read_token(authorization: str) -> str | None:
    """The session token in an Authorization header, if it has the form of one."""
    found = _AUTHORIZATION.fullmatch(authorization)
    return found[1] if found else None


def ends_at(last_seen_at: datetime, expires_at: datetime) -> datetime:
    """When a session ends if it is not used again."""
    return min(last_seen_at + IDLE, expires_at)


def wait_seconds(attempts: int, last_at: datetime, now: datetime) -> int:
    """How long the next log-in has to wait; 0 when it may be tried now."""
    over = attempts - FREE_ATTEMPTS
    if over < 0 or now - last_at >= FORGET_AFTER:
        return 0
    pause = min(2 ** min(over, 10), _LONGEST_WAIT_SECONDS)
    left = last_at + timedelta(seconds=pause) - now
    return max(-(-left // timedelta(seconds=1)), 0)


def count_attempt(attempts: int, last_at: datetime, now: datetime) -> int:
    """The attempts that count with one more, old ones forgotten."""
    return 1 if now - last_at >= FORGET_AFTER else attempts + 1
