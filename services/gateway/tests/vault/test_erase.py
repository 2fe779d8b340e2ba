"""Keys are destroyed for good, bound to their person, and changed while everything serves."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from gateway.vault.keyring import Keyring, Keys, UnsafeKeys
from gateway.vault.queries import count_wrappings
from gateway.vault.rewrap import rewrap_keys
from services.gateway.tests.conftest import Gateway
from services.gateway.tests.vault.conftest import NOW, PHONE, UNLOCKED, erase, look, put
from tests.stack.database import ScratchDatabase


async def test_an_erased_vault_stays_erased(
    gateway: Gateway, operator: str, scratch_database: ScratchDatabase
) -> None:
    """Nothing is read or kept again, it is told once, and a repeat says when it was."""
    user, token = await gateway.person()
    await put(gateway, token, "phone", PHONE)
    _, first = await erase(gateway, token)
    _, again = await erase(gateway, token)
    assert again == first
    assert first["erased_at"]
    response, problem = await put(gateway, token, "phone", PHONE)
    assert (response.status, problem["type"]) == (409, "urn:localex:problem:vault-erased")
    response, _ = await look(gateway, operator, user, "phone")
    assert response.status == 409
    async with scratch_database.connect("gateway") as conn:
        said = await conn.fetchval(
            "SELECT count(*) FROM outbox WHERE topic = 'gateway.vault.v1' AND key = $1", user
        )
        assert said == 1
        assert await conn.fetchval(
            "SELECT wrapped IS NULL FROM vault_key WHERE user_id = $1", UUID(user)
        )
        with pytest.raises(asyncpg.CheckViolationError) as caught:
            await conn.execute(
                "UPDATE vault_key SET destroyed_at = NULL, wrapped = decode(repeat('00', 60), "
                "'hex'), wrapping_key = 'again', wrapped_at = now() WHERE user_id = $1",
                UUID(user),
            )
        assert caught.value.constraint_name == "vault_key_stays_destroyed"


async def test_whoever_kept_nothing_can_erase_it_too(gateway: Gateway) -> None:
    """And keeps nothing afterwards."""
    _, token = await gateway.person()
    response, _ = await erase(gateway, token)
    assert response.status == 200
    response, _ = await put(gateway, token, "phone", PHONE)
    assert response.status == 409


async def test_a_row_that_was_moved_to_another_person_is_not_read(
    gateway: Gateway, scratch_database: ScratchDatabase
) -> None:
    """Whoever can write the tables still cannot show one person's data to another."""
    ana, ana_token = await gateway.person()
    ben, ben_token = await gateway.person()
    await put(gateway, ana_token, "phone", PHONE)
    await put(gateway, ben_token, "phone", "+34699999999")
    async with scratch_database.connect("admin") as admin:
        await admin.execute(UNLOCKED)
        await admin.execute(
            "UPDATE vault_field AS b SET ciphertext = a.ciphertext FROM vault_field AS a "
            "WHERE a.user_id = $1 AND b.user_id = $2",
            UUID(ana),
            UUID(ben),
        )
    response, text = await gateway.send("GET", "/v1/me/vault/phone", token=ben_token)
    assert response.status == 500
    assert PHONE not in json.dumps(text)


def rotate(path: Path) -> Keys:
    """Add a key to the file, as `localex vault rotate` does."""
    keys = Keys.parse(path.read_text()).rotated(datetime.now(UTC))
    write(path, keys)
    return keys


def write(path: Path, keys: Keys) -> None:
    """Put a file of keys in place whole."""
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(keys.render())
    new.replace(path)


async def test_keys_rotate_while_everything_serves(gateway: Gateway) -> None:
    """Old and new are read all the time; wrapping anew goes on where it stopped."""
    people = [await gateway.person() for _ in range(5)]
    for _, token in people:
        await put(gateway, token, "phone", PHONE)
    path: Path = gateway.resources.settings.vault_keys_file
    keyring: Keyring = gateway.resources.extra["keyring"]
    old = keyring.keys().current
    keys = rotate(path)
    database = gateway.resources.database
    async with database.transaction() as conn:
        assert await rewrap_keys(conn, keyring, now=NOW, limit=2) == 2
    async with database.connection() as conn:
        counts = await count_wrappings(conn)
    assert counts[keys.current] == 2
    assert counts[old] > 0
    for _, token in people:
        _, read = await gateway.send("GET", "/v1/me/vault/phone", token=token)
        assert read["value"] == PHONE
    done = 1
    while done:
        async with database.transaction() as conn:
            done = await rewrap_keys(conn, keyring, now=NOW)
    async with database.connection() as conn:
        assert list(await count_wrappings(conn)) == [keys.current]
    write(path, keys.without(old))
    for _, token in people:
        response, kept = await put(gateway, token, "phone", PHONE)
        assert (response.status, kept["version"]) == (200, 2)
    with pytest.raises(UnsafeKeys):
        keyring.unwrap(old, bytes(60), "a")
