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
