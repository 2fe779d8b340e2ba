"""The one settings source: environment variables, the same names in every mode."""

import os
import shlex
from pathlib import Path
from typing import Final

from embedded.account import write_file
from embedded.credentials import OPERATOR_EMAIL, SERVICES
from embedded.site import Site

BUCKET: Final = "localex-media"
DATABASE: Final = "localex_db"
_MIGRATOR_SETTING: Final = "LOCALEX_MIGRATOR_DATABASE_URL"
_OPERATOR_SETTING: Final = "LOCALEX_OPERATOR_DATABASE_URL"
#: Load tests and imports use a few people heavily: limits that two cores do not reach.
_WIDE_LIMITS: Final = {
    f"GATEWAY_RATE_{kind}_{name}": value
    for kind in ("USER", "KEY", "OPERATOR")
    for name, value in (("PER_SECOND", "20000"), ("BURST", "200000"))
} | {"GATEWAY_WEBHOOK_PRIVATE": "true"}
#: Parts that all services are told of by one setting: its name, and how an address begins.
_SHARED: Final = {
    "kafka": ("KAFKA_SERVERS", ""),
    "opensearch": ("OPENSEARCH_URL", "http://"),
    "s3": ("S3_ENDPOINT", "http://"),
}
_FROM_CALLER: Final = {
    "LOCALEX_ENV": "dev",
    "LOCALEX_FEE_BPS": "100",
    "LOCALEX_OTLP_ENDPOINT": "",
    # Each service is one process here: no balancer has to notice that it is going.
    "LOCALEX_UNREADY_SECONDS": "0",
}


def make_settings(site: Site, *, tls: bool = False) -> dict[str, str]:
    """The settings of all services, for the parts that run here; with a certificate or without."""
    settings = {name: os.environ.get(name, usual) for name, usual in _FROM_CALLER.items()}
    settings = {name: value for name, value in settings.items() if value}
    if settings["LOCALEX_ENV"] == "dev":
        settings["LOCALEX_CLOCK_OFFSET_FILE"] = str(site.places.clock_file)
        settings["GATEWAY_MESSAGES_FILE"] = str(site.places.messages_file)
        settings |= _WIDE_LIMITS
    settings["LOCALEX_INTERNAL_JWKS_FILE"] = str(site.places.jwks_file)
    settings["GATEWAY_SIGNING_KEY_FILE"] = str(site.places.signing_key_file)
    settings["LEDGER_CHECKPOINT_KEY_FILE"] = str(site.places.checkpoint_key_file)
    settings["GATEWAY_VAULT_KEYS_FILE"] = str(site.places.vault_keys_file)
    settings["GATEWAY_TOTP_KEY_FILES"] = str(site.places.totp_key_file)
    settings["LOCALEX_MESSAGE_KEYS_FILE"] = str(site.places.message_keys_file)
    settings["LOCALEX_AUDIT_KEY_FILE"] = str(site.places.audit_key_file)
    settings["GATEWAY_BOOTSTRAP_OPERATOR_EMAIL"] = OPERATOR_EMAIL
    settings["GATEWAY_BOOTSTRAP_OPERATOR_PASSWORD"] = site.credentials.operator_password
    if tls:
        settings["GATEWAY_HTTP_TLS_CERT_FILE"] = str(site.places.certificate_file)
        settings["GATEWAY_HTTP_TLS_KEY_FILE"] = str(site.places.certificate_key_file)
    settings |= _server_settings(site)
    for service in SERVICES:
        settings |= _service_settings(site, service)
    return settings


def _server_settings(site: Site) -> dict[str, str]:
    ports = site.ports | site.detours
    settings = {"LOCALEX_SEARCH_ENABLED": str("opensearch" in ports).lower()}
    for part, (name, scheme) in _SHARED.items():
        if part in ports:
            settings[f"LOCALEX_{name}"] = f"{scheme}127.0.0.1:{ports[part]}"
    if "s3" in ports:
        settings["LOCALEX_S3_BUCKET"] = BUCKET
        settings["LOCALEX_S3_ACCESS_KEY"] = site.credentials.s3_access_key
        settings["LOCALEX_S3_SECRET_KEY"] = site.credentials.s3_secret_key
    if "postgres" in ports:
        own = site.ports["postgres"]
        settings[_MIGRATOR_SETTING] = database_url(site, "localex_migrator", "migrator", own)
        settings[_OPERATOR_SETTING] = database_url(site, "localex_operator", "operator", own)
    return settings


def _service_settings(site: Site, service: str) -> dict[str, str]:
    ports, prefix = site.ports, service.upper()
    settings = {f"{prefix}_HTTP_HOST": "127.0.0.1"}
    if service in ports:
        settings[f"{prefix}_HTTP_PORT"] = str(ports[service])
        if service != "gateway":
            told = site.told("gateway", service)
            settings[f"GATEWAY_UPSTREAM_{prefix}"] = f"http://127.0.0.1:{told}"
    if "postgres" in ports:
        told = site.told(service, "postgres") or 0
        settings[f"{prefix}_DATABASE_URL"] = database_url(site, service, service, told)
    if "valkey" in ports:
        login = f"{service}:{site.credentials.valkey[service]}"
        told = site.told(service, "valkey")
        settings[f"{prefix}_VALKEY_URL"] = f"redis://{login}@127.0.0.1:{told}/0"
    for part, (name, scheme) in _SHARED.items():
        # All are told the same, but who has a detour of its own.
        if (own := site.detours.get(f"{service}:{part}")) is not None:
            settings[f"{prefix}_{name}"] = f"{scheme}127.0.0.1:{own}"
    return settings


def database_url(site: Site, role: str, secret: str, port: int) -> str:
    """The address of the database for one role."""
    password = site.credentials.postgres[secret]
    return f"postgresql://{role}:{password}@127.0.0.1:{port}/{DATABASE}"


def settings_of(service: str, settings: dict[str, str]) -> dict[str, str]:
    """What one service is given: the shared settings and its own, nobody else's secrets."""
    others = tuple(f"{name.upper()}_" for name in SERVICES if name != service)
    return {
        name: value
        for name, value in settings.items()
        if not name.startswith(others) and name not in (_MIGRATOR_SETTING, _OPERATOR_SETTING)
    }


def write_settings(path: Path, settings: dict[str, str]) -> None:
    """Write the settings as a file that a shell can read too."""
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(settings.items())]
    write_file(path, "".join(lines))


def read_settings(path: Path) -> dict[str, str]:
    """Read the settings of a stack that has been started.

    Raises:
        FileNotFoundError: It never was.
    """
    settings = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, quoted = line.partition("=")
        settings[name] = "".join(shlex.split(quoted))
    return settings
