"""Whose address counts: that of the connection, unless a proxy of ours holds it."""

import pytest

from gateway.client_address import ProxyHeader, client_of, read_networks

OURS = read_networks("10.0.0.0/8, fd00::/8, 192.0.2.7")
EVE = "203.0.113.9"


def client(peer: str, *told: str, header: ProxyHeader = "x-forwarded-for") -> str:
    """The client of a request with these lines of the header."""
    lines = [(header.encode(), line.encode("latin-1")) for line in told]
    return client_of(peer, [(b"host", b"x"), *lines], trusted=OURS, header=header)


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded"])
def test_a_stranger_is_not_believed(header: ProxyHeader) -> None:
    """Whatever they say of themselves, theirs is the address of their connection."""
    assert client(EVE, "127.0.0.1", "for=127.0.0.1", header=header) == EVE


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["198.51.100.1"], "198.51.100.1"),
        # What the client wrote itself stands to the left.
        (["127.0.0.1, 198.51.100.1"], "198.51.100.1"),
        (["127.0.0.1", "198.51.100.1"], "198.51.100.1"),
        (["10.1.1.1, 198.51.100.1, 10.0.0.9"], "198.51.100.1"),
        (["198.51.100.1, 10.0.0.9, 192.0.2.7"], "198.51.100.1"),
        (["2001:db8::1, fd00::2"], "2001:db8::1"),
        (["198.51.100.1:4711"], "198.51.100.1"),
        (["[2001:db8::1]:4711"], "2001:db8::1"),
        (["::ffff:198.51.100.1"], "198.51.100.1"),
        (["::ffff:10.0.0.1"], "10.0.0.1"),
        # Nobody but ours: the furthest.
        (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ([], "10.0.0.1"),
    ],
)
def test_the_rightmost_that_is_not_ours_is_the_client(lines: list[str], found: str) -> None:
    """Each proxy adds on the right whom it heard."""
    assert client("10.0.0.1", *lines) == found


@pytest.mark.parametrize(
    "line",
    [
        "unknown",
        "",
        "198.51.100.1, ",
        "localhost",
        "1.2.3",
        "0x7f.1",
        "1.2.3.4 5.6.7.8",
        "\xff",
        "::g",
    ],
)
def test_what_cannot_be_read_ends_at_what_is_known(line: str) -> None:
    """The proxy's own address is all that is sure then."""
    assert client("10.0.0.1", line) == "10.0.0.1"
    assert client("10.0.0.1", f"{line}, 10.0.0.2") == "10.0.0.2"


def test_a_row_of_ours_has_an_end() -> None:
    """Who writes a thousand of our addresses is not followed to the end of them."""
    assert client("10.0.0.1", ", ".join([EVE, *["10.9.9.9"] * 1000])) == "10.9.9.9"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("for=198.51.100.1", "198.51.100.1"),
        ('For="[2001:db8:cafe::17]:4711";proto=https;by=203.0.113.43', "2001:db8:cafe::17"),
        ("for=127.0.0.1, for=198.51.100.1;proto=https", "198.51.100.1"),
        ("for=198.51.100.1, for=10.0.0.9", "198.51.100.1"),
        # A quote that the client opened swallows nothing of what a proxy adds.
        ('for="127.0.0.1, for=198.51.100.1', "198.51.100.1"),
        ("for=_hidden", "10.0.0.1"),
        ("for=unknown", "10.0.0.1"),
        ("by=198.51.100.1", "10.0.0.1"),
        ("for=127.0.0.1;for=198.51.100.1", "10.0.0.1"),
        ("198.51.100.1", "10.0.0.1"),
        ("for=", "10.0.0.1"),
    ],
)
def test_forwarded_is_read_as_rfc_7239_has_it(line: str, found: str) -> None:
    """One `for` an element; anything else ends at what is known."""
    assert client("10.0.0.1", line, header="forwarded") == found


def test_only_the_header_that_our_proxies_write_is_read() -> None:
    """The other one passes through them as the client wrote it."""
    headers = [(b"forwarded", b"for=127.0.0.1"), (b"x-forwarded-for", EVE.encode())]
    assert client_of("10.0.0.1", headers, trusted=OURS, header="x-forwarded-for") == EVE


def test_a_peer_with_an_old_address_in_a_new_one_is_ours() -> None:
    """A socket of both families names IPv4 so."""
    assert client("::ffff:10.0.0.1", EVE) == EVE


@pytest.mark.parametrize(
    "text", ["0.0.0.0/0", "10.0.0.0/8,::/0", "10.0.0.1/8", "proxy", "10.0.0.0/33"]
)
def test_networks_that_are_none_or_everybody_are_refused(text: str) -> None:
    """To trust everybody is to believe the client."""
    with pytest.raises(ValueError, match=r"everybody|host bits|not appear"):
        read_networks(text)
