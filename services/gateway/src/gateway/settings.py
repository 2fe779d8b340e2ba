"""What the gateway needs to know besides what every service does."""

import re
from pathlib import Path
from typing import ClassVar, Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from chassis.settings import ServiceSettings

_ADDRESS: Final = re.compile(r"https?://[^/?#@\s]+/?")


class GatewaySettings(ServiceSettings):
    """Settings of the gateway, from `GATEWAY_*`.

    An upstream is one or several base addresses, separated by commas: replicas of one service.
    """

    service: ClassVar[str] = "gateway"

    #: Of the gateway's own routes; forwarded routes have theirs in `proxy.routes`.
    body_max_bytes: int = Field(default=64 * 1024, ge=1024)

    #: What is forwarded is the services' to refuse, and a log-in says nothing.
    outbox_age_max_seconds: float = Field(default=0, ge=0)

    signing_key_file: Path
    #: Keys that wrap the keys of people's vaults; without it, in development only, nothing is kept.
    vault_keys_file: Path | None = None
    upstream_ledger: str = ""
    upstream_marketplace: str = ""
    upstream_search: str = ""
    #: Transfers of more than this, by asset, need a session that was strengthened lately.
    step_up_above: str = "LXC:10000.00,USD:10000.00,EUR:10000.00,USDC:10000.00,USDT:10000.00"
    #: Keys that seal TOTP secrets, the newest first, with commas; without, the signing key does.
    totp_key_files: str = ""
    #: Who we are to passkeys, and where their pages are: changing it makes passkeys worthless.
    passkey_party: str = Field(default="localhost", pattern=r"^[a-z0-9.-]+$")
    passkey_origins: str = "http://localhost:8080"
    #: Where e-mail goes out: smtps://user:password@host:465 or smtp://host:587?starttls=1.
    smtp_url: SecretStr | None = None
    mail_from: str = "LocalEx <nobody@localex.test>"
    #: Takes what would be sent, for development only: there are codes in it.
    messages_file: Path | None = None
    #: Asked with five digits of a SHA-1 whether others have lost a new password; nobody if empty.
    breached_passwords_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+/$")
    bootstrap_operator_email: str | None = None
    bootstrap_operator_password: SecretStr | None = None

    @model_validator(mode="after")
    def _vault_has_keys(self) -> Self:
        if self.vault_keys_file is None and self.env != "dev":
            raise ValueError("GATEWAY_VAULT_KEYS_FILE is needed outside development")
        return self

    @field_validator("upstream_ledger", "upstream_marketplace", "upstream_search")
    @classmethod
    def _addresses(cls, value: str) -> str:
        if not all(_ADDRESS.fullmatch(part.strip()) for part in filter(None, value.split(","))):
            raise ValueError("an upstream is http(s)://host:port, several with commas")
        return value

    @model_validator(mode="after")
    def _nothing_for_development_outside(self) -> Self:
        if self.messages_file is not None and self.env != "dev":
            raise ValueError("GATEWAY_MESSAGES_FILE is for development only")
        return self

    def key_files(self) -> list[Path]:
        """The files of the keys that seal TOTP secrets."""
        return [Path(part.strip()) for part in self.totp_key_files.split(",") if part.strip()]

    def origins(self) -> tuple[str, ...]:
        """Where pages that use passkeys are."""
        return tuple(part.strip() for part in self.passkey_origins.split(",") if part.strip())

    def upstreams(self) -> dict[str, tuple[str, ...]]:
        """Addresses by service, without a slash at the end."""
        listed = {
            "ledger": self.upstream_ledger,
            "marketplace": self.upstream_marketplace,
            "search": self.upstream_search,
        }
        return {
            service: tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
            for service, text in listed.items()
        }
