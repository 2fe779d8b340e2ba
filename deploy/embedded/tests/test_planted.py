"""A bug is planted in a service only where somebody develops, and only by its own starter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from faststream import AckPolicy

from chassis import subscribe
from embedded.planted import RUNNING


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bug", "env", "says"),
    [
        ("offset-first", "prod", "LOCALEX_PLANTED_BUG is for development only"),
        ("off-by-one", "dev", "not 'off-by-one'"),
    ],
)
def test_a_planted_service_does_not_start_elsewhere(
    bug: str, env: str, says: str, tmp_path: Path
) -> None:
    """In production no such process comes up, with whatever settings; nor with an unknown bug."""
    settings = {
        "LOCALEX_ENV": env,
        "LOCALEX_TRUSTED_NETWORK": "true",
        "LOCALEX_KAFKA_SERVERS": "127.0.0.1:1",
        "LOCALEX_INTERNAL_JWKS_FILE": str(tmp_path / "jwks.json"),
        "LOCALEX_MESSAGE_KEYS_FILE": str(tmp_path / "keys"),
        "LEDGER_DATABASE_URL": "postgresql://127.0.0.1:1/none",
        "LEDGER_HTTP_PORT": "1",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "embedded.planted", bug, "ledger", "run"],
        env=os.environ | settings,
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ended.returncode == 1
    assert says in ended.stderr


def test_a_plant_is_gone_with_its_block() -> None:
    """What a test plants harms none after it."""
    with RUNNING["offset-first"]():
        assert vars(subscribe)["AckPolicy"].NACK_ON_ERROR == AckPolicy.ACK_FIRST
    assert vars(subscribe)["AckPolicy"] is AckPolicy
