"""Words of suggestions."""

from uuid import UUID

from pydantic import BaseModel


class SuggestedItem(BaseModel):
    """An item whose title has words that begin so."""

    id: UUID
    title: str


class SuggestedCategory(BaseModel):
    """A category with its way down, and how many items are in it."""

    path: list[str]
    items: int


class Suggestions(BaseModel):
    """What may be meant."""

    queries: list[str]
    categories: list[SuggestedCategory]
    items: list[SuggestedItem]
