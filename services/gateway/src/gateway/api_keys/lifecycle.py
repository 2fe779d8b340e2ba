"""Rules of keys: scopes, lives, forms. Pure."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from chassis.step_up import LARGE_PAYMENTS
from gateway.proxy.routes import BY_PREFIX

#: All that a key can be given; what is not named is not allowed.
SCOPES: Final = frozenset(
    {LARGE_PAYMENTS, *(f"{prefix}:{how}" for prefix in BY_PREFIX for how in ("read", "write"))}
)
KEYS_MAX: Final = 50
DAYS_MAX: Final = 365
OVERLAP_MAX_HOURS: Final = 7 * 24
REFRESH_PREFIX: Final = "lxr_"
#: A family ends, however often it is renewed.
FAMILY_LIFE: Final = timedelta(days=30)
#: A key's last use is written down at most this often.
NOTE_EVERY: Final = timedelta(minutes=5)
_REFRESH: Final = re.compile(r"lxr_[A-Za-z0-9_-]{43}", re.ASCII)


def check_scopes(named: Iterable[str]) -> frozenset[str]:
    """The scopes, each known.

    Raises:
        ValueError: One is not.
    """
    scopes = frozenset(named)
    if strange := sorted(scopes - SCOPES):
        raise ValueError(
            f"{strange[0][:40]!r} is no scope; there are <prefix>:read and <prefix>:write for "
            f"{', '.join(sorted(BY_PREFIX))}, and {LARGE_PAYMENTS}"
        )
    return scopes


def is_refresh_token(text: str) -> bool:
    """Whether a text has the form of a refresh token."""
    return bool(_REFRESH.fullmatch(text))


def overlap_ends(expires_at: datetime, now: datetime, hours: int) -> datetime:
    """When a rotated key ends: after the overlap, and never later than before."""
    return min(expires_at, now + timedelta(hours=hours))
