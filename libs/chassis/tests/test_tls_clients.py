"""Clients under TLS: a real Postgres with a certificate of a local authority."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis.broker import kafka_broker
from chassis.database import open_database
from chassis.tls import kafka_options, open_context
from libs.chassis.tests.test_settings import ProbeSettings
from libs.chassis.tests.test_tls import write_certificate
from tests.stack.database import ScratchDatabase

SELECT_TLS = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


async def _ask_tls(conn: asyncpg.Connection, chain: Path, secret: Path) -> None:
    """Have the server show a certificate: its files are written by itself, for itself alone."""
    for name, file in (("local.crt", chain), ("local.key", secret)):
        lines = file.read_text().replace("\n", "\\n")
        text = f"SELECT unnest(string_to_array(E'{lines}', E'\\n'))"
        await conn.execute(f"COPY ({text}) TO PROGRAM 'umask 077; cat > {name}'")
    await conn.execute("ALTER SYSTEM SET ssl_cert_file = 'local.crt'")
    await conn.execute("ALTER SYSTEM SET ssl_key_file = 'local.key'")
    await conn.execute("ALTER SYSTEM SET ssl = on")
    await conn.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="module")
async def authority(
    scratch_database: ScratchDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Path]:
    """The server speaks TLS meanwhile; gives what to trust."""
    chain, secret = write_certificate(tmp_path_factory.mktemp("authority"))
    conn = await asyncpg.connect(scratch_database.url("admin"))
    try:
        await _ask_tls(conn, chain, secret)
        yield chain
    finally:
        for name in ("ssl", "ssl_cert_file", "ssl_key_file"):
            await conn.execute(f"ALTER SYSTEM RESET {name}")
        await conn.execute("SELECT pg_reload_conf()")
        await conn.close()


def settings(database: ScratchDatabase, folder: Path, **fields: Any) -> ProbeSettings:
    """Settings of production, with the database as it is asked for there."""
    known: dict[str, Any] = {
        "env": "prod",
        "message_keys_file": folder / "keys.json",
        "internal_jwks_file": folder / "jwks.json",
        "kafka_servers": "127.0.0.1:1",
        "http_port": 1,
        "database_url": f"{database.url('gateway')}?sslmode=verify-full",
        "connect_timeout_seconds": 5,
    }
    return ProbeSettings(**known | fields)


async def test_the_database_is_spoken_to_under_tls(
    scratch_database: ScratchDatabase, authority: Path, tmp_path: Path
) -> None:
    """With an authority of one's own in the settings; the server says so, too."""
    wanted = settings(scratch_database, tmp_path, ca_file=authority)
    async with open_database(wanted) as database, database.connection() as conn:
        row = await conn.fetchrow(
            "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        )
    assert row is not None
    assert (row["ssl"], row["version"]) == (True, "TLSv1.3")


async def test_another_authoritys_certificate_is_not_believed(
    scratch_database: ScratchDatabase, authority: Path, tmp_path: Path
) -> None:
    """Whoever sits between has a certificate, too."""
    other, _ = write_certificate(tmp_path)
    assert other.read_bytes() != authority.read_bytes()
    with pytest.raises(ssl.SSLCertVerificationError):
        async with open_database(settings(scratch_database, tmp_path, ca_file=other)):
            raise AssertionError


def test_clients_of_the_broker_are_told(tmp_path: Path) -> None:
    """Each of them: what hears, what says, what reads again."""
    chain, _ = write_certificate(tmp_path)
    far: dict[str, Any] = {
        "database_url": "postgresql://127.0.0.1/x",
        "kafka_servers": "kafka:9093",
        "internal_jwks_file": chain,
        "http_port": 1,
    }
    assert kafka_options(None, tls=False) == {}
    under_tls = ProbeSettings(**far, kafka_tls=True, ca_file=chain)
    told = kafka_options(chain, tls=under_tls.kafka_tls)
    assert told["security_protocol"] == "SSL"
    assert told["ssl_context"].verify_mode == ssl.CERT_REQUIRED
    assert kafka_broker(under_tls).specification.security is not None


def test_an_authority_of_ones_own_is_the_only_one(tmp_path: Path) -> None:
    """Unless the client calls others, too."""
    chain, _ = write_certificate(tmp_path)
    alone = open_context(chain)
    assert alone.cert_store_stats()["x509"] == 1
    assert alone.check_hostname
    assert alone.minimum_version is ssl.TLSVersion.TLSv1_2
    both = open_context(chain, public=True).cert_store_stats()["x509"]
    assert both == open_context(None).cert_store_stats()["x509"] + 1
