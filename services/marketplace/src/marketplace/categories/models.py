"""Words of categories."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True, slots=True)
class Category:
    """A node of the tree, with the names from the root to it."""

    id: UUID
    slug_path: str
    names: tuple[str, ...]


class CategoryView(BaseModel):
    """A category as clients see it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    parent_id: UUID | None
    slug: str
    path: str
    name: str
    names: list[str]


class CategoryList(BaseModel):
    """The tree, parents before children."""

    model_config = ConfigDict(frozen=True)

    categories: list[CategoryView]
