"""The marketplace over a real database and a real object storage; work is done when a test says."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from obstore.store import S3Store
from pydantic import SecretStr

from chassis.clock import FixedClock
from chassis.health import Health
from chassis.resources import Resources
from chassis.tokens import Caller, public_jwks
from marketplace.images.collecting.remove_waste import remove_waste
from marketplace.images.work import render_images
from marketplace.main import service
from marketplace.settings import MarketplaceSettings
from services.marketplace.tests.conftest import KEY, TOMORROW, Member
from tests.stack.backend import Backend
from tests.stack.database import ScratchDatabase


@dataclass
class Studio:
    """The service with object storage, its clock, and what it keeps."""

    client: httpx2.AsyncClient
    resources: Resources
    clock: FixedClock
    store: S3Store

    def member(self, *roles: str) -> Member:
        """Someone new."""
        who = frozenset(roles or ("MEMBER",))
        return Member(Caller(uuid4(), who, "riverside"), self.client)

    async def upload(
        self, member: Member, data: bytes, *, key: str | None = None, **headers: str
    ) -> httpx2.Response:
        """Send an image as a body."""
        named = {"Content-Type": "", "Idempotency-Key": key or uuid4().hex, **headers}
        return await member.raw("/images", data, **named)

    async def kept(self, member: Member, data: bytes) -> dict[str, Any]:
        """An image that is taken in."""
        answer = await self.upload(member, data)
        assert answer.status_code == 201, answer.text
        content: dict[str, Any] = answer.json()
        return content

    async def ready(self, member: Member, data: bytes) -> dict[str, Any]:
        """An image with its renditions."""
        image = await self.kept(member, data)
        await self.render()
        return await self.seen(member, image["id"])

    async def seen(self, member: Member, image_id: str) -> dict[str, Any]:
        """An image as its owner sees it."""
        answer = await member.get(f"/images/{image_id}")
        content: dict[str, Any] = answer.json()
        return content

    async def render(self) -> None:
        """Let the worker process what waits."""
        await render_images(self.resources)

    async def clear(self) -> None:
        """Let the worker remove what nothing needs."""
        async with self.resources.database.transaction() as conn:
            await remove_waste(conn, self.resources.extra["image_bucket"])

    async def objects(self, prefix: str = "") -> list[str]:
        """What lies in the storage."""
        return sorted([str(one["path"]) async for page in self.store.list(prefix) for one in page])

    async def fetch(self, statement: str, *values: Any) -> Any:
        """One figure of the database."""
        return await self.resources.database.pool.fetchval(statement, *values)

    async def put(self, item_id: str, member: Member, *images: str, **headers: str) -> Any:
        """Arrange the images of an item."""
        named = {"Idempotency-Key": uuid4().hex, **headers}
        return await member.client.put(
            f"/v1/items/{item_id}/images",
            json={"images": images},
            headers=member.named(named),
        )

    async def delete(self, member: Member, image_id: str, key: str | None = None) -> Any:
        """Delete an image."""
        named = {"Idempotency-Key": key or uuid4().hex}
        return await member.client.delete(f"/v1/images/{image_id}", headers=member.named(named))

    async def said(self, image_id: str | UUID) -> list[tuple[str, dict[str, Any]]]:
        """What was said of an image or an item."""
        rows = await self.resources.database.pool.fetch(
            "SELECT headers, payload FROM outbox WHERE key = $1 ORDER BY id", str(image_id)
        )
        return [
            (row["headers"]["ce_type"].partition(".")[2], json.loads(row["payload"]))
            for row in rows
        ]

    def later(self, **by: float) -> None:
        """Move the clock."""
        self.clock.move(timedelta(**by))


def settings_of(
    scratch: ScratchDatabase, s3: Backend, jwks: Any, **more: Any
) -> MarketplaceSettings:
    """Settings of the service over these servers."""
    return MarketplaceSettings(
        database_url=SecretStr(scratch.url("marketplace")),
        kafka_servers="127.0.0.1:1",
        http_port=1,
        internal_jwks_file=jwks,
        s3_endpoint=s3.settings["LOCALEX_S3_ENDPOINT"],
        s3_bucket=s3.settings["LOCALEX_S3_BUCKET"],
        s3_access_key=s3.settings["LOCALEX_S3_ACCESS_KEY"],
        s3_secret_key=SecretStr(s3.settings["LOCALEX_S3_SECRET_KEY"]),
        image_max_bytes=1024 * 1024,
        **more,
    )


@pytest.fixture(scope="module")
async def studio(
    scratch_database: ScratchDatabase, s3: Backend, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Studio]:
    """The service; the module's tests share tables and bucket."""
    jwks = tmp_path_factory.mktemp("keys") / "jwks.json"
    jwks.write_text(json.dumps(public_jwks([KEY])))
    settings = settings_of(scratch_database, s3, jwks)
    async with service.open(settings) as opened, scratch_database.open("marketplace") as looking:
        clock = FixedClock(TOMORROW)
        health = Health("marketplace", opened.database, set())
        resources = Resources(settings, opened.database, clock, health, extra=opened.extra)
        transport = httpx2.ASGITransport(service.app(resources))
        store = S3Store(
            settings.s3_bucket or "",
            endpoint=settings.s3_endpoint,
            access_key_id=settings.s3_access_key,
            secret_access_key=settings.s3_secret_key.get_secret_value(),
            region="us-east-1",
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )
        async with httpx2.AsyncClient(transport=transport, base_url="http://market") as client:
            yield Studio(client, replace(resources, database=looking), clock, store)
