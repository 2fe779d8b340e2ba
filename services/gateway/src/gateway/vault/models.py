"""Words of the vault."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

type Kind = Literal["PII", "FINANCIAL", "DOCUMENT"]
type Sensitivity = Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"]

#: What may be kept; the table `vault_rule` has the same names (a test holds it).
type FieldName = Literal[
    "legal_name",
    "phone",
    "postal_address",
    "date_of_birth",
    "nationality",
    "bank_account",
    "tax_number",
    "identity_document",
    "proof_of_address",
]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field is, and who besides its owner may read it."""

    field: str
    kind: Kind
    sensitivity: Sensitivity
    readers: frozenset[str]


@dataclass(frozen=True, slots=True)
class DataKey:
    """A person's key as it is stored."""

    user_id: UUID
    id: UUID
    wrapping_key: str | None
    wrapped: bytes | None
    destroyed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A field as it is stored."""

    field: str
    data_key_id: UUID
    version: int
    written_at: datetime
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads another person's fields, and why."""

    user_id: UUID
    roles: tuple[str, ...]
    reason: str


class KeepBody(BaseModel):
    """Body of `PUT /me/vault/{field}`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_extra={"examples": [{"value": "+34600000000"}]}
    )

    value: Annotated[SecretStr, Field(min_length=1, max_length=40_000)]


def _said(text: str) -> str:
    if len(text.strip()) < 10:  # noqa: PLR2004 - the table says so too
        raise ValueError("say in at least 10 characters why")
    return text.strip()


class ReadingBody(BaseModel):
    """Body of `POST /users/{user_id}/vault/readings`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"fields": ["legal_name"], "reason": "the bank asks who the payee is"}]
        },
    )

    fields: Annotated[tuple[FieldName, ...], Field(min_length=1, max_length=20)]
    reason: Annotated[str, StringConstraints(min_length=10, max_length=500), AfterValidator(_said)]


class FieldView(BaseModel):
    """A field that is kept, without what is in it."""

    model_config = ConfigDict(frozen=True)

    field: str
    kind: Kind
    sensitivity: Sensitivity
    algorithm: str
    version: int
    written_at: datetime


class ValueView(BaseModel):
    """What is in a field."""

    model_config = ConfigDict(frozen=True)

    field: str
    version: int
    written_at: datetime
    value: str


class VaultView(BaseModel):
    """Everything that is kept of a person, without what is in it."""

    model_config = ConfigDict(frozen=True)

    fields: list[FieldView]
    erased_at: datetime | None


class ReadingView(BaseModel):
    """What was read of another person; what is not kept is not there."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    values: list[ValueView]
