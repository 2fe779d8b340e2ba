"""Passwords: slow, bounded, and as slow for nobody as for somebody."""

import asyncio
import statistics
import time
from collections.abc import Iterator

import bcrypt
import pytest

from chassis.problems import Transient
from gateway.users import passwords as module
from gateway.users.passwords import Passwords


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    """A hasher, closed afterwards."""
    opened = Passwords()
    yield opened
    opened.close()


async def test_a_password_is_right_or_wrong(passwords: Passwords) -> None:
    """Its own hash accepts it and nothing else; each hash is another one."""
    stored = await passwords.hash("correct horse")
    assert await passwords.verify("correct horse", stored)
    assert not await passwords.verify("correct horse ", stored)
    assert not await passwords.verify("correct horse", None)
    assert await passwords.hash("correct horse") != stored


async def test_nobodys_password_costs_as_much_as_somebodys(passwords: Passwords) -> None:
    """The work for an unknown person is a whole hash, not a short cut."""
    stored = await passwords.hash("correct horse")

    async def median_seconds(against: str | None) -> float:
        taken = []
        for _ in range(9):
            started = time.perf_counter()
            await passwords.verify("wrong horse", against)
            taken.append(time.perf_counter() - started)
        return statistics.median(taken)

    somebody, nobody = await median_seconds(stored), await median_seconds(None)
    assert 0.4 < somebody / nobody < 2.5


async def test_bcrypt_hashes_are_understood_and_never_cut(passwords: Passwords) -> None:
    """An old hash is accepted; a password longer than bcrypt looks at is not."""
    stored = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    assert await passwords.verify("x" * 72, stored)
    assert not await passwords.verify("x" * 73, stored)
    assert not await passwords.verify("y" * 72, stored)


async def test_a_fingerprint_is_the_same_for_the_same_salt(passwords: Passwords) -> None:
    """A repeat can be told from another password, and from another request."""
    first = await passwords.fingerprint("correct horse", "a")
    assert await passwords.fingerprint("correct horse", "a") == first
    assert await passwords.fingerprint("correct horse", "b") != first
    assert await passwords.fingerprint("wrong horse", "a") != first


async def test_the_queue_has_an_end(passwords: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many at once are told to come back, instead of waiting for ever."""
    monkeypatch.setattr(module, "WAITING_MAX", 4)
    answers = await asyncio.gather(
        *(passwords.hash("correct horse") for _ in range(6)), return_exceptions=True
    )
    assert sum(isinstance(answer, Transient) for answer in answers) == 2
    assert await passwords.hash("correct horse")
