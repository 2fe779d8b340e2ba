"""Words of keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from gateway.api_keys.lifecycle import (
    DAYS_MAX,
    OVERLAP_MAX_HOURS,
    check_scopes,
    is_refresh_token,
)
from gateway.users.lifecycle import check_shown
from gateway.users.models import User

KeyName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(check_shown),
]
Scopes = Annotated[
    frozenset[Annotated[str, StringConstraints(max_length=64)]],
    Field(min_length=1, max_length=64),
    AfterValidator(check_scopes),
]


def _check_refresh(text: str) -> str:
    if not is_refresh_token(text):
        raise ValueError("a refresh token is lxr_ and 43 characters")
    return text


class NewKey(BaseModel):
    """Body of `POST /me/api-keys`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "shop", "scopes": ["items:read", "items:write"], "days": 90}]
        },
    )

    name: KeyName
    scopes: Scopes
    days: Annotated[int, Field(ge=1, le=DAYS_MAX)] = 90


class Rotation(BaseModel):
    """Body of `POST /me/api-keys/{id}/rotate`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    overlap_hours: Annotated[int, Field(ge=0, le=OVERLAP_MAX_HOURS)] = 24
    days: Annotated[int, Field(ge=1, le=DAYS_MAX)] = 90


class Refresh(BaseModel):
    """Body of `POST /sessions/refresh`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    refresh_token: Annotated[str, AfterValidator(_check_refresh)]


class KeyView(BaseModel):
    """A key, as its owner sees it; `hint` is its last four characters."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    replaced_by: UUID | None


class ShownKey(KeyView):
    """A new key. It is shown this once."""

    key: str


class KeyList(BaseModel):
    """A person's open keys, the newest first."""

    model_config = ConfigDict(frozen=True)

    api_keys: list[KeyView]


class ProgramSession(BaseModel):
    """A program's session, and the token that renews it once."""

    model_config = ConfigDict(frozen=True)

    token: str
    expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime
    scopes: list[str]


@dataclass(frozen=True, slots=True)
class Key:
    """An open key and whose it is."""

    id: UUID
    user: User
    scopes: frozenset[str]
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefreshState:
    """A refresh token that was shown, its family and its key."""

    family_id: UUID
    generation: int
    used_at: datetime | None
    family_expires_at: datetime
    family_ended_at: datetime | None
    key: Key
