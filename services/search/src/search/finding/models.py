"""Words of finding: what can be asked, and what is answered."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from contracts.marketplace import Condition, ItemKind, Pricing

Sort = Literal["relevance", "newest", "price_asc", "price_desc", "distance"]

QUERY_MAX = 200
LIMIT_MAX = 50
CHOICES_MAX = 10


def _tidy(value: object) -> object:
    """White space of any kind, a pasted line break too, is one space."""
    return " ".join(value.split()) if isinstance(value, str) else value


def _printable(value: str) -> str:
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
        raise ValueError("control characters are not allowed")
    return value


def _several(value: object) -> object:
    """One choice is a list of one."""
    return (value,) if isinstance(value, str) else value


Words = Annotated[str, BeforeValidator(_tidy), AfterValidator(_printable)]
Name = Annotated[Words, Field(min_length=1, max_length=200)]
#: One decimal at most.
Stars = Annotated[str, Field(pattern=r"^([1-4](\.[0-9])?|5(\.0)?)$")]
Decimal = Annotated[str, Field(min_length=1, max_length=40)]


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the map, in degrees."""

    latitude: float
    longitude: float


class Wanted(BaseModel):
    """The query of `GET /search`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: Annotated[Words, Field(max_length=QUERY_MAX, description="What to look for.")] = ""
    category: Annotated[tuple[Name, ...], BeforeValidator(_several)] = Field(
        (),
        max_length=CHOICES_MAX,
        description='Categories by name, or by their way down: "Home > Kitchen"; any of them.',
    )
    kind: Annotated[tuple[ItemKind, ...], BeforeValidator(_several)] = Field(
        (), max_length=CHOICES_MAX
    )
    pricing: Annotated[tuple[Pricing, ...], BeforeValidator(_several)] = Field(
        (), max_length=CHOICES_MAX
    )
    condition: Annotated[tuple[Condition, ...], BeforeValidator(_several)] = Field(
        (), max_length=CHOICES_MAX
    )
    brand: Annotated[tuple[Name, ...], BeforeValidator(_several)] = Field(
        (), max_length=CHOICES_MAX
    )
    rating_min: int | None = Field(None, ge=1, le=5, description="Fewest stars.")
    seller_rating_min: Stars | None = Field(
        None, description='Fewest stars of the seller, such as "4" or "3.8": of who was rated.'
    )
    near: str | None = Field(
        None, max_length=50, description='Where you are, such as "12.97,77.59": for distances.'
    )
    within_km: int | None = Field(None, ge=1, le=1000, description="Needs `near`.")
    price_min: Decimal | None = Field(None, description='Lowest price, such as "10.00".')
    price_max: Decimal | None = Field(None, description='Highest price, such as "60.00".')
    asset: str = Field("LXC", max_length=10, description="What the prices are in.")
    community: Name | None = Field(None, description="The caller's own; another is refused.")
    seller: UUID | None = None
    sort: Sort = "relevance"
    limit: int = Field(20, ge=1, le=LIMIT_MAX)
    cursor: str | None = Field(None, min_length=1, max_length=1000)


class Hit(BaseModel):
    """An item that was found."""

    id: UUID
    version: int
    title: str
    description: str
    category_path: list[str]
    kind: ItemKind
    pricing: Pricing
    price: str | None
    asset: str | None
    quantity: int
    condition: Condition | None
    brand: str | None
    item_type: str | None
    rating: str | None
    neighbourhood: str | None
    distance_m: int | None = Field(description="From `near`, to the item's coarse cell.")
    seller_id: UUID
    seller_rating: str | None = Field(
        description="The seller's reputation in stars; null of whom nobody has rated."
    )
    seller_rating_count: int = Field(description="How many ratings it stands on.")
    community: str
    image_urls: list[str]
    created_at: datetime
    changed_at: datetime
    matched_by: Literal["words", "meaning"] = Field(
        description="`meaning`: it has too few of the words, and is similar in what it is."
    )
    highlights: dict[str, list[str]] = Field(
        description="Fields in which words were found, as HTML with <em>; all else is escaped."
    )


class FacetValue(BaseModel):
    """A value that items have, and how many."""

    value: str
    count: int


class Found(BaseModel):
    """The answer of `GET /search`."""

    query_id: UUID
    click_token: str | None = Field(
        None, description="Send it with `query_id` to `POST /v1/search/clicks`."
    )
    total: int
    tolerant: bool = Field(description="Words were taken as misspelt, or some as missing.")
    did_you_mean: str | None = Field(description="The query as it may have been meant.")
    took_ms: int
    items: list[Hit]
    facets: dict[str, list[FacetValue]]
    next_cursor: str | None
