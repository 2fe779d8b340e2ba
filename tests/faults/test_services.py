"""A service's process takes its failpoints from its own setting, before it opens anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env", "says"), [("dev", "is no failpoint"), ("prod", "is for development only")]
)
def test_a_service_reads_its_failpoints(env: str, says: str, tmp_path: Path) -> None:
    """A typing error ends the process, and in production so does any failpoint at all."""
    settings = {
        "LOCALEX_ENV": env,
        "LOCALEX_KAFKA_SERVERS": "127.0.0.1:1",
        "LOCALEX_INTERNAL_JWKS_FILE": str(tmp_path / "jwks.json"),
        "LEDGER_DATABASE_URL": "postgresql://127.0.0.1:1/none",
        "LEDGER_HTTP_PORT": "1",
        "LEDGER_FAILPOINTS": "inbox.after_effect=explode",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "ledger", "serve"],
        env=os.environ | settings,
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ended.returncode == 1
    assert says in ended.stderr
