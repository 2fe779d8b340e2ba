"""Ids: UUIDv7, so that they sort by the time they were made and tell their day."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A new UUIDv7 from the machine's clock."""
    return UUID(int=uuid_utils.uuid7().int)
