"""People with verified addresses, events told to them, and what the sink holds."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.clock import FixedClock
from chassis.consumer import Consumer
from contracts.messages import Message
from gateway.notifications.consumers import subscribe_notifications
from gateway.notifications.gather import gather_digests
from gateway.notifications.mails.send import send_mails
from services.gateway.tests.live.test_live import records


@dataclass
class Person:
    """Somebody new, logged in.

    Attributes:
        gateway: The running gateway.
        id: Theirs.
        email: Where they are written to.
        token: Of their session.
    """

    gateway: Any
    id: UUID
    email: str
    token: str

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A request of theirs; status, headers and JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response, found = await self.gateway.send(
            method,
            f"/v1{path}",
            token=self.token,
            json=body,
            headers={"Idempotency-Key": uuid4().hex, **named},
        )
        return response, found

    async def list(self, query: str = "") -> Any:
        """Their notifications."""
        return (await self.ask("GET", f"/notifications{query}"))[1]

    async def choose(self, *, hour: int = 8, weekday: int = 1, **kinds: str) -> Any:
        """Hear of these kinds by e-mail like this."""
        wish = {kind: {"in_app": True, "email": email} for kind, email in kinds.items()}
        body = {"digest_hour": hour, "digest_weekday": weekday, "kinds": wish}
        response, found = await self.ask("PUT", "/me/notification-preferences", body, If_Match="*")
        assert response.status == 200, found
        return found


@dataclass
class Town:
    """A gateway whose clock stands still, and what happens there."""

    gateway: Any
    clock: FixedClock

    async def person(self, *, verified: bool = True) -> Person:
        """Somebody new."""
        email = f"{uuid4().hex}@example.org"
        _, user = await self.gateway.register(email)
        _, session = await self.gateway.log_in(email)
        found = Person(self.gateway, UUID(user["id"]), email, session["token"])
        if verified:
            async with self.gateway.resources.database.connection() as conn:
                await conn.execute(
                    "UPDATE login_identity SET verified_at = now() WHERE user_id = $1", found.id
                )
        return found

    async def hear(
        self, *messages: Message, again: bool = False, at: datetime | None = None
    ) -> None:
        """Hear events as from Kafka, of now unless it is said when; twice if wanted."""
        resources = self.gateway.resources
        heard = subscribe_notifications(resources.extra["hub"], self.clock)
        consumer = Consumer(heard, resources.database)
        told = records(messages, at)
        await consumer.handle(told)
        if again:
            await consumer.handle(told)

    async def post(self) -> None:
        """Gather digests and send what is due."""
        await gather_digests(self.gateway.resources)
        await send_mails(self.gateway.resources)

    async def later(self, **by: float) -> None:
        """Some time goes by, and the post goes out."""
        self.clock.move(timedelta(**by))
        await self.post()

    def mails(self, to: str) -> list[Any]:
        """What has arrived at an address."""
        path = self.gateway.resources.settings.messages_file
        lines = path.read_text().splitlines() if path.exists() else []
        return [one for one in map(json.loads, lines) if one["to"] == to]

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        """Rows of the database."""
        async with self.gateway.resources.database.connection() as conn:
            return [dict(row) for row in await conn.fetch(statement, *values)]


@pytest.fixture
async def town(gateway: Any) -> AsyncIterator[Town]:
    """The gateway with a clock of the test's own; no mails of others are under way."""
    kept = gateway.resources.clock
    gateway.resources.clock = FixedClock(kept.now())
    yield Town(gateway, gateway.resources.clock)
    async with gateway.resources.database.transaction() as conn:
        await conn.execute(
            "UPDATE notification_mail SET state = 'dropped', done_at = now()"
            " WHERE state = 'pending'"
        )
        await conn.execute("UPDATE notification_box SET digest_waits = false")
    gateway.resources.clock = kept
