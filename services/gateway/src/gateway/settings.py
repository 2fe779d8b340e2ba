"""What the gateway needs to know besides what every service does."""

import re
from pathlib import Path
from typing import ClassVar, Final, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from chassis.settings import ServiceSettings
from chassis.tls import is_encrypted, why_not_believed
from gateway.client_address import ProxyHeader, read_networks

_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?")
_ADDRESS: Final = re.compile(r"https?://[^/?#@\s]+/?")


class GatewaySettings(ServiceSettings):
    """Settings of the gateway, from `GATEWAY_*`.

    An upstream is one or several base addresses, separated by commas: replicas of one service.
    """

    service: ClassVar[str] = "gateway"

    #: Of the gateway's own routes; forwarded routes have theirs in `proxy.routes`.
    body_max_bytes: int = Field(default=64 * 1024, ge=1024)

    #: Clients, and streams of events, that are not read: about 0.5 kB/s, seen every half minute.
    read_seconds: float = Field(default=30.0, ge=1, le=3600)
    read_bytes_min: int = Field(default=16 * 1024, ge=1, le=1024 * 1024)

    #: What is forwarded is the services' to refuse, and a log-in says nothing.
    outbox_age_max_seconds: float = Field(default=0, ge=0)

    #: Rate limits: cells that come back each second, and cells of a full bucket. A read costs 1.
    rate_address_per_second: float = Field(default=500, gt=0)
    rate_address_burst: int = Field(default=5_000, ge=1)
    rate_user_per_second: float = Field(default=200, gt=0)
    rate_user_burst: int = Field(default=4_000, ge=1)
    rate_key_per_second: float = Field(default=150, gt=0)
    rate_key_burst: int = Field(default=3_000, ge=1)
    #: Operators import and reconcile: a class of its own.
    rate_operator_per_second: float = Field(default=2_000, gt=0)
    rate_operator_burst: int = Field(default=40_000, ge=1)

    #: Origins of pages elsewhere that may call, separated by commas; none by default.
    cors_origins: str = ""
    #: Whether something before the gateway ends TLS; else it takes a certificate itself.
    behind_tls: bool = False
    #: Whether clients know whom to believe besides: a certificate need not be a public one then.
    private_certificate: bool = False
    #: Networks of proxies of one's own, with commas: they are believed who the client is.
    trusted_proxies: str = ""
    #: The header in which they say so; the other one may be the client's own.
    proxy_header: ProxyHeader = "x-forwarded-for"

    #: Who may send webhooks to us: secrets by name, as JSON.
    webhook_sources: dict[str, list[str]] = Field(default_factory=dict)
    #: Whether webhooks may go to addresses of one's own network: in development only.
    webhook_private: bool = False

    signing_key_file: Path
    #: Keys that wrap the keys of people's vaults; without it, in development only, nothing is kept.
    vault_keys_file: Path | None = None
    upstream_ledger: str = ""
    upstream_marketplace: str = ""
    upstream_search: str = ""
    #: Whether operators and administrators need a second factor: always outside development.
    operators_need_second_factor: bool | None = None
    #: Keys that seal TOTP secrets, the newest first, with commas; without, in development only, the
    #: signing key does, and changing that one loses them.
    totp_key_files: str = ""
    #: How long who leaves may think again before all that is kept of them is erased; 0: not at all.
    leaving_grace_days: int = Field(default=30, ge=0, le=365)
    #: Who we are to passkeys, and where their pages are: changing it makes passkeys worthless.
    passkey_party: str = Field(default="localhost", pattern=r"^[a-z0-9.-]+$")
    passkey_origins: str = "http://localhost:8080"
    #: Where e-mail goes out: smtps://user:password@host:465 or smtp://host:587?starttls=1.
    smtp_url: SecretStr | None = None
    #: Where people reach the gateway: links in mails lead there.
    public_url: str = Field(default="http://localhost:8080", pattern=r"^https?://[^\s?#<>@]+$")
    mail_from: str = "LocalEx <nobody@localex.test>"
    #: Takes what would be sent, for development only: there are codes in it.
    messages_file: Path | None = None
    #: Asked with five digits of a SHA-1 whether others have lost a new password; nobody if empty.
    breached_passwords_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+/$")
    #: Opened by itself; who names no community joins it, and the first operator is of it.
    home_community: str = Field(default="riverside", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
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

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        read_networks(value)
        return value

    def key_files(self) -> list[Path]:
        """The files of the keys that seal TOTP secrets."""
        return [Path(part.strip()) for part in self.totp_key_files.split(",") if part.strip()]

    def origins(self) -> tuple[str, ...]:
        """Where pages that use passkeys are."""
        return tuple(part.strip() for part in self.passkey_origins.split(",") if part.strip())

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        if not all(_ORIGIN.fullmatch(part.strip()) for part in filter(None, value.split(","))):
            raise ValueError("an origin is http(s)://host[:port], several with commas; no *")
        return value

    @model_validator(mode="after")
    def _safe_outside_dev(self) -> Self:
        """A gateway that is open to the world does not start half closed."""
        if self.env == "dev":
            return self
        doubt = self._unbelieved()
        missing = [
            (self.valkey_url is None, "GATEWAY_VALKEY_URL: limits and revocations are shared"),
            (
                not self.over_tls(),
                "GATEWAY_HTTP_TLS_CERT_FILE, or GATEWAY_BEHIND_TLS=true where a proxy ends TLS",
            ),
            (
                doubt is not None,
                f"another GATEWAY_HTTP_TLS_CERT_FILE or GATEWAY_PRIVATE_CERTIFICATE=true: {doubt}",
            ),
            (
                any(origin.startswith("http://") for origin in self.pages()),
                "GATEWAY_CORS_ORIGINS with https:// only",
            ),
            (
                self.smtp_url is not None and not self.public_url.startswith("https://"),
                "GATEWAY_PUBLIC_URL with https:// where mails go out: there are links in them",
            ),
            (
                self.operators_need_second_factor is False,
                "GATEWAY_OPERATORS_NEED_SECOND_FACTOR=true, or without a value",
            ),
            (
                not self.key_files(),
                "GATEWAY_TOTP_KEY_FILES: made of the signing key, TOTP secrets would go with it",
            ),
            (self.webhook_private, "GATEWAY_WEBHOOK_PRIVATE=false: others name what is called"),
            (not any(self.upstreams().values()), "GATEWAY_UPSTREAM_LEDGER and the others"),
        ]
        wanted = [text for wrong, text in missing if wrong]
        if wanted:
            raise ValueError("outside development a gateway needs " + "; ".join(wanted))
        return self

    def _unbelieved(self) -> str | None:
        """Why the public would not believe the certificate, if there is one and it matters."""
        if self.http_tls_cert_file is None or self.private_certificate:
            return None
        host = urlsplit(self.public_url).hostname or ""
        return why_not_believed(self.http_tls_cert_file, self.http_tls_key_file, host)

    def connections(self) -> dict[str, bool]:
        """Besides everybody's: services and mail. How clients come in has a rule of its own."""
        smtp = self.smtp_url.get_secret_value() if self.smtp_url else ""
        found = super().connections()
        del found["GATEWAY_HTTP_TLS_CERT_FILE"]
        for service, addresses in self.upstreams().items():
            name = f"GATEWAY_UPSTREAM_{service.upper()} with https://"
            found[name] = all(is_encrypted(one) for one in addresses)
        found["GATEWAY_SMTP_URL with smtps:// or starttls=1"] = (
            is_encrypted(smtp) or "starttls=1" in smtp
        )
        return found

    def pages(self) -> frozenset[str]:
        """Origins of pages elsewhere that may call."""
        return frozenset(part.strip() for part in self.cors_origins.split(",") if part.strip())

    def factor_for_power(self) -> bool:
        """Whether operators and administrators need a second factor."""
        said = self.operators_need_second_factor
        return self.env != "dev" if said is None else said

    def over_tls(self) -> bool:
        """Whether clients reach the gateway over TLS."""
        return self.behind_tls or self.http_tls_cert_file is not None

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
