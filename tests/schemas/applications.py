"""Each service over real servers, as the tests of schemas call it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from pydantic import SecretStr

from chassis.access import ALL_ROLES
from chassis.service import Resources, Service
from chassis.tokens import Caller, mint, new_signing_key, public_jwks
from contracts.ledger import AccountType
from gateway.communities.open_home import open_home
from gateway.main import service as gateway
from gateway.settings import GatewaySettings
from gateway.users.bootstrap import bootstrap_operator
from gateway.vault.keyring import Keys
from ledger.accounts.models import Account
from ledger.accounts.open import open_accounts
from ledger.main import service as ledger
from ledger.settings import LedgerSettings
from marketplace.main import service as marketplace
from marketplace.settings import MarketplaceSettings
from search.main import service as search
from search.settings import Settings as SearchSettings

KEY: Final = new_signing_key()
#: Who asks: may call everything, so that nothing hides behind a 403.
WHO: Final = Caller(UUID(int=7), frozenset(ALL_ROLES), "riverside")


def token_for(service: str) -> str:
    """A token that the gateway would mint, good for as long as one may be."""
    return mint(KEY, WHO, service)


def _common(folder: Path, database_url: str) -> dict[str, Any]:
    jwks = folder / f"{uuid4().hex}.json"
    jwks.write_text(json.dumps(public_jwks([KEY])))
    return {
        "database_url": SecretStr(database_url),
        "kafka_servers": "127.0.0.1:1",
        "http_port": 1,
        "internal_jwks_file": jwks,
    }


OPERATOR: Final = {"email": "operator@localex.test", "password": "operator's own password"}


@asynccontextmanager
async def gateway_over(folder: Path, database_url: str) -> AsyncIterator[Any]:
    """The gateway with an operator, nothing to forward to, and limits that nobody meets."""
    common = _common(folder, database_url)
    signing, vault = folder / "signing.json", folder / "vault.json"
    signing.write_text(json.dumps(KEY.as_dict(private=True)))
    vault.touch(mode=0o600)
    vault.write_text(Keys.new(datetime.now(UTC)).render())
    limits: dict[str, Any] = dict.fromkeys(
        ("rate_address_burst", "rate_user_burst", "rate_operator_burst"), 1_000_000
    )
    settings = GatewaySettings(
        **common,
        **limits,
        signing_key_file=signing,
        vault_keys_file=vault,
        messages_file=folder / "messages.jsonl",
        bootstrap_operator_email=OPERATOR["email"],
        bootstrap_operator_password=SecretStr(OPERATOR["password"]),
    )
    async with gateway.open(settings) as resources:
        resources.health.state = "ready"
        await open_home(resources)
        await bootstrap_operator(resources)
        yield gateway.asgi(resources)


@asynccontextmanager
async def opened(
    service: Service,
    settings: Any,
    prepare: Callable[[Resources], Awaitable[None]] | None = None,
) -> AsyncIterator[Any]:
    """What the service's HTTP server runs."""
    async with service.open(settings) as resources:
        if prepare:
            await prepare(resources)
        resources.health.state = "ready"
        yield service.asgi(resources)


#: Accounts at the ledger, named as in its examples: of who asks, and of somebody else.
ACCOUNTS: Final[dict[UUID, tuple[UUID, AccountType]]] = {
    UUID("01936d00-0000-7000-8000-00000000000a"): (WHO.user_id, "MAIN"),
    UUID("01936d00-0000-7000-8000-00000000000b"): (UUID(int=8), "MAIN"),
}


async def _open_accounts(resources: Resources) -> None:
    async with resources.database.transaction() as conn:
        wanted = [
            Account(account, owner, kind, "LXC", WHO.community)
            for account, (owner, kind) in ACCOUNTS.items()
        ]
        await open_accounts(conn, wanted, now=resources.clock.now())


def ledger_over(folder: Path, database_url: str) -> Any:
    """The ledger, with accounts."""
    settings = LedgerSettings(**_common(folder, database_url))
    return opened(ledger, settings, _open_accounts)


def marketplace_over(folder: Path, database_url: str, storage: Mapping[str, str]) -> Any:
    """The marketplace with storage for images."""
    known: dict[str, Any] = {
        f"s3_{name}": storage[f"LOCALEX_S3_{name.upper()}"]
        for name in ("endpoint", "bucket", "access_key", "secret_key")
    }
    return opened(marketplace, MarketplaceSettings(**_common(folder, database_url), **known))


def search_over(folder: Path, database_url: str, opensearch_url: str) -> Any:
    """The search service with its engine."""
    common = _common(folder, database_url)
    return opened(search, SearchSettings(**common, opensearch_url=opensearch_url))
