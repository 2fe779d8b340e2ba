"""A gateway outside development does not start half closed."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.gateway.tests.conftest import gateway_settings

SAFE: dict[str, Any] = {
    "env": "prod",
    "message_keys_file": Path("unused"),
    "valkey_url": "rediss://x",
    "behind_tls": True,
    "upstream_ledger": "http://ledger:8000",
    "messages_file": None,
}


def test_safe_settings_are_taken(tmp_path: Path) -> None:
    """What production needs is enough."""
    assert gateway_settings(tmp_path, "postgresql://x", **SAFE).env == "prod"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"valkey_url": None}, "GATEWAY_VALKEY_URL"),
        ({"behind_tls": False}, "GATEWAY_BEHIND_TLS"),
        ({"cors_origins": "http://app.example"}, "GATEWAY_CORS_ORIGINS"),
        ({"cors_origins": "*"}, "no \\*"),
        ({"upstream_ledger": ""}, "GATEWAY_UPSTREAM_LEDGER"),
    ],
)
def test_unsafe_settings_are_refused(tmp_path: Path, wrong: dict[str, Any], named: str) -> None:
    """Each by itself, with the setting's name."""
    with pytest.raises(ValidationError, match=named):
        gateway_settings(tmp_path, "postgresql://x", **{**SAFE, **wrong})
