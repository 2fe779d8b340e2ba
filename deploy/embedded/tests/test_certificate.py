"""A certificate for this machine: whom it convinces, how long it is kept, and the stack with it."""

import asyncio
import ssl
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chassis.tls import open_context
from embedded.certificate import LEFT_MIN, LIFE, ensure_certificate
from embedded.connecting import find_gateway
from embedded.places import Places
from embedded.stack import Stack
from localex_client import LocalEx, Patience, Unreachable

NOW = datetime.now(UTC)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """With a certificate."""
    made = Places(tmp_path)
    ensure_certificate(made, NOW)
    return made


def contents(places: Places) -> list[bytes]:
    """All three files."""
    files = (places.authority_file, places.certificate_file, places.certificate_key_file)
    return [file.read_bytes() for file in files]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_who_trusts_the_authority_believes_it_and_nobody_else(
    places: Places, host: str, unused_tcp_port: int
) -> None:
    """By the machine's own authorities it is nobody's."""
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(places.certificate_file, places.certificate_key_file)

    def bye(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(bye, "127.0.0.1", unused_tcp_port, ssl=own)
    async with server:
        trusting = open_context(places.authority_file)
        _, writer = await asyncio.open_connection(host, unused_tcp_port, ssl=trusting)
        writer.close()
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection(host, unused_tcp_port, ssl=open_context(None))


def test_it_is_kept_as_long_as_it_holds(places: Places) -> None:
    """And made anew a month before it ends, by an authority of its own."""
    first = contents(places)
    ensure_certificate(places, NOW + LIFE - LEFT_MIN - timedelta(minutes=1))
    assert contents(places) == first
    ensure_certificate(places, NOW + LIFE - LEFT_MIN + timedelta(minutes=1))
    assert not set(contents(places)) & set(first)


@pytest.mark.parametrize("file", ["authority_file", "certificate_file", "certificate_key_file"])
def test_what_is_spoiled_or_gone_is_made_anew(places: Places, file: str, tmp_path: Path) -> None:
    """A half-written file, none at all, and that of another certificate."""
    other = Places(tmp_path / "other")
    ensure_certificate(other, NOW)
    spoiled: Path = getattr(places, file)
    for content in (b"-----BEGIN", None, getattr(other, file).read_bytes()):
        spoiled.unlink()
        if content is not None:
            spoiled.write_bytes(content)
        ensure_certificate(places, NOW)
        whole = contents(places)
        ensure_certificate(places, NOW)
        assert contents(places) == whole
        assert spoiled.read_bytes() != content


def test_nobody_else_reads_its_key(places: Places) -> None:
    """The key of its authority is nowhere."""
    assert stat.S_IMODE(places.certificate_key_file.stat().st_mode) == 0o600
    keys = [
        one for one in places.data.rglob("*") if one.is_file() and b"PRIVATE" in one.read_bytes()
    ]
    assert keys == [places.certificate_key_file]


@pytest.mark.stack
@pytest.mark.slow
async def test_a_stack_over_tls_is_found_and_believed(reachable: Path) -> None:
    """By its own supervisor, by the commands, and by nobody who was not told whom to believe."""
    with closing(Stack.start(reachable / "tls", "lite", tls=True)) as stack:
        gateway = find_gateway(Places(stack.data_dir), None)
        assert gateway.url.startswith("https://127.0.0.1:")
        async with gateway.open() as client:
            await client.register("ana@example.org", "a long and odd password", "Ana")
            session = await client.log_in("ana@example.org", "a long and odd password")
            assert session.user.display_name == "Ana"
        async with LocalEx(gateway.url, patience=Patience(tries_max=1)) as stranger:
            with pytest.raises(Unreachable):
                await stranger.log_in("ana@example.org", "a long and odd password")
