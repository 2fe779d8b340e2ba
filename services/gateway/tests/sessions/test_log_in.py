"""Log-in: by e-mail or phone, upgraded hashes, and brakes by account and address."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import bcrypt
import pytest
from pydantic import SecretStr

from chassis.clock import FixedClock
from gateway.sessions.errors import TooManyAttempts, WrongCredentials
from gateway.sessions.lifecycle import ACCOUNT, ADDRESS
from gateway.sessions.log_in import log_in
from gateway.sessions.models import Credentials, Device
from gateway.users.passwords import Passwords
from services.gateway.tests.conftest import PASSWORD

WRONG = "wrong horse"


class Counted(Passwords):
    """The real hasher, and how often it was asked to verify."""

    def __init__(self) -> None:
        super().__init__()
        self.verified = 0

    async def verify(self, password: str, stored: str | None, bcrypt_cost: int = 0) -> bool:
        """Count, and verify."""
        self.verified += 1
        return await super().verify(password, stored, bcrypt_cost)


class Door:
    """Log-in as the route calls it, from any address."""

    def __init__(self, gateway: Any) -> None:
        self.gateway = gateway
        self.passwords = Counted()
        self.clock = FixedClock(gateway.resources.clock.now())

    async def knock(self, email: str, address: str, password: str = WRONG) -> str:
        """Try; what came of it."""
        try:
            await log_in(
                self.gateway.resources.database,
                self.passwords,
                self.gateway.resources.extra["ask_more"],
                Credentials(email=email, password=SecretStr(password)),
                device=Device(address, "test"),
                now=self.clock.now(),
            )
        except TooManyAttempts:
            return "wait"
        except WrongCredentials:
            return "wrong"
        return "in"

    async def fail(self, subject: str, times: int) -> None:
        """As if so many had failed just now."""
        async with self.gateway.resources.database.transaction() as conn:
            await conn.execute(
                "INSERT INTO login_attempt VALUES ($1, $2, $3)",
                hashlib.sha256(subject.encode()).digest(),
                times,
                self.clock.now(),
            )


@pytest.fixture
async def door(gateway: Any) -> AsyncIterator[Door]:
    """A door with a hasher that counts."""
    opened = Door(gateway)
    yield opened
    opened.passwords.close()


@pytest.fixture
async def email(gateway: Any) -> str:
    """Of somebody new."""
    address = f"{uuid4().hex}@example.org"
    await gateway.register(address)
    return address


async def test_a_verified_phone_logs_in(gateway: Any, email: str) -> None:
    """The number is an identity like the address, in whichever way it is written."""
    async with gateway.resources.database.transaction() as conn:
        await conn.execute(
            "INSERT INTO login_identity SELECT 'phone', '+31612345678', user_id, now(), now()"
            " FROM login_identity WHERE value_normalised = $1",
            email,
        )
    body = {"phone": "+31 6 1234 5678", "password": PASSWORD}
    response, session = await gateway.send("POST", "/v1/sessions", json=body)
    assert response.status == 201
    assert session["user"]["display_name"] == "Ana"


@pytest.mark.parametrize(
    "body",
    [{"password": "x"}, {"email": "a@example.org", "phone": "+31612345678", "password": "x"}],
)
async def test_one_identity_is_given(gateway: Any, body: dict[str, str]) -> None:
    """Neither none nor two."""
    response, _ = await gateway.send("POST", "/v1/sessions", json=body)
    assert response.status == 422


async def test_an_old_hash_is_upgraded_on_log_in(gateway: Any, email: str, door: Door) -> None:
    """A bcrypt hash becomes Argon2id with the first right password, and not with a wrong one."""
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    select = (
        "SELECT hash FROM user_password INNER JOIN login_identity USING (user_id)"
        " WHERE value_normalised = $1"
    )
    async with gateway.resources.database.connection() as conn:
        await conn.execute(
            "UPDATE user_password AS p SET hash = $2 FROM login_identity AS i"
            " WHERE i.user_id = p.user_id AND i.value_normalised = $1",
            email,
            old,
        )
        assert await door.knock(email, "10.0.0.1") == "wrong"
        assert await conn.fetchval(select, email) == old
        assert await door.knock(email, "10.0.0.1", PASSWORD) == "in"
        assert (await conn.fetchval(select, email)).startswith("$argon2id$")
    assert await door.knock(email, "10.0.0.1", PASSWORD) == "in"


async def test_the_same_work_is_done_for_nobody(email: str, door: Door) -> None:
    """Known or not, right or wrong: one password is hashed, and the counts are the same."""
    for who in (email, f"{uuid4().hex}@example.org"):
        before = door.passwords.verified
        assert await door.knock(who, "10.0.0.2") == "wrong"
        assert door.passwords.verified == before + 1


async def test_an_account_is_locked_for_all_addresses(email: str, door: Door) -> None:
    """Guesses from everywhere add up, and the right password is refused as well."""
    for who in (email, f"{uuid4().hex}@example.org"):
        await door.fail(f"account\x1femail\x1f{who}", ACCOUNT.free + 10)
        assert await door.knock(who, f"10.1.0.{len(who)}") == "wait"
    assert await door.knock(email, "10.1.0.9", PASSWORD) == "wait"
    door.clock.move(timedelta(seconds=ACCOUNT.wait_max_seconds))
    assert await door.knock(email, "10.1.0.10", PASSWORD) == "in"


async def test_a_lock_does_not_shut_out_its_owner(email: str, door: Door) -> None:
    """From an address where the person logged in lately the right password opens."""
    assert await door.knock(email, "10.2.0.1", PASSWORD) == "in"
    await door.fail(f"account\x1femail\x1f{email}", ACCOUNT.free + 10)
    assert await door.knock(email, "10.2.0.2", PASSWORD) == "wait"
    assert await door.knock(email, "10.2.0.1") == "wait"
    assert await door.knock(email, "10.2.0.1", PASSWORD) == "in"


async def test_an_address_waits_for_all_accounts(email: str, door: Door) -> None:
    """Who tries one password on many people has to wait; other addresses do not."""
    await door.fail("address\x1f10.3.0.1", ADDRESS.free + 10)
    before = door.passwords.verified
    assert await door.knock(email, "10.3.0.1", PASSWORD) == "wait"
    assert door.passwords.verified == before
    assert await door.knock(email, "10.3.0.2", PASSWORD) == "in"


async def test_failures_are_counted_for_account_and_address(email: str, door: Door) -> None:
    """Each by itself, and successes are not."""
    await asyncio.gather(*(door.knock(email, f"10.4.0.{at % 2}") for at in range(6)))
    await door.knock(email, "10.4.0.0", PASSWORD)
    async with door.gateway.resources.database.connection() as conn:
        counts = [
            await conn.fetchval(
                "SELECT attempts FROM login_attempt WHERE subject = $1",
                hashlib.sha256(subject.encode()).digest(),
            )
            for subject in (f"account\x1femail\x1f{email}", "address\x1f10.4.0.0")
        ]
    assert counts == [6, 3]
