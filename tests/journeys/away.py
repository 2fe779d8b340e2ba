"""Parts that are away for a while, and clients that see each answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from localex_client import LocalEx, Patience
from tests.journeys.people import Actor
from tests.stack.plugin import System

SLOW_SECONDS: Final = 60


@contextmanager
def without(system: System, part: str) -> Iterator[None]:
    """A part is stopped, and started again however the test ends."""
    system.backend.stop(part)
    try:
        yield
    finally:
        system.backend.start(part)


def impatient(system: System, actor: Actor) -> LocalEx:
    """A client that does not try again, so that it sees each answer."""
    return LocalEx(system.gateway, actor.client.token, patience=Patience(tries_max=1))
