"""Words of webhooks."""

from datetime import datetime
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

type DeliveryState = Literal["pending", "delivered", "failed"]


class NewEndpoint(BaseModel):
    """Body of `POST /webhooks/endpoints`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "url": "https://shop.example/hooks",
                    "event_types": ["marketplace.TradeReleased"],
                }
            ]
        },
    )

    url: Annotated[str, Field(min_length=10, max_length=2000)]
    event_types: Annotated[
        list[Annotated[str, Field(pattern=r"^[a-z]+\.[A-Za-z]{3,60}$")]],
        Field(max_length=50, description="All that concerns you, when empty."),
    ] = []


class EndpointView(BaseModel):
    """An endpoint."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    url: str
    event_types: list[str]
    state: str
    paused_until: datetime | None
    created_at: datetime


class EndpointList(BaseModel):
    """A person's endpoints."""

    model_config = ConfigDict(frozen=True)

    endpoints: list[EndpointView]


class SecretView(BaseModel):
    """A secret that messages are signed with."""

    model_config = ConfigDict(frozen=True)

    secret: str
    created_at: datetime
    #: When it is no longer signed with; nothing for the newest.
    ends_at: datetime | None


class SecretList(BaseModel):
    """The secrets of an endpoint that are good."""

    model_config = ConfigDict(frozen=True)

    secrets: list[SecretView]


class DeliveryView(BaseModel):
    """An event on its way to an endpoint."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    event_id: UUID
    type_name: str
    state: DeliveryState
    attempts: int
    #: Status of the last answer, and what went wrong if there was none.
    answered: int | None
    error: str | None
    created_at: datetime
    due_at: datetime
    done_at: datetime | None


class DeliveryList(BaseModel):
    """Deliveries, newest first."""

    model_config = ConfigDict(frozen=True)

    deliveries: list[DeliveryView]


class Sealed(NamedTuple):
    """A secret as it is stored: wrapped; in the clear only what was written before that."""

    id: UUID
    endpoint_id: UUID
    wrapping_key: str | None
    wrapped: bytes | None
    plain: str | None
    created_at: datetime
    ends_at: datetime | None


class Due(NamedTuple):
    """A delivery to be tried now."""

    id: UUID
    endpoint_id: UUID
    url: str
    body: str
    attempts: int
    failures: int
    secrets: list[Sealed]
