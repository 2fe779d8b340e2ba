"""Ids: UUIDv7, so that they sort by the time they were made and tell their day."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import uuid_utils


def _from_machine() -> int:
    return uuid_utils.uuid7().int


_source: Callable[[], int] = _from_machine


def new_id() -> UUID:
    """A new UUIDv7 from the machine's clock."""
    return UUID(int=_source())


@contextmanager
def ids_from(source: Callable[[], int]) -> Iterator[None]:
    """Take ids from elsewhere for a while: a simulation that is to replay needs the same again."""
    global _source  # noqa: PLW0603 - ids are made in verbs, which take no argument for them
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
