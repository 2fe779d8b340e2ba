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


async def test_any_password_takes_the_work_of_the_slowest_hash(passwords: Passwords) -> None:
    """While anybody has a bcrypt hash, every answer takes as long; processor time tells no less."""
    hashes = {
        "slowest": bcrypt.hashpw(b"correct horse", bcrypt.gensalt(12)).decode(),
        "quicker": bcrypt.hashpw(b"correct horse", bcrypt.gensalt(10)).decode(),
        "argon2id": await passwords.hash("correct horse"),
        "nobody's": None,
    }
    seconds: dict[str, list[float]] = {}
    for _ in range(3):
        for name, stored in hashes.items():
            for typed in ("wrong horse", "x" * 73):
                begun = time.process_time()
                assert not await passwords.verify(typed, stored, 12)
                taken = time.process_time() - begun
                seconds.setdefault(f"{name}, {len(typed)}", []).append(taken)
    found = {name: min(taken) for name, taken in seconds.items()}
    assert max(found.values()) / min(found.values()) < 1.5, found


async def test_bcrypt_hashes_are_understood_and_never_cut(passwords: Passwords) -> None:
    """An old hash is accepted; a password longer than bcrypt looks at is not."""
    stored = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    assert await passwords.verify("x" * 72, stored)
    assert not await passwords.verify("x" * 73, stored)
    assert not await passwords.verify("y" * 72, stored)
    assert await passwords.verify("x" * 72, stored, 6)


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


async def test_slow_hashes_take_more_places(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is bounded by its time: one check against bcrypt of cost 12 fills ten places."""
    monkeypatch.setattr(module, "WAITING_MAX", 12)
    answers = await asyncio.gather(
        *(passwords.verify("wrong horse", None, 12) for _ in range(3)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [bool, bool, Transient]
