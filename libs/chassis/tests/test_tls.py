"""With a certificate in the settings the server speaks TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chassis.process import Process
from chassis.tls import why_not_believed
from libs.chassis.tests.serving import serving


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of this machine, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "cert.pem", folder / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return chain, secret


async def app(scope: Any, _receive: Any, send: Any) -> None:
    """Says by which scheme it was asked."""
    body = scope["scheme"].encode()
    headers = [(b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def secured(folder: Path) -> AsyncIterator[tuple[int, Path]]:
    """A server with a certificate: its port, and what to trust."""
    chain, secret = write_certificate(folder)
    settings = SimpleNamespace(
        http_host="127.0.0.1",
        http_port=0,
        http_tls_cert_file=chain,
        http_tls_key_file=secret,
        head_seconds=5.0,
        read_seconds=300.0,
        read_bytes_min=1,
        drain_seconds=1,
    )
    service = SimpleNamespace(asgi=lambda _resources, _tracing: app)
    process = Process(cast("Any", service), "serve")
    server = process._http_server(cast("Any", SimpleNamespace(settings=settings)), None)
    async with serving(server) as port:
        yield port, chain


async def answer_of(port: int, secure: ssl.SSLContext | None) -> bytes:
    """What is answered to a request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=secure)
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    try:
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def test_a_certificate_makes_the_server_speak_tls(tmp_path: Path) -> None:
    """Who trusts the certificate is answered over https."""
    async with secured(tmp_path) as (port, chain):
        trusting = ssl.create_default_context(cafile=chain)
        assert (await answer_of(port, trusting)).endswith(b"\r\n\r\nhttps")


async def test_plain_http_is_not_answered_on_a_port_with_tls(tmp_path: Path) -> None:
    """No redirect that would hide what was sent in the clear."""
    async with secured(tmp_path) as (port, _):
        try:
            answer = await answer_of(port, None)
        except ConnectionError:
            answer = b""
        assert b"HTTP/" not in answer


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_tls_is_refused(tmp_path: Path) -> None:
    """A client that would take anything gets 1.2 or better, and nothing where it knows less."""
    async with secured(tmp_path) as (port, chain):
        lenient = ssl.create_default_context(cafile=chain)
        lenient.minimum_version = ssl.TLSVersion.TLSv1
        lenient.set_ciphers("ALL:@SECLEVEL=0")
        for highest in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
            lenient.maximum_version = highest
            assert (await answer_of(port, lenient)).endswith(b"https")
        lenient.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await answer_of(port, lenient)


async def test_a_certificate_that_the_machine_trusts_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its name only; without that trust, or a file, it is told why not."""
    chain, secret = write_certificate(tmp_path)
    assert "self-signed" in (why_not_believed(chain, secret, "127.0.0.1") or "")
    assert "cannot be read" in (why_not_believed(tmp_path / "none", secret, "127.0.0.1") or "")
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    assert why_not_believed(chain, secret, "127.0.0.1") is None
    assert "mismatch" in (why_not_believed(chain, secret, "127.0.0.2") or "")
