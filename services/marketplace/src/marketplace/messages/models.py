"""Words of messages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from marketplace.text import Paragraphs


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message as it is kept."""

    trade_id: UUID
    seq: int
    by_id: UUID
    text: str
    said_at: datetime


class MessageBody(BaseModel):
    """What one writes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[Paragraphs, Field(min_length=1, max_length=2000)]


class MessageView(BaseModel):
    """A message, by whom, and whether that is the reader."""

    model_config = ConfigDict(frozen=True)

    seq: int
    by: Literal["buyer", "seller"]
    mine: bool
    text: str
    said_at: datetime


class MessagePage(BaseModel):
    """Messages in the order in which they were written; `next_after` leads to the next page."""

    model_config = ConfigDict(frozen=True)

    messages: list[MessageView]
    next_after: int | None
