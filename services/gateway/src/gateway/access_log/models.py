"""Words of the access log."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class AccessView(BaseModel):
    """A look at one's data."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    accessed_at: datetime
    reader_id: UUID
    #: As whom they looked.
    reader_roles: list[str]
    what: list[str]
    reason: str
    #: From where; nothing for looks of which it is not known.
    address: str | None
    agent: str | None


class AccessPage(BaseModel):
    """A page of looks, newest first."""

    model_config = ConfigDict(frozen=True)

    accesses: list[AccessView]
    next_cursor: UUID | None
