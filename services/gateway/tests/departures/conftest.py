"""People who leave, and time that goes by."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from chassis.clock import FixedClock
from chassis.task_worker import do_task
from chassis.timers import TimerWorker
from gateway.departures.lifecycle import ERASURE
from gateway.departures.order import order_erasure
from gateway.departures.settle import SETTLE
from services.gateway.tests.conftest import settled

AGE_TASKS: Final = "UPDATE task SET due_at = due_at - $1::interval WHERE state = 'WAITING'"


@dataclass
class Person:
    """Somebody who is logged in.

    Attributes:
        gateway: The running gateway, whose services say that nothing is open.
        clock: Its clock, which stands still until it is moved.
        id: Theirs.
        email: Their log-in.
        token: Of their session.
    """

    gateway: Any
    clock: FixedClock
    id: UUID
    email: str
    token: str

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """A request of theirs; status and JSON."""
        response, found = await self.gateway.send(
            method,
            f"/v1{path}",
            json=body,
            token=self.token,
            headers={"Idempotency-Key": uuid4().hex},
        )
        return response.status, found

    async def leave(self) -> Any:
        """Leave."""
        status, departure = await self.ask("DELETE", "/me")
        assert status == 200, departure
        return departure

    async def log_in(self) -> tuple[int, Any]:
        """Log in again."""
        response, found = await self.gateway.log_in(self.email)
        return response.status, found

    async def stay(self) -> tuple[int, Any]:
        """Log in, and confirm."""
        _, asked = await self.log_in()
        return await self.ask("POST", "/sessions/stay", {"challenge": asked["challenge"]})

    async def later(self, **time: float) -> None:
        """Time goes by: timers fire, and what they ask for is done."""
        self.clock.move(timedelta(**time))
        resources = self.gateway.resources
        async with resources.database.connection() as conn:
            # Tasks go by the database's clock.
            await conn.execute(AGE_TASKS, timedelta(**time))
        timers = TimerWorker(resources.database, self.clock, {ERASURE: order_erasure})
        await timers.fire_due()
        while await do_task(resources, {ERASURE: SETTLE}):
            pass

    async def rows(self, statement: str) -> list[Any]:
        """Rows about them, who are `$1`."""
        async with self.gateway.resources.database.connection() as conn:
            return list(await conn.fetch(statement, self.id))

    async def told(self) -> list[str]:
        """Types of events of people that say something of them, in order."""
        async with self.gateway.resources.database.connection() as conn:
            rows = await conn.fetch(
                "SELECT headers ->> 'ce_type' AS type FROM outbox"
                " WHERE key = $1 AND topic IN ('gateway.users.v1', 'gateway.vault.v1') ORDER BY id",
                str(self.id),
            )
        return [row["type"].partition(".")[2] for row in rows]

    async def is_erased(self) -> bool:
        """Whether nothing is kept of them but an id."""
        (row,) = await self.rows("SELECT deleted_at, display_name FROM users WHERE id = $1")
        assert (row["deleted_at"] is None) == (row["display_name"] == "Ana")
        return row["deleted_at"] is not None


@pytest.fixture
async def person(gateway: Any, clock: FixedClock) -> Person:
    """Somebody new, with nothing open."""
    email = f"{uuid4().hex}@example.org"
    _, user = await gateway.register(email)
    _, session = await gateway.log_in(email)
    gateway.upstream.answer = settled
    return Person(gateway, clock, UUID(user["id"]), email, session["token"])


@pytest.fixture
def without_grace(gateway: Any) -> Iterator[None]:
    """A gateway that erases at once."""
    kept = gateway.resources.settings
    gateway.resources.settings = kept.model_copy(update={"leaving_grace_days": 0})
    yield
    gateway.resources.settings = kept
