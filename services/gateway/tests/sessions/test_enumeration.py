"""Time tells nobody who is registered, while some have old hashes, too."""

import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import bcrypt
import pytest

from chassis.clock import FixedClock
from services.gateway.tests.conftest import PASSWORD

#: Enough for a median; who is asked for takes turns, so that a busy machine is busy for all.
TRIES = 5
#: Far below what a hash that is left out makes: ten times at a log-in.
APART = 2.0


async def somebody(gateway: Any, *, old_hash: bool) -> str:
    """The e-mail of a new person, whose password is kept in the old form if it is to be."""
    email = f"{uuid4().hex}@example.org"
    _, user = await gateway.register(email)
    if old_hash:
        old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(12)).decode()
        async with gateway.resources.database.transaction() as conn:
            await conn.execute(
                "UPDATE user_password SET hash = $2 WHERE user_id = $1", user["id"], old
            )
    return email


async def seconds(**ways: Callable[[], Awaitable[None]]) -> dict[str, list[float]]:
    """How long each way takes; they take turns."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TRIES):
        for name, way in ways.items():
            begun = time.perf_counter()
            await way()
            taken[name].append(time.perf_counter() - begun)
    return taken


@pytest.mark.slow
async def test_a_log_in_takes_the_same_time_whatever_hash_there_is(gateway: Any) -> None:
    """An old hash, a new one, nobody's, and what is too long for an old one."""
    old = await somebody(gateway, old_hash=True)
    new = await somebody(gateway, old_hash=False)

    def refused(email: str, password: str) -> Callable[[], Awaitable[None]]:
        async def way() -> None:
            response, _ = await gateway.log_in(email, password)
            assert response.status == 401

        return way

    found = await seconds(
        old=refused(old, "not the password"),
        new=refused(new, "not the password"),
        nobody=refused(f"{uuid4().hex}@example.org", "not the password"),
        too_long=refused(old, "x" * 73),
    )
    medians = {name: statistics.median(taken) for name, taken in found.items()}
    assert max(medians.values()) / min(medians.values()) < APART, medians


async def test_asking_for_a_reset_is_the_same_work_for_nobody(
    gateway: Any, clock: FixedClock
) -> None:
    """A code is made and kept for whomever, and the letter is sent after the answer: same time."""
    unknown = [f"{uuid4().hex}@example.org" for _ in range(2)]
    known = await somebody(gateway, old_hash=False)

    def asked(email: str) -> Callable[[], Awaitable[None]]:
        async def way() -> None:
            clock.move(timedelta(minutes=20))
            path = "/v1/users/password-resets"
            response, _ = await gateway.send("POST", path, json={"email": email})
            assert response.status == 202

        return way

    await asked(unknown[0])()
    found = await seconds(known=asked(known), unknown=asked(unknown[1]))
    least = {name: min(taken) for name, taken in found.items()}
    assert max(least.values()) / min(least.values()) < APART, least
    async with gateway.resources.database.connection() as conn:
        rows = await conn.fetch(
            "SELECT value_normalised, count(*) AS kept FROM one_time_code GROUP BY 1"
        )
    kept = {row["value_normalised"]: row["kept"] for row in rows}
    assert kept[known] == kept[unknown[1]] == TRIES
