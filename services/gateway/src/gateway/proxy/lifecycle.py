"""What may pass, and which replica to ask. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

type RawHeaders = Iterable[tuple[bytes, bytes]]

PATH_MAX: Final = 2048
QUERY_MAX: Final = 8192
_QUERY: Final = re.compile(rb"[\x21\x22\x24-\x7e]*")
_PLAIN: Final = re.compile(rb"(?:/[A-Za-z0-9._~!$&'()*+,=:@-]+)*/?")
_ESCAPED: Final = re.compile(rb"(?:/(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})+)*/?")
#: Nobody needs to escape these, unless to be read differently by two readers.
_NEVER_ESCAPED: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/\\%;?#"
) | frozenset(range(0x20))

#: What a service is told of the request. Everything else stays here, so that no client can say
#: what only the gateway may.
FORWARDED: Final = frozenset(
    {
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"content-encoding",
        b"content-type",
        b"idempotency-key",
        b"if-match",
        b"user-agent",
        b"if-modified-since",
        b"if-none-match",
        b"last-event-id",
        b"prefer",
        b"range",
        b"tracestate",
    }
)
#: Two of these, and two readers may each take another one.
_SINGLE: Final = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"if-match",
        b"last-event-id",
        b"traceparent",
        b"transfer-encoding",
    }
)
#: A proxy that speaks for clients says one of these.
_PASSED_ON: Final = frozenset({b"forwarded", b"via", b"x-forwarded-for", b"x-real-ip"})
#: Hop by hop, or told by our own server.
_DROPPED: Final = frozenset(
    {
        b"connection",
        b"date",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"server",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"x-request-id",
    }
)
#: What every answer tells a browser: believe the type, frame nothing, say nothing to others.
SAFETY_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (
        b"content-security-policy",
        b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"referrer-policy", b"no-referrer"),
)
#: Where an answer does not say who may keep it, nobody may.
KEPT_BY_NOBODY: Final = (b"cache-control", b"no-store")
#: Two years of TLS only, for hosts below this one too; told over TLS.
OVER_TLS: Final = ((b"strict-transport-security", b"max-age=63072000; includeSubDomains"),)
#: Ours to say; a service that says it, too, is not heard.
_OURS: Final = frozenset(
    {b"ratelimit", b"ratelimit-policy", b"x-looked-at", *(name for name, _ in SAFETY_HEADERS)}
)


def query_fault(query: bytes) -> str | None:
    """Why a query can't be passed on as it is; nothing when it can."""
    if len(query) > QUERY_MAX:
        return f"the query has more than {QUERY_MAX} bytes"
    if not _QUERY.fullmatch(query):
        return "the query has a character that must be escaped"
    return None


def path_fault(path: bytes) -> str | None:
    """Why a path could be read in more than one way; nothing when it can't."""
    if len(path) > PATH_MAX:
        return f"the path has more than {PATH_MAX} bytes"
    if not _PLAIN.fullmatch(path):
        if not _ESCAPED.fullmatch(path):
            return "the path has an empty part, or a character that must be escaped or left out"
        escaped = {int(pair, 16) for pair in re.findall(rb"%([0-9A-Fa-f]{2})", path)}
        if not escaped.isdisjoint(_NEVER_ESCAPED):
            return "the path escapes a slash, a dot or another character that needs no escape"
    if any(part in (b".", b"..") for part in path.split(b"/")):
        return "the path has a part that is only dots"
    return None


def headers_fault(headers: RawHeaders) -> str | None:
    """Why the headers could be read in more than one way; nothing when they can't."""
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in _SINGLE:
            if name in seen:
                return f"the header {name.decode('latin-1')} is there twice"
            seen.add(name)
    if b"transfer-encoding" in seen and b"content-length" in seen:
        return "the length of the body is told twice"
    return None


def is_from_outside(scope: Mapping[str, Any]) -> bool:
    """Whether a request is of the internet: by its address, or because a proxy passed it on."""
    if any(name in _PASSED_ON for name, _ in scope["headers"]):
        return True
    client = scope.get("client")
    try:
        return client is not None and ip_address(client[0].partition("%")[0]).is_global
    except ValueError:
        # A socket of this machine has no address.
        return False


def forwarded_headers(headers: RawHeaders) -> dict[str, str]:
    """The client's headers that a service is told. Text that is no ASCII is left out."""
    kept: dict[str, str] = {}
    for name, value in headers:
        if name in FORWARDED and value.isascii():
            key = name.decode("ascii")
            text = value.decode("ascii")
            kept[key] = f"{kept[key]}, {text}" if key in kept else text
    return kept


def answered_headers(headers: RawHeaders) -> list[tuple[bytes, bytes]]:
    """The service's headers that the client is told."""
    kept: list[tuple[bytes, bytes]] = []
    named: set[bytes] = set()
    for raw, value in headers:
        name = raw.lower()
        if name == b"connection":
            named.update(part.strip().lower() for part in value.split(b","))
        elif name not in _DROPPED and name not in _OURS:
            kept.append((name, value))
    return [(name, value) for name, value in kept if name not in named] if named else kept


@dataclass(slots=True)
class Breaker:
    """Keeps from asking a replica that can't be reached.

    Closed: ask. Open after `FAILURES_MAX` failures in a row: do not ask. After `PAUSE_SECONDS`
    half-open: one request may try; the others go elsewhere until it is known how that went.
    """

    FAILURES_MAX = 5
    PAUSE_SECONDS = 0.25

    failures: int = 0
    opened_at: float = 0.0

    @property
    def closed(self) -> bool:
        """Whether it answers, as far as is known."""
        return self.failures < self.FAILURES_MAX

    def allows(self, now: float) -> bool:
        """Whether the replica may be asked; a try in half-open counts as asked."""
        if self.failures < self.FAILURES_MAX:
            return True
        if now - self.opened_at < self.PAUSE_SECONDS:
            return False
        self.opened_at = now
        return True

    def failed(self, now: float) -> None:
        """The replica could not be reached."""
        self.failures += 1
        self.opened_at = now

    def succeeded(self) -> None:
        """The replica answered."""
        self.failures = 0
