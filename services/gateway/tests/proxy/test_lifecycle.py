"""What may pass, and which replica is asked."""

import pytest

from gateway.proxy.lifecycle import (
    Breaker,
    answered_headers,
    forwarded_headers,
    headers_fault,
    is_from_outside,
    path_fault,
    query_fault,
)
from gateway.proxy.upstreams import Upstreams


@pytest.mark.parametrize(
    "path",
    [
        b"/",
        b"/v1/items",
        b"/v1/items/",
        b"/v1/trades/0041-x/hand-over",
        b"/v1/a%20b",
        b"/v1/%C3%A9",
    ],
)
def test_plain_paths_pass(path: bytes) -> None:
    """A path that everybody reads in one way is passed on as it is."""
    assert path_fault(path) is None


@pytest.mark.parametrize(
    "path",
    [
        b"//v1/items",
        b"/v1//items",
        b"/v1/items//",
        b"/v1/./items",
        b"/v1/../users",
        b"/v1/items/..",
        b"/v1/%2e%2e/users",
        b"/v1/%2E/users",
        b"/v1/items%2fx",
        b"/v1/items%2Fx",
        b"/v1/items%5cx",
        b"/v1/items\\x",
        b"/v1/items%00",
        b"/v1/items%0d%0aX:1",
        b"/v1/%252e%252e/x",
        b"/v1/%61ccounts",
        b"/v1/items;a=b",
        b"/v1/items%3ba",
        b"/v1/items%",
        b"/v1/items%zz",
        b"/v1/it\xc3\xa9ms",
        b"/v1/" + b"x" * 2048,
        b"v1/items",
    ],
)
def test_ambiguous_paths_do_not_pass(path: bytes) -> None:
    """What gateway and service could read differently is refused."""
    assert path_fault(path) is not None


def test_queries_pass_unless_they_need_escaping() -> None:
    """A query goes on byte for byte, so its bytes must be plain."""
    assert query_fault(b"q=caf%C3%A9&price_min=1.00") is None
    assert query_fault(b"q=caf\xc3\xa9")
    assert query_fault(b"q=a b")
    assert query_fault(b"q=" + b"x" * 9000)


@pytest.mark.parametrize(
    "name", [b"authorization", b"content-length", b"content-type", b"idempotency-key", b"host"]
)
def test_doubled_headers_do_not_pass(name: bytes) -> None:
    """Gateway and service could each believe another one."""
    assert headers_fault([(name, b"1")]) is None
    assert headers_fault([(name, b"1"), (b"accept", b"x"), (name, b"1")])


def test_a_body_has_one_length() -> None:
    """Length and chunks together are how requests are smuggled."""
    assert headers_fault([(b"content-length", b"3"), (b"transfer-encoding", b"chunked")])


def test_services_are_told_only_what_is_listed() -> None:
    """Whatever claims to come from the gateway is left out, also in odd spellings."""
    told = forwarded_headers(
        [
            (b"accept", b"a"),
            (b"accept", b"b"),
            (b"idempotency-key", b"k"),
            (b"user-agent", b"\xff"),
            (b"authorization", b"Bearer forged"),
            (b"cookie", b"a=b"),
            (b"host", b"evil"),
            (b"connection", b"keep-alive"),
            (b"x-forwarded-for", b"1.1.1.1"),
            (b"x_forwarded_for", b"1.1.1.1"),
            (b"x-request-id", b"x"),
            (b"x-http-method-override", b"DELETE"),
            (b"x-original-url", b"/v1/users"),
            (b"transfer-encoding", b"chunked"),
        ]
    )
    assert told == {"accept": "a, b", "idempotency-key": "k"}


def test_answers_lose_what_is_hop_by_hop() -> None:
    """Also what the Connection header names."""
    kept = answered_headers(
        [
            (b"Content-Type", b"x"),
            (b"ETag", b'"1"'),
            (b"Set-Cookie", b"a"),
            (b"Set-Cookie", b"b"),
            (b"Connection", b"close, X-Internal"),
            (b"X-Internal", b"secret"),
            (b"Transfer-Encoding", b"chunked"),
            (b"Server", b"x"),
        ]
    )
    assert kept == [
        (b"content-type", b"x"),
        (b"etag", b'"1"'),
        (b"set-cookie", b"a"),
        (b"set-cookie", b"b"),
    ]


def test_the_breaker_opens_tries_and_closes() -> None:
    """Five failures open it, one request each 250 ms may try, one success closes it."""
    breaker = Breaker()
    for _ in range(4):
        breaker.failed(100.0)
    assert breaker.allows(100.0)
    breaker.failed(100.0)
    assert not breaker.allows(100.2)
    assert breaker.allows(100.25)
    assert not breaker.allows(100.25)
    breaker.failed(100.5)
    assert not breaker.allows(100.7)
    assert breaker.allows(100.75)
    breaker.succeeded()
    assert breaker.allows(100.75)
    breaker.failed(101.0)
    assert breaker.allows(101.0)


def test_replicas_take_turns_and_broken_ones_are_left_out() -> None:
    """Round robin over those that can be reached."""
    upstreams = Upstreams({"ledger": ("a", "b", "c"), "search": ()})
    chosen = [upstreams.choose("ledger") for _ in range(6)]
    assert sorted(r.address for r in chosen if r) == ["a", "a", "b", "b", "c", "c"]
    broken = next(r for r in chosen if r and r.address == "b")
    for _ in range(5):
        broken.failed()
    addresses = [r.address for _ in range(4) if (r := upstreams.choose("ledger"))]
    assert sorted(addresses) == ["a", "a", "c", "c"]
    assert upstreams.choose("search") is None
    assert upstreams.choose("nobody") is None


@pytest.mark.parametrize(
    ("address", "header", "outside"),
    [
        ("127.0.0.1", b"", False),
        ("10.1.2.3", b"", False),
        ("fd00::1", b"", False),
        (None, b"", False),
        ("8.8.8.8", b"", True),
        ("2606:4700::1111", b"", True),
        ("10.1.2.3", b"x-forwarded-for", True),
        ("127.0.0.1", b"forwarded", True),
    ],
)
def test_who_comes_from_outside_is_known(
    address: str | None, header: bytes, *, outside: bool
) -> None:
    """By the address of the socket, or because a proxy speaks for them."""
    headers = [(header, b"x")] if header else []
    scope = {"client": (address, 1) if address else None, "headers": headers}
    assert is_from_outside(scope) is outside
