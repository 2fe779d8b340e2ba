"""The ledger over a real Postgres, in this process."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import orjson
import pytest
from pydantic import SecretStr

from chassis.clock import FixedClock
from chassis.database import Database, prepare_connection
from chassis.files import Files
from chassis.health import Health
from chassis.resources import Resources
from chassis.tokens import Caller, mint, new_signing_key, public_jwks
from ledger.accounts.known import KnownAccounts
from ledger.accounts.read_together import BalanceReader
from ledger.fees.known_accounts import KnownFeeAccounts
from ledger.fees.price_list import PriceList
from ledger.journal.collect import open_journal
from ledger.main import service
from ledger.settings import LedgerSettings
from ledger.transfers.prepare import Known
from services.ledger.tests.books import COMMUNITY, NOW, Books
from tests.stack.database import ScratchDatabase


@pytest.fixture
async def books(scratch_database: ScratchDatabase) -> AsyncIterator[Books]:
    """Books as the role `ledger`; what earlier tests of the module wrote is still there."""
    async with asyncpg.create_pool(
        scratch_database.url("ledger"), min_size=1, max_size=20, init=prepare_connection
    ) as pool:
        yield Books(scratch_database, Database(pool), FixedClock(NOW))


@pytest.fixture
async def own_books(postgres: Any) -> AsyncIterator[Books]:
    """Books that nobody has written in."""
    async with (
        postgres.scratch() as scratch,
        asyncpg.create_pool(
            scratch.url("ledger"), min_size=1, max_size=20, init=prepare_connection
        ) as pool,
    ):
        yield Books(scratch, Database(pool), FixedClock(NOW))


@dataclass(frozen=True, slots=True)
class Api:
    """The ledger's HTTP API, called as whoever the gateway would say."""

    client: httpx2.AsyncClient
    token: Callable[..., str]
    #: As if the process had read the price lists some seconds ago.
    forget_prices: Callable[[], None]
    resources: Resources

    async def get(self, path: str, caller: UUID, role: str = "MEMBER") -> httpx2.Response:
        """Read something."""
        return await self.client.get(path, headers=self._headers(caller, role))

    async def post(
        self,
        path: str,
        caller: UUID,
        body: object,
        *,
        role: str = "MEMBER",
        key: str | None = None,
        if_match: str | None = None,
    ) -> httpx2.Response:
        """Write something; bytes go as they are. Without a key, a new one."""
        headers = self._headers(caller, role) | {"idempotency-key": key or uuid4().hex}
        headers |= {"if-match": if_match} if if_match else {}
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        headers["content-type"] = "application/json"
        return await self.client.post(path, content=content, headers=headers)

    async def patch(
        self,
        path: str,
        caller: UUID,
        body: object,
        *,
        role: str = "MEMBER",
        key: str | None = None,
        if_match: str | None = None,
    ) -> httpx2.Response:
        """Change something; without a key, a new one."""
        headers = self._headers(caller, role) | {"idempotency-key": key or uuid4().hex}
        headers |= {"if-match": if_match} if if_match else {}
        return await self.client.patch(path, json=body, headers=headers)

    async def delete(self, path: str, caller: UUID, role: str = "MEMBER") -> httpx2.Response:
        """Take something away."""
        return await self.client.delete(path, headers=self._headers(caller, role))

    def _headers(self, caller: UUID, role: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token(caller, role)}"}


@asynccontextmanager
async def open_api(
    books: Books, folder: Path, storage: Mapping[str, str] | None = None
) -> AsyncIterator[Api]:
    """The API over some books, and over object storage where its settings are given."""
    key = new_signing_key()
    (folder / "jwks.json").write_bytes(orjson.dumps(public_jwks([key])))
    kept = storage or {}
    settings = LedgerSettings(
        database_url=SecretStr(books.scratch.url("ledger")),
        kafka_servers="127.0.0.1:1",
        http_port=1,
        internal_jwks_file=folder / "jwks.json",
        s3_endpoint=kept.get("LOCALEX_S3_ENDPOINT"),
        s3_bucket=kept.get("LOCALEX_S3_BUCKET"),
        s3_access_key=kept.get("LOCALEX_S3_ACCESS_KEY", ""),
        s3_secret_key=SecretStr(kept.get("LOCALEX_S3_SECRET_KEY", "")),
    )
    health = Health("ledger", books.database, set())
    async with open_journal(books.database, books.clock) as journal:
        resources = Resources(
            settings,
            books.database,
            books.clock,
            health,
            extra={
                "journal": journal,
                "balances": BalanceReader(books.database),
                "files": Files.open(settings),
            },
        )

        def forget_prices() -> None:
            prices = PriceList(books.clock, settings.fee_bps)
            known = Known(books.database, KnownAccounts(), KnownFeeAccounts(), prices)
            resources.extra |= {"prices": prices, "known": known}

        forget_prices()
        transport = httpx2.ASGITransport(service.asgi(resources))
        async with httpx2.AsyncClient(transport=transport, base_url="http://ledger") as client:
            yield Api(
                client,
                lambda caller, role, community=COMMUNITY: mint(
                    key, Caller(caller, frozenset({role}), community), "ledger"
                ),
                forget_prices,
                resources,
            )


@pytest.fixture
async def api(books: Books, tmp_path: Path) -> AsyncIterator[Api]:
    """The API over the books."""
    async with open_api(books, tmp_path) as opened:
        yield opened


@pytest.fixture
async def own_api(own_books: Books, tmp_path: Path) -> AsyncIterator[Api]:
    """The API over books that nobody has written in."""
    async with open_api(own_books, tmp_path) as opened:
        yield opened
