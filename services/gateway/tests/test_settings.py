"""A gateway outside development does not start half closed."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from embedded.certificate import ensure_certificate
from embedded.places import Places
from services.gateway.tests.conftest import gateway_settings

DATABASE = "postgresql://gateway@database/x?sslmode=verify-full"
SAFE: dict[str, Any] = {
    "env": "prod",
    "message_keys_file": Path("unused"),
    "valkey_url": "rediss://valkey:6379",
    "behind_tls": True,
    "upstream_ledger": "https://ledger:8000",
    "kafka_servers": "kafka:9093",
    "kafka_tls": True,
    "messages_file": None,
}


def test_safe_settings_are_taken(tmp_path: Path) -> None:
    """What production needs is enough."""
    safe = gateway_settings(tmp_path, DATABASE, **SAFE)
    assert (safe.env, safe.factor_for_power()) == ("prod", True)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"http_tls_cert_file": Path("none")}, "GATEWAY_HTTP_TLS_CERT_FILE.* cannot be read"),
        ({"valkey_url": None}, "GATEWAY_VALKEY_URL"),
        ({"behind_tls": False}, "GATEWAY_BEHIND_TLS"),
        ({"totp_key_files": ""}, "GATEWAY_TOTP_KEY_FILES"),
        ({"cors_origins": "http://app.example"}, "GATEWAY_CORS_ORIGINS"),
        ({"cors_origins": "*"}, "no \\*"),
        ({"upstream_ledger": ""}, "GATEWAY_UPSTREAM_LEDGER"),
        ({"operators_need_second_factor": False}, "GATEWAY_OPERATORS_NEED_SECOND_FACTOR"),
        ({"trusted_proxies": "0.0.0.0/0"}, "not everybody"),
        ({"upstream_search": "http://search:8000"}, "GATEWAY_UPSTREAM_SEARCH with https"),
        ({"upstream_ledger": "https://a:1,http://b:1"}, "GATEWAY_UPSTREAM_LEDGER with https"),
        ({"smtp_url": "smtp://mail:587", "public_url": "https://x"}, "GATEWAY_SMTP_URL"),
        ({"trusted_proxies": "proxy"}, "trusted_proxies"),
    ],
)
def test_unsafe_settings_are_refused(tmp_path: Path, wrong: dict[str, Any], named: str) -> None:
    """Each by itself, with the setting's name."""
    with pytest.raises(ValidationError, match=named):
        gateway_settings(tmp_path, DATABASE, **{**SAFE, **wrong})


def test_a_certificate_of_ones_own_is_for_those_who_know_of_it(tmp_path: Path) -> None:
    """The public would not believe it, under that name or at all."""
    places = Places(tmp_path)
    ensure_certificate(places)
    own = {
        "http_tls_cert_file": places.certificate_file,
        "http_tls_key_file": places.certificate_key_file,
        "behind_tls": False,
    }
    with pytest.raises(ValidationError, match="GATEWAY_PRIVATE_CERTIFICATE=true"):
        gateway_settings(tmp_path, DATABASE, **{**SAFE, **own})
    safe = gateway_settings(tmp_path, DATABASE, **{**SAFE, **own, "private_certificate": True})
    assert safe.over_tls()
