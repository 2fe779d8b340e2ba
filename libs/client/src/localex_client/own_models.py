"""What the gateway answers about what it keeps of a person: vault, exports, looks, checks."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from localex_client.models import Answered


class Ordered(Answered):
    """A file that was ordered; `url` is there when it is DONE, and ends soon."""

    id: UUID
    state: Literal["WAITING", "DONE", "DEAD"]
    failure: str | None
    created_at: datetime
    ended_at: datetime | None
    expires_at: datetime | None
    url: str | None = Field(default=None, repr=False)
    url_expires_in_seconds: int | None = None


class Export(Ordered):
    """All that is kept of a person, as a file, and how far it is."""

    parts_done: int
    parts: int | None
    bytes: int | None
    lines: int | None
    pictures: int | None


class ExportPage(Answered):
    """One's own exports, newest first."""

    exports: list[Export]
    next_cursor: UUID | None


class Look(Answered):
    """A look at one's data: who, as whom, at what and why."""

    id: UUID
    accessed_at: datetime
    reader_id: UUID
    reader_roles: list[str]
    what: list[str]
    reason: str
    address: str | None
    agent: str | None


class LookPage(Answered):
    """A page of looks, newest first."""

    accesses: list[Look]
    next_cursor: UUID | None


class VaultField(Answered):
    """A field that is kept, without what is in it."""

    field: str
    kind: str
    sensitivity: str
    algorithm: str
    version: int
    written_at: datetime


class Vault(Answered):
    """Everything that is kept, without what is in it."""

    fields: list[VaultField]
    erased_at: datetime | None


class VaultValue(Answered):
    """What is in a field."""

    field: str
    version: int
    written_at: datetime
    value: str = Field(repr=False)


class Identified(Answered):
    """Whether it is known who one is, and until when."""

    identified: bool
    expires_at: datetime | None


class Check(Answered):
    """A check of a person."""

    kind: str
    status: str
    provider: str
    reference: str | None
    risk_score: int | None
    flags: list[str]
    checked_at: datetime | None
    expires_at: datetime | None
    override_id: UUID | None


class Standing(Answered):
    """How a person stands."""

    user_id: UUID
    version: int
    restricted: bool
    checks: list[Check]


class Override(Answered):
    """A wish that a check has another outcome, and what a second operator decided."""

    id: UUID
    user_id: UUID
    kind: str
    status: str
    reason: str
    requested_by: UUID
    requested_at: datetime
    decision: str | None
    decided_by: UUID | None
    decided_at: datetime | None
