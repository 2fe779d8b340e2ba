"""Words of saved searches, and how they look to a client."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.marketplace import ItemKind
from marketplace.text import Amount, Label, Line

#: Searches that one person saves.
SEARCHES_MAX: Final = 20

Words = Annotated[Line, Field(max_length=200)]
CategoryName = Annotated[Line, Field(max_length=330)]


class SearchBody(BaseModel):
    """What to look for: words, all of them, or a category, or both, narrowed by the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Label
    q: Words | None = Field(default=None, description="All of these words, in any form")
    category: CategoryName | None = Field(default=None, description="With all below it")
    kind: ItemKind | None = None
    price_max: Amount | None = Field(default=None, examples=["50.00"])
    asset: Amount | None = Field(default=None, examples=["LXC"])

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.q is None and self.category is None:
            raise ValueError("q: send words or a category; all that is new is told by nobody")
        if (self.price_max is None) != (self.asset is None):
            raise ValueError("asset: send price_max and asset together")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A search as it is kept.

    Attributes:
        lexemes: The words' stems, all of which an item must have.
        anchor: What every match has, by which it is found: one stem, or the category.
    """

    id: UUID
    user_id: UUID
    community: str
    name: str
    words: str | None
    lexemes: tuple[str, ...]
    category_id: UUID | None
    kind: ItemKind | None
    price_max_minor: int | None
    asset: str | None
    anchor: str
    created_at: datetime


class SavedSearchView(BaseModel):
    """A saved search as its owner sees it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    q: str | None
    category_id: UUID | None
    kind: ItemKind | None
    price_max: str | None
    asset: str | None
    created_at: datetime


class DeletedSearch(BaseModel):
    """A search that is forgotten."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    deleted: Literal[True]


class SavedSearchList(BaseModel):
    """All searches that one has saved, newest first."""

    model_config = ConfigDict(frozen=True)

    saved_searches: list[SavedSearchView]
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A matched item that was not told yet."""

    user_id: UUID
    search_id: UUID
    search_name: str
    item_id: UUID
    item_title: str
