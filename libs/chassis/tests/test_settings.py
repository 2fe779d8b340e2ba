"""One source: a service's own variable wins over the shared one."""

from typing import ClassVar

import pytest
from pydantic import ValidationError

from chassis.clock import open_clock
from chassis.settings import ServiceSettings


class ProbeSettings(ServiceSettings):
    """Settings of a made-up service."""

    service: ClassVar[str] = "probe"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "LOCALEX_KAFKA_SERVERS": "127.0.0.1:9092",
        "LOCALEX_INTERNAL_JWKS_FILE": "/nowhere/jwks.json",
        "LOCALEX_POOL_MAX": "10",
        "PROBE_DATABASE_URL": "postgresql://probe:hush@127.0.0.1/db",
        "PROBE_HTTP_PORT": "8099",
    }.items():
        monkeypatch.setenv(name, value)


def test_shared_settings_are_read() -> None:
    """`LOCALEX_` is for all services."""
    assert ProbeSettings().kafka_servers == "127.0.0.1:9092"
    assert ProbeSettings().pool_max == 10


def test_a_service_s_own_setting_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """`PROBE_` is for one."""
    monkeypatch.setenv("PROBE_POOL_MAX", "5")
    assert ProbeSettings().pool_max == 5


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """A settings object in a log line tells no password."""
    assert "hush" not in repr(ProbeSettings())


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service does not start half-configured."""
    monkeypatch.delenv("PROBE_DATABASE_URL")
    with pytest.raises(ValidationError, match="database_url"):
        ProbeSettings()


def test_the_movable_clock_is_refused_outside_development(tmp_path: object) -> None:
    """Nobody moves time in production."""
    from pathlib import Path

    with pytest.raises(ValueError, match="development"):
        open_clock("prod", Path("/nowhere"))


def test_messages_are_sealed_outside_development(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reaches a broker in production finds nobody who believes them."""
    monkeypatch.setenv("LOCALEX_ENV", "prod")
    with pytest.raises(ValidationError, match="LOCALEX_MESSAGE_KEYS_FILE"):
        ProbeSettings()


def test_failpoints_are_refused_outside_development(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process in production does not even start with one."""
    monkeypatch.setenv("LOCALEX_FAILPOINTS", "inbox.after_effect=kill")
    assert ProbeSettings().failpoints
    monkeypatch.setenv("LOCALEX_ENV", "prod")
    with pytest.raises(ValidationError, match="development"):
        ProbeSettings()


FAR: dict[str, str] = {
    "LOCALEX_ENV": "prod",
    "LOCALEX_MESSAGE_KEYS_FILE": "/nowhere/keys.json",
    "LOCALEX_KAFKA_SERVERS": "kafka-0:9093,kafka-1:9093",
    "LOCALEX_KAFKA_TLS": "true",
    "LOCALEX_S3_ENDPOINT": "https://storage",
    "LOCALEX_OTLP_ENDPOINT": "https://collector:4318",
    "PROBE_DATABASE_URL": "postgresql://probe:hush@database/db?sslmode=verify-full",
    "PROBE_VALKEY_URL": "rediss://probe:hush@valkey:6379/0",
    "PROBE_HTTP_HOST": "10.0.0.7",
    "PROBE_HTTP_TLS_CERT_FILE": "/nowhere/cert.pem",
}


def set_all(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
    """Put them into the environment; an empty one is left out."""
    for name, value in settings.items():
        if value:
            monkeypatch.setenv(name, value)
        else:
            monkeypatch.delenv(name, raising=False)


def test_encrypted_connections_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What production needs is enough."""
    set_all(monkeypatch, FAR)
    assert all(ProbeSettings().connections().values())


@pytest.mark.parametrize(
    ("plain", "named"),
    [
        ({"PROBE_DATABASE_URL": "postgresql://probe:hush@database/db"}, "PROBE_DATABASE_URL with"),
        ({"PROBE_DATABASE_URL": "postgresql://probe:hush@database/db?sslmode=require"}, "full"),
        ({"PROBE_DATABASE_URL": "postgresql://probe:hush@/db?host=database"}, "full"),
        ({"LOCALEX_KAFKA_TLS": ""}, "LOCALEX_KAFKA_TLS=true"),
        ({"LOCALEX_KAFKA_TLS": "", "LOCALEX_KAFKA_SERVERS": "127.0.0.1:1,kafka:1"}, "KAFKA_TLS"),
        ({"PROBE_VALKEY_URL": "redis://valkey:6379"}, "PROBE_VALKEY_URL with rediss"),
        ({"LOCALEX_S3_ENDPOINT": "http://storage"}, "LOCALEX_S3_ENDPOINT with https"),
        ({"LOCALEX_OTLP_ENDPOINT": "http://collector:4318"}, "LOCALEX_OTLP_ENDPOINT with https"),
        ({"PROBE_HTTP_TLS_CERT_FILE": ""}, "PROBE_HTTP_TLS_CERT_FILE"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_plain_connections_are_refused_outside_development(
    monkeypatch: pytest.MonkeyPatch, plain: dict[str, str], named: str
) -> None:
    """Each by itself, with the setting to mend, and without a password."""
    set_all(monkeypatch, FAR | plain)
    with pytest.raises(ValidationError, match=named) as refused:
        ProbeSettings()
    assert [error["msg"] for error in refused.value.errors() if "hush" in error["msg"]] == []
    monkeypatch.setenv("LOCALEX_TRUSTED_NETWORK", "true")
    assert ProbeSettings().trusted_network
    monkeypatch.delenv("LOCALEX_TRUSTED_NETWORK")
    monkeypatch.setenv("LOCALEX_ENV", "dev")
    assert ProbeSettings().env == "dev"


def test_what_stays_on_the_machine_may_be_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy beside the process ends TLS there: nobody else listens."""
    set_all(monkeypatch, dict.fromkeys(FAR, ""))
    set_all(
        monkeypatch,
        {
            "LOCALEX_ENV": "prod",
            "LOCALEX_MESSAGE_KEYS_FILE": "/nowhere/keys.json",
            "LOCALEX_KAFKA_SERVERS": "[::1]:9092, localhost:9092",
            "LOCALEX_S3_ENDPOINT": "http://127.0.0.1:9000",
            "PROBE_DATABASE_URL": "postgresql://probe:hush@/db?host=/run/postgresql",
            "PROBE_VALKEY_URL": "redis://127.0.0.1:6379/0",
        },
    )
    assert all(ProbeSettings().connections().values())
