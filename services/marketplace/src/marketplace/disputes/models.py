"""Words of evidence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from marketplace.image_urls import ImageUrls
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


def _each_once(image_ids: list[UUID]) -> list[UUID]:
    if len(set(image_ids)) < len(image_ids):
        raise ValueError("name each image once")
    return image_ids


class StatementBody(BaseModel):
    """What one states, and the images that show it, by their ids."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[Paragraphs, Field(min_length=1, max_length=4000)]
    image_ids: Annotated[list[UUID], Field(max_length=10), AfterValidator(_each_once)] = []


class EvidenceImage(BaseModel):
    """An image that a statement names, with the addresses at which it is seen."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    urls: ImageUrls
    width: int
    height: int
    color: str


class StatementView(BaseModel):
    """A statement, and by which side; images of somebody who was erased are named, not shown."""

    model_config = ConfigDict(frozen=True)

    seq: int
    by: Literal["buyer", "seller"]
    text: str
    image_ids: list[UUID]
    images: list[EvidenceImage]
    said_at: datetime


class StatementList(BaseModel):
    """All statements of a dispute, in the order in which they were made: at most forty."""

    model_config = ConfigDict(frozen=True)

    statements: list[StatementView]
