"""Which pages may ask, and what a browser is told. Pure."""

import re
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

COOKIE: Final = "__Host-localex-session"
_COOKIE: Final = re.compile(
    rb"(?:^|;) ?" + re.escape(COOKIE.encode()) + rb"=(lxs_[A-Za-z0-9_-]{43})(?=;|$)"
)
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LASTS_SECONDS: Final = 30 * 24 * 3600

_METHODS: Final = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_MAY_SEND: Final = (
    b"access-reason, authorization, content-type, idempotency-key, if-match, if-none-match, "
    b"last-event-id, prefer, x-request-id"
)
_MAY_READ: Final = (
    b"etag, idempotency-replayed, link, location, preference-applied, ratelimit, "
    b"ratelimit-policy, retry-after, x-request-id"
)

type Told = list[tuple[bytes, bytes]]


def session_cookie(token: str) -> str:
    """The cookie that stands for a session."""
    return f"{COOKIE}={token}; Path=/; Max-Age={_LASTS_SECONDS}; Secure; HttpOnly; SameSite=Lax"


def no_cookie() -> str:
    """Makes a browser forget the cookie."""
    return f"{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"


def token_in(cookies: bytes) -> bytes | None:
    """The session token in a Cookie header; nothing when it is not there once."""
    found = _COOKIE.findall(cookies)
    return found[0] if len(found) == 1 else None


def is_foreign(method: str, headers: Mapping[bytes, bytes], pages: Collection[str]) -> bool:
    """Whether a write with a cookie comes from a page that is not ours.

    Args:
        method: Reads are not asked: their answers are closed to foreign pages.
        headers: Of the request.
        pages: Origins that may call from elsewhere.
    """
    if method in _SAFE:
        return False
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not origin:
        return headers.get(b"sec-fetch-site") != b"same-origin"
    if origin in pages:
        return False
    return urlsplit(origin).netloc.encode("latin-1") != headers.get(b"host")


def is_preflight(method: str, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a browser asks if a page may ask."""
    return method == "OPTIONS" and b"access-control-request-method" in headers


def told_to_page(origin: bytes) -> Told:
    """Headers of an answer that a page elsewhere may read."""
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", _MAY_READ),
        (b"vary", b"Origin"),
    ]


def told_before(origin: bytes) -> Told:
    """Headers of the answer to a page that asks if it may ask."""
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", _MAY_SEND),
        (b"access-control-max-age", b"600"),
        (b"vary", b"Origin"),
    ]
