"""Words of evidence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from marketplace.images.requests import ImageIds
from marketplace.items.views import ItemImageView
from marketplace.text import Paragraphs

STATEMENTS_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement as it is kept."""

    trade_id: UUID
    seq: int
    by_id: UUID
    text: str
    image_ids: list[UUID]
    said_at: datetime


class StatementBody(BaseModel):
    """What one states, and the images that show it, by their ids."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[Paragraphs, Field(min_length=1, max_length=4000)]
    image_ids: ImageIds = []


class StatementView(BaseModel):
    """A statement, and by which side; images of somebody who was erased are named, not shown."""

    model_config = ConfigDict(frozen=True)

    seq: int
    by: Literal["buyer", "seller"]
    text: str
    image_ids: list[UUID]
    images: list[ItemImageView]
    said_at: datetime


class StatementList(BaseModel):
    """All statements of a dispute, in the order in which they were made: at most forty."""

    model_config = ConfigDict(frozen=True)

    statements: list[StatementView]
