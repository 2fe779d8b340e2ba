"""Pages of lists ordered by id, newest first: the cursor is the last id, opaque to clients."""

import base64
import binascii
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query

from chassis.problems import Malformed

PAGE_MAX: Final = 100


def write_cursor(last_id: UUID) -> str:
    """The cursor behind which the next page begins."""
    return base64.urlsafe_b64encode(last_id.bytes).decode().rstrip("=")


def _read_cursor(cursor: Annotated[str | None, Query(max_length=64)] = None) -> UUID | None:
    if cursor is None:
        return None
    try:
        return UUID(bytes=base64.b64decode(cursor.encode() + b"==", b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise Malformed(
            "check cursor: take it from next_cursor of the page before",
            errors=[{"field": "cursor", "rule": "cursor", "message": "is no cursor of ours"}],
        ) from error


#: A route's parameters.
Cursor = Annotated[UUID | None, Depends(_read_cursor)]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]
