"""Signatures, when to try again, and which addresses may be called. Pure."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what every secret begins with
ENDPOINTS_MAX: Final = 10
#: A message that is older or younger than this is not believed.
TOLERANCE: Final = timedelta(minutes=5)
#: How long the secret before the last one is still signed with.
OVERLAP: Final = timedelta(hours=24)
#: Pauses between the tries of one delivery; after the last it has failed.
PAUSES: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000)
)
#: Failures in a row, of any delivery, after which an endpoint is paused.
FAILURES_MAX: Final = 5
_PAUSE_MAX: Final = timedelta(hours=1)
_NAT64: Final = ip_network("64:ff9b::/96")
#: What was given out to be somebody's; every other range is for something else, or was once.
_UNICAST: Final = ip_network("2000::/3")


def read_secret(secret: str) -> bytes:
    """The key in a secret.

    Raises:
        ValueError: It is none.
    """
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret is whsec_ and base64") from error


def sign(secret: str, message_id: str, sent_at: int, body: bytes) -> str:
    """One signature of Standard Webhooks: HMAC-SHA256 over id, time and body."""
    signed = f"{message_id}.{sent_at}.".encode() + body
    digest = hmac.new(read_secret(secret), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def signed_headers(
    secrets: Iterable[str], message_id: str, now: datetime, body: bytes
) -> dict[str, str]:
    """The headers of a message, signed with every secret that is good."""
    sent_at = int(now.timestamp())
    signatures = (sign(secret, message_id, sent_at, body) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": " ".join(signatures),
    }


def is_signed(
    secrets: Sequence[str], message_id: str, sent_at: str, offered: str, body: bytes, now: datetime
) -> bool:
    """Whether a message is from who knows one of the secrets, and of now."""
    if not (sent_at.isascii() and sent_at.isdigit()) or len(sent_at) > 12 or not message_id:  # noqa: PLR2004 - of a time
        return False
    if abs(now.timestamp() - int(sent_at)) > TOLERANCE.total_seconds():
        return False
    found = False
    for secret in secrets:
        wanted = sign(secret, message_id, int(sent_at), body)
        for one in offered.split(" ")[:10]:
            found |= hmac.compare_digest(wanted.encode(), one.encode())
    return found


def next_try(attempts: int, now: datetime, jitter: float) -> datetime | None:
    """When a delivery is tried again after so many tries; nothing when it has failed.

    Args:
        attempts: Tries so far, at least 1.
        now: The present.
        jitter: From 0 to 1: up to a tenth of the pause comes on top.
    """
    if attempts > len(PAUSES):
        return None
    return now + PAUSES[attempts - 1] * (1 + jitter / 10)


def paused_until(failures: int, now: datetime) -> datetime | None:
    """Until when an endpoint rests after so many failures in a row; nothing: it goes on."""
    over = failures - FAILURES_MAX
    if over < 0:
        return None
    return now + min(timedelta(minutes=1 << min(over, 10)), _PAUSE_MAX)


def url_fault(url: str, *, dev: bool) -> str | None:
    """Why a URL may not be called; nothing when it may, as far as its text tells."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "it is no URL"
    if parts.scheme != "https" and not (dev and parts.scheme == "http"):
        return "it must begin with https://"
    if not parts.hostname or parts.username is not None or parts.password is not None:
        return "it needs a host, and has no name or password"
    if parts.fragment or not url.isascii() or any(c <= " " for c in url) or "\\" in url:
        return "it has a part that is not sent, or a character that must be escaped"
    if port is not None and port not in (80, 443) and port < 1024:  # noqa: PLR2004 - of the system
        return "its port belongs to another protocol"
    return None


def is_public(address: str) -> bool:
    """Whether an address is somebody's on the internet, not ours or a neighbour's."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in _NAT64:
            inner = IPv4Address(int(parsed) & 0xFFFFFFFF)
        if parsed.teredo:
            return False
        if inner is not None:
            parsed = inner
        elif parsed not in _UNICAST:
            return False
    return parsed.is_global and not parsed.is_multicast
