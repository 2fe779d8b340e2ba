"""Rules of sessions: tokens, how long they live, how log-ins are slowed down. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final, Literal

#: How a session was strengthened: `machine` is whoever holds the gateway's own database.
type Strength = Literal["password", "totp", "recovery_code", "passkey", "machine"]

#: Tells a browser to forget what it kept of us, once a session is over.
FORGET: Final = '"cache", "cookies", "storage"'
IDLE: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=30)
#: A program's session, which it renews.
PROGRAM: Final = timedelta(minutes=15)
#: How long an ended session is kept, so that its owner can see it was there.
KEPT_AFTER_END: Final = timedelta(days=30)
#: A session's last use is written down at most this often.
TOUCH_EVERY: Final = timedelta(minutes=5)

TOKEN_PREFIX: Final = "lxs_"  # noqa: S105 - what every token begins with
#: What a program shows instead of a session.
KEY_PREFIX: Final = "lxk_"
_AUTHORIZATION: Final = re.compile(r"[Bb]earer +(lx[sk]_[A-Za-z0-9_-]{43})", re.ASCII)

#: Methods that a scope `<prefix>:read` allows.
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
DEVICE_MAX: Final = 200
ADDRESS_MAX: Final = 64
#: A log-in is compared with so many before it.
DEVICES_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Brake:
    """How attempts are slowed down.

    Attributes:
        free: Attempts that may fail before each next one has to wait, twice as long each time.
        wait_max_seconds: The longest wait; at that length it is a lock.
        forget_after: After so long without an attempt counting begins anew.
    """

    free: int
    wait_max_seconds: int
    forget_after: timedelta


#: Log-ins that may fail for one e-mail from one address before each next one has to wait.
FREE_ATTEMPTS: Final = 10
PAIR: Final = Brake(FREE_ATTEMPTS, 60, timedelta(minutes=15))
#: From all addresses together: a lock, but not for addresses where the person logged in lately.
ACCOUNT: Final = Brake(50, 900, timedelta(hours=1))
#: For all accounts together: a household or an office shares an address.
ADDRESS: Final = Brake(200, 300, timedelta(minutes=30))
FORGET_AFTER: Final = ACCOUNT.forget_after


def account_subject(kind: str, value: str) -> str:
    """What failed log-ins of an account are counted for."""
    return f"account\x1f{kind}\x1f{value}"


def read_token(authorization: str) -> str | None:
    """The session token or API key in an Authorization header, if it has the form of one."""
    found = _AUTHORIZATION.fullmatch(authorization)
    return found[1] if found else None


def ends_at(last_seen_at: datetime, expires_at: datetime) -> datetime:
    """When a session ends if it is not used again."""
    return min(last_seen_at + IDLE, expires_at)


def wait_seconds(attempts: int, last_at: datetime, now: datetime, brake: Brake = PAIR) -> int:
    """How long the next attempt has to wait; 0 when it may be tried now."""
    over = attempts - brake.free
    if over < 0 or now - last_at >= brake.forget_after:
        return 0
    pause = min(2 ** min(over, 10), brake.wait_max_seconds)
    left = last_at + timedelta(seconds=pause) - now
    return max(-(-left // timedelta(seconds=1)), 0)


def count_attempt(attempts: int, last_at: datetime, now: datetime, brake: Brake = PAIR) -> int:
    """The attempts that count with one more, old ones forgotten."""
    return 1 if now - last_at >= brake.forget_after else attempts + 1


def network_of(address: str) -> str:
    """The neighbourhood of an address, within which it wanders: a /24, or a /48 of IPv6."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv4Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    bits = 24 if isinstance(parsed, IPv4Address) else 48
    return str(ip_network((parsed, bits), strict=False))


def is_new_device(
    seen: Iterable[tuple[str | None, str | None]], address: str, agent: str | None
) -> bool:
    """Whether nobody has logged in with this program from this neighbourhood before.

    Args:
        seen: Address and agent of log-ins before, as they were kept.
        address: Of this one.
        agent: Of this one.
    """
    mine = network_of(address), (agent or "")[:DEVICE_MAX]
    return all((network_of(where or ""), what or "") != mine for where, what in seen)
