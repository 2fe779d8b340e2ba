"""One source of settings in every mode: environment variables.

`LEDGER_POOL_MAX` wins over `LOCALEX_POOL_MAX`, so that a value can be given to one service or
to all of them.
"""

import platform
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from chassis.tls import are_here, is_encrypted, is_verified_database, stays_here


class ServiceSettings(BaseSettings):
    """What every service needs to know. A service adds its own fields in a subclass."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    service: ClassVar[str]

    env: Literal["dev", "prod"] = "dev"
    instance: str = Field(default_factory=platform.node, min_length=1)

    #: Nobody listens between the parts, says whoever runs them: connections may be plain.
    trusted_network: bool = False
    #: Authorities of one's own, whose certificates engines and services show; then no others count.
    ca_file: Path | None = None

    database_url: SecretStr
    pool_min: int = Field(default=2, ge=1)
    pool_max: int = Field(default=20, ge=1, le=200)
    pool_idle_seconds: float = 30.0
    connect_timeout_seconds: float = 2.0

    kafka_servers: str
    #: Whether the broker is spoken to under TLS.
    kafka_tls: bool = False
    valkey_url: SecretStr | None = None

    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65535)
    #: A certificate and its key make the server speak TLS.
    http_tls_cert_file: Path | None = None
    http_tls_key_file: Path | None = None
    #: A connection must send the head of a request within this time.
    head_seconds: float = Field(default=10.0, gt=0)
    #: A client takes what is sent to it, or so many bytes of it, within each such time; else its
    #: connection ends. Of services the client is the gateway, which reads as slowly as its own may.
    read_seconds: float = Field(default=300.0, ge=1, le=3600)
    read_bytes_min: int = Field(default=1, ge=1, le=1024 * 1024)
    body_max_bytes: int = Field(default=256 * 1024, ge=1024)
    #: At the end requests are taken for so long after `/health/ready` has said no: what a balancer
    #: needs to notice it.
    unready_seconds: float = Field(default=5.0, ge=0)
    #: Then requests in progress are finished within this time.
    drain_seconds: int = Field(default=10, ge=1)
    #: From the signal to the end of the process; whoever would kill it waits longer.
    shutdown_seconds: float = Field(default=25.0, ge=1)
    #: Requests in progress at a time; what comes on top is told 503 at once.
    inflight_max: int = Field(default=128, ge=1)
    #: Writes are refused while an event has waited for so long to be sent; 0 never refuses.
    outbox_age_max_seconds: float = Field(default=1800, ge=0)

    #: Object storage, for copies of checkpoints and for files; without it there are none.
    s3_endpoint: str | None = None
    s3_bucket: str | None = None
    s3_region: str = "us-east-1"
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")
    #: Object storage as clients reach it, where that is another address.
    s3_public_endpoint: str | None = None
    #: Signs what the audit log came to; without it nothing is signed.
    audit_key_file: Path | None = None
    #: Public keys that signed it before, one a line: what they signed is still believed.
    audit_retired_keys_file: Path | None = None

    #: Payments, holds and offers of more, by asset, need a session that was strengthened lately.
    #: The gateway and the services that know amounts hold it: set it for all, `LOCALEX_...`.
    step_up_above: str = "LXC:10000.00,USD:10000.00,EUR:10000.00,USDC:10000.00,USDT:10000.00"

    internal_jwks_file: Path
    #: The keys that messages are sealed with; without it messages are not sealed.
    message_keys_file: Path | None = None
    otlp_endpoint: str | None = None
    clock_offset_file: Path | None = None
    failpoints: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _no_failpoints_in_production(self) -> Self:
        if self.failpoints and self.env != "dev":
            raise ValueError("LOCALEX_FAILPOINTS is for development only")
        return self

    @model_validator(mode="after")
    def _sealed_in_production(self) -> Self:
        if self.message_keys_file is None and self.env != "dev":
            raise ValueError("LOCALEX_MESSAGE_KEYS_FILE is needed outside development")
        return self

    def connections(self) -> dict[str, bool]:
        """What is connected to, by the setting to mend, and whether that is encrypted."""
        valkey = self.valkey_url.get_secret_value() if self.valkey_url else ""
        database = is_verified_database(self.database_url.get_secret_value())
        own = f"{self.service.upper()}_"
        return {
            f"{own}DATABASE_URL with sslmode=verify-full": database,
            "LOCALEX_KAFKA_TLS=true": self.kafka_tls or are_here(self.kafka_servers),
            f"{own}VALKEY_URL with rediss://": is_encrypted(valkey),
            "LOCALEX_S3_ENDPOINT with https://": is_encrypted(self.s3_endpoint or ""),
            "LOCALEX_OTLP_ENDPOINT with https://": is_encrypted(self.otlp_endpoint or ""),
            f"{own}HTTP_TLS_CERT_FILE": self.http_tls_cert_file is not None
            or stays_here(self.http_host),
        }

    @model_validator(mode="after")
    def _encrypted_in_production(self) -> Self:
        if self.env == "dev" or self.trusted_network:
            return self
        if plain := [name for name, safe in self.connections().items() if not safe]:
            raise ValueError(
                f"outside development connections are encrypted: set {'; '.join(plain)}; or "
                f"LOCALEX_TRUSTED_NETWORK=true where nobody can listen"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - replaced by the two below
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env files
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not used
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then `<SERVICE>_*`, then `LOCALEX_*`."""
        own = EnvSettingsSource(settings_cls, env_prefix=f"{cls.service.upper()}_")
        shared = EnvSettingsSource(settings_cls, env_prefix="LOCALEX_")
        return (init_settings, own, shared)
