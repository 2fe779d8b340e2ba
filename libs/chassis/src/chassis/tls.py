"""Connections between parts of the system: which are encrypted, and whose certificates count."""

import contextlib
import ssl
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

#: Of Postgres: encrypted, signed by somebody we trust, and by the name that was asked for.
VERIFIED: Final = "verify-full"
#: Of each side; three do.
_HANDSHAKE_TURNS_MAX: Final = 10


def open_context(ca_file: Path | None, *, public: bool = False) -> ssl.SSLContext:
    """What a client of ours believes: TLS 1.2 and newer, names, and certificates of trust.

    Args:
        ca_file: Authorities of one's own, which then are the only ones; else the machine's.
        public: Believe the machine's besides one's own: for a client that calls others, too.
    """
    context = ssl.create_default_context(cafile=None if public else ca_file)
    if public and ca_file:
        context.load_verify_locations(ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def why_not_believed(cert_file: Path, key_file: Path | None, host: str) -> str | None:
    """Why a client that trusts what this machine trusts would end a handshake, if it would.

    Both ends of one are played here, in memory.

    Args:
        cert_file: The certificate, and those between it and its authority.
        key_file: Its key, when it is not in the same file.
        host: By which name clients come.
    """
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        own.load_cert_chain(cert_file, key_file)
    except (OSError, ssl.SSLError) as error:
        return f"it cannot be read: {error}"
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = open_context(None).wrap_bio(coming, going, server_hostname=host)
    server = own.wrap_bio(going, coming, server_side=True)
    for _ in range(_HANDSHAKE_TURNS_MAX):
        try:
            client.do_handshake()
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        except ssl.SSLWantReadError:
            with contextlib.suppress(ssl.SSLWantReadError):
                server.do_handshake()
        else:
            return None
    return "the handshake did not end"


def stays_here(host: str | None) -> bool:
    """Whether what is sent there does not leave the machine: a socket's file, or a loopback."""
    if not host or host == "localhost" or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_encrypted(url: str) -> bool:
    """Whether an address is spoken to under TLS, or stays on this machine."""
    parts = urlsplit(url)
    return parts.scheme in ("https", "rediss", "smtps") or stays_here(parts.hostname)


def is_verified_database(url: str) -> bool:
    """Whether the database must show a certificate, or is on this machine."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    hosts = [*asked.get("host", ()), *([parts.hostname] if parts.hostname else ())]
    return asked.get("sslmode") == [VERIFIED] or all(stays_here(host) for host in hosts)


def are_here(servers: str) -> bool:
    """Whether all of `host:port, host:port` are on this machine."""
    return all(
        stays_here(urlsplit(f"//{one.strip()}").hostname) for one in servers.split(",") if one
    )


def database_context(url: str, ca_file: Path | None) -> dict[str, Any]:
    """What the driver is told besides the address: authorities of one's own, if they are to count.

    An address that names authorities itself (`sslrootcert`) is the driver's to read.
    """
    asked = parse_qs(urlsplit(url).query)
    if ca_file is None or asked.get("sslmode") != [VERIFIED] or "sslrootcert" in asked:
        return {}
    return {"ssl": open_context(ca_file)}


def kafka_options(ca_file: Path | None, *, tls: bool) -> dict[str, Any]:
    """What a client of Kafka is told."""
    return {"security_protocol": "SSL", "ssl_context": open_context(ca_file)} if tls else {}


def storage_options(ca_file: Path | None, timeout: timedelta) -> Any:
    """What a client of object storage is told; whether it may be plain, the settings decide."""
    authorities = {"root_certificate": ca_file.read_bytes()} if ca_file else {}
    return {"allow_http": True, "timeout": timeout, **authorities}
