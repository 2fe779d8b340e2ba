"""Which pages may ask. Pure."""

import pytest

from gateway.browsers.lifecycle import COOKIE, is_foreign, session_cookie, token_in

TOKEN = "lxs_" + "a" * 43


def test_the_cookie_is_bound_to_this_host() -> None:
    """`__Host-` wants Secure, the root path and no domain; scripts can't read it."""
    cookie = session_cookie(TOKEN)
    parts = {part.strip() for part in cookie.split(";")}
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax", f"{COOKIE}={TOKEN}"} <= parts
    assert COOKIE.startswith("__Host-")
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("cookies", "found"),
    [
        (f"{COOKIE}={TOKEN}", TOKEN),
        (f"a=b; {COOKIE}={TOKEN}; c=d", TOKEN),
        (f"x{COOKIE}={TOKEN}", None),
        (f"{COOKIE}=lxs_short", None),
        (f"{COOKIE}={TOKEN}; {COOKIE}=lxs_{'b' * 43}", None),
        ("", None),
    ],
)
def test_a_cookie_counts_when_it_is_there_once(cookies: str, found: str | None) -> None:
    """Two cookies of the name could each be meant: neither is."""
    assert token_in(cookies.encode()) == (found.encode() if found else None)


@pytest.mark.parametrize(
    ("method", "headers", "foreign"),
    [
        ("GET", {}, False),
        ("POST", {}, True),
        ("POST", {b"sec-fetch-site": b"same-origin"}, False),
        ("POST", {b"sec-fetch-site": b"same-site"}, True),
        ("POST", {b"origin": b"https://x.example", b"host": b"x.example"}, False),
        ("POST", {b"origin": b"https://evil.example", b"host": b"x.example"}, True),
        ("POST", {b"origin": b"https://app.example", b"host": b"x.example"}, False),
        ("DELETE", {b"origin": b"null", b"host": b"x.example"}, True),
    ],
)
def test_a_write_must_come_from_a_page_of_ours(
    method: str, headers: dict[bytes, bytes], *, foreign: bool
) -> None:
    """By Origin, or by what the browser says of the fetch where there is none."""
    assert is_foreign(method, headers, {"https://app.example"}) is foreign
