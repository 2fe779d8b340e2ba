"""Secrets lie wrapped by a key that is not in the database, those of before too."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.clock import FixedClock
from gateway.vault.keyring import Keys
from gateway.webhooks.lifecycle import is_signed, signed_headers
from gateway.webhooks.prune import KEPT, prune_deliveries
from gateway.webhooks.receive import receive_webhook
from gateway.webhooks.work import work_on_secrets
from services.gateway.tests.live.test_live import opened
from services.gateway.tests.webhooks.test_webhooks import (
    SECRET,
    add,
    deliveries,
    neighbours,
    secrets_of,
    tell,
)
from tests.stack.database import ScratchDatabase

__all__ = ["neighbours"]

SELECT_STORED = "SELECT * FROM gateway.webhook_secret WHERE endpoint_id = $1"
#: As it was written before secrets were sealed.
PLANT = """
UPDATE gateway.webhook_secret SET secret = $2, wrapping_key = NULL, wrapped = NULL
WHERE endpoint_id = $1
"""
INSERT_PLAIN = """
INSERT INTO gateway.webhook_secret (endpoint_id, secret, created_at) VALUES ($1, $2, now())
"""
UPDATE = "UPDATE gateway.webhook_secret SET"
OF = "WHERE endpoint_id = $1 AND $2 <> ''"
DELETE = "DELETE FROM gateway.webhook_secret WHERE endpoint_id = $1"


async def stored(scratch: ScratchDatabase, endpoint: Any) -> Any:
    """The one secret of an endpoint, as the database has it."""
    async with scratch.connect("admin") as conn:
        [row] = await conn.fetch(SELECT_STORED, UUID(endpoint["id"]))
    return row


async def plant(scratch: ScratchDatabase, endpoint: Any, secret: str) -> None:
    """Put a secret there in the clear, behind the back of the guard."""
    async with scratch.connect("admin") as conn, conn.transaction():
        await conn.execute("SET LOCAL session_replication_role = replica")
        await conn.execute(PLANT, UUID(endpoint["id"]), secret)


async def test_a_secret_is_stored_wrapped(
    neighbours: Any, scratch_database: ScratchDatabase
) -> None:
    """Its owner reads it; who reads the table has neither the text nor the key in it."""
    _, token = await neighbours.person()
    endpoint = await add(neighbours, token)
    [secret] = await secrets_of(neighbours, token, endpoint)
    row = await stored(scratch_database, endpoint)
    assert (row["secret"], len(row["wrapped"])) == (None, 60)
    assert secret.removeprefix("whsec_") not in str(dict(row))
    assert row["wrapping_key"] == neighbours.resources.extra["keyring"].keys().current


async def test_a_secret_of_before_is_sealed_and_signs_as_it_did(
    neighbours: Any, scratch_database: ScratchDatabase
) -> None:
    """The program that knows it notices nothing, before and after."""
    user_id, token = await neighbours.person()
    endpoint = await add(neighbours, token)
    await plant(scratch_database, endpoint, SECRET)
    for sealed in (False, True):
        if sealed:
            await work_on_secrets(neighbours.resources)
            assert (await stored(scratch_database, endpoint))["secret"] is None
        assert await secrets_of(neighbours, token, endpoint) == [SECRET]
        neighbours.upstream.seen.clear()
        await tell(neighbours, opened(UUID(user_id)))
        told = neighbours.upstream.seen[0]["headers"]
        assert told["webhook-signature"].startswith("v1,")
    states = {log["state"] for log in await deliveries(neighbours, token, endpoint)}
    assert states == {"delivered"}


async def test_secrets_follow_the_keys_of_the_vault(
    neighbours: Any, scratch_database: ScratchDatabase
) -> None:
    """After a rotation the job wraps them anew; then the old key is not needed."""
    _, token = await neighbours.person()
    endpoint = await add(neighbours, token)
    before = await secrets_of(neighbours, token, endpoint)
    path = neighbours.resources.settings.vault_keys_file
    keyring = neighbours.resources.extra["keyring"]
    old = keyring.keys()
    new = old.rotated(datetime.now(UTC))
    path.write_text(new.render())
    await work_on_secrets(neighbours.resources)
    assert (await stored(scratch_database, endpoint))["wrapping_key"] == new.current
    path.write_text(
        Keys(new.current, {new.current: new.keys[new.current]}, new.fingerprint).render()
    )
    assert await secrets_of(neighbours, token, endpoint) == before
    path.write_text(new.render())


async def test_a_secret_that_was_moved_signs_nothing(
    neighbours: Any, scratch_database: ScratchDatabase
) -> None:
    """Who writes the table cannot have an endpoint sign with a secret that they know."""
    user_id, token = await neighbours.person()
    mine = await add(neighbours, token)
    theirs = await add(neighbours, (await neighbours.person())[1])
    row = await stored(scratch_database, theirs)
    async with scratch_database.connect("admin") as conn:
        await conn.execute(
            "UPDATE gateway.webhook_secret SET wrapped = $2 WHERE endpoint_id = $1",
            UUID(mine["id"]),
            row["wrapped"],
        )
    neighbours.upstream.seen.clear()
    await tell(neighbours, opened(UUID(user_id)))
    assert neighbours.upstream.seen == []
    [log] = await deliveries(neighbours, token, mine)
    assert (log["state"], "cannot be read" in log["error"]) == ("pending", True)
    async with scratch_database.connect("admin") as conn:
        await conn.execute(
            "DELETE FROM gateway.webhook_secret WHERE endpoint_id = $1", UUID(mine["id"])
        )


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (INSERT_PLAIN, "webhook_secret_sealed"),
        (PLANT, "webhook_secret_sealed"),
        (f"{UPDATE} id = gen_random_uuid() {OF}", "webhook_secret_stays"),
        (f"{UPDATE} wrapping_key = NULL {OF}", "webhook_secret_sealed_whole"),
        (f"{UPDATE} wrapped = 'short' {OF}", "webhook_secret_wrapped_length"),
        (f"{UPDATE} wrapping_key = 'A key' {OF}", "webhook_secret_wrapping_key_form"),
    ],
)
async def test_the_database_keeps_secrets_sealed(
    neighbours: Any, scratch_database: ScratchDatabase, statement: str, rule: str
) -> None:
    """Whoever writes: none in the clear, none elsewhere, none by halves."""
    endpoint = await add(neighbours, (await neighbours.person())[1])
    async with scratch_database.connect("admin") as conn:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await conn.execute(statement, UUID(endpoint["id"]), SECRET)
    assert refused.value.constraint_name == rule


async def test_the_gateway_may_not_even_try(
    neighbours: Any, scratch_database: ScratchDatabase
) -> None:
    """Its role has no right to write the column of secrets in the clear."""
    endpoint = await add(neighbours, (await neighbours.person())[1])
    async with scratch_database.connect("gateway") as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute(INSERT_PLAIN, UUID(endpoint["id"]), SECRET)


async def test_what_came_in_is_forgotten_after_its_time(gateway: Any) -> None:
    """Thirty days; a repeat is not believed by then."""
    clock = FixedClock(gateway.resources.clock.now())
    names = [uuid4().hex for _ in range(2)]
    times = (clock.now() - KEPT - timedelta(seconds=1), clock.now() - KEPT + timedelta(minutes=1))
    for name, at in zip(names, times, strict=True):
        async with gateway.resources.database.transaction() as conn:
            await receive_webhook(
                conn,
                "bank",
                b"{}",
                headers=signed_headers([SECRET], name, at, b"{}"),
                secrets={"bank": [SECRET]},
                now=at,
            )
    await prune_deliveries(gateway.resources)
    async with gateway.resources.database.connection() as conn:
        left = await conn.fetch("SELECT id FROM webhook_received WHERE id = ANY($1)", names)
    assert [row["id"] for row in left] == names[1:]
    stale = signed_headers([SECRET], names[0], times[0], b"{}")
    assert not is_signed(
        [SECRET],
        names[0],
        stale["webhook-timestamp"],
        stale["webhook-signature"],
        b"{}",
        clock.now(),
    )
