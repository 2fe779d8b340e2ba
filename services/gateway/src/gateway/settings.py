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
