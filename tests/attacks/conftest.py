"""Two people for all attacks: Ana, who is attacked, and Eve."""

from collections.abc import AsyncIterator

import pytest

from tests.journeys.people import Actor, somebody
from tests.stack.plugin import System


@pytest.fixture(scope="session")
async def ana(system: System) -> AsyncIterator[Actor]:
    """Who is attacked, with some credits."""
    async with somebody(system, "Ana", credits="50.00") as person:
        yield person


@pytest.fixture(scope="session")
async def eve(system: System) -> AsyncIterator[Actor]:
    """Who attacks: a member like any other."""
    async with somebody(system, "Eve") as person:
        yield person
