"""Words of categories."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from marketplace.text import Line, Remark

SYNONYMS_MAX: Final = 20

Name = Annotated[Line, Field(max_length=60)]


@dataclass(frozen=True, slots=True)
class Category:
    """A node of the tree, with the names from the root to it."""

    id: UUID
    slug_path: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A category with all that operators may change."""

    id: UUID
    parent_id: UUID | None
    slug_path: str
    name: str
    names: tuple[str, ...]
    synonyms: tuple[str, ...]
    version: int
    changed_at: datetime


class CategoryBody(BaseModel):
    """A new category; without a parent it is a root."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    parent_id: UUID | None = None
    synonyms: tuple[Name, ...] = Field(default=(), max_length=SYNONYMS_MAX)
    reason: Remark


class CategoryPatch(BaseModel):
    """Changes to a category; what is absent stays. A `parent_id` of null makes it a root."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name = ""
    parent_id: UUID | None = None
    synonyms: tuple[Name, ...] = Field(default=(), max_length=SYNONYMS_MAX)
    reason: Remark

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, but for the reason."""
        return {name: getattr(self, name) for name in self.model_fields_set - {"reason"}}


class CategoryView(BaseModel):
    """A category as clients see it.

    Attributes:
        on_offer: Active items of one's community in the category itself and all below it.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    parent_id: UUID | None
    slug: str
    path: str
    name: str
    names: list[str]
    synonyms: list[str]
    on_offer: int


class CategoryList(BaseModel):
    """The tree, parents before children."""

    model_config = ConfigDict(frozen=True)

    categories: list[CategoryView]
