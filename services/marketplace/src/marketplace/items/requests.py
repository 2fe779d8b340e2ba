"""What clients may send about items."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.marketplace import Condition, ItemKind, Pricing
from marketplace.text import Amount, Description, Label, Line, Reference, Title

Quantity = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Latitude = Annotated[Decimal, Field(ge=-90, le=90, max_digits=20)]
Longitude = Annotated[Decimal, Field(ge=-180, le=180, max_digits=20)]
Rating = Annotated[Decimal, Field(ge=0, le=5, max_digits=20)]
CategoryName = Annotated[Line, Field(max_length=330)]


class ItemBody(BaseModel):
    """A listing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Title
    description: Description = ""
    category: CategoryName = Field(
        default="other",
        description="An id, a slug path such as `tools`, or names: `Home & Garden > Kitchen`",
    )
    kind: ItemKind = "good"
    pricing: Pricing = "credits"
    price: Amount | None = Field(default=None, examples=["60.00"])
    asset: Amount | None = Field(default=None, examples=["LXC"])
    quantity: Quantity = 1
    condition: Condition | None = None
    neighbourhood: Label | None = None
    latitude: Latitude | None = Field(default=None, description="Shown to nobody else exactly")
    longitude: Longitude | None = Field(default=None, description="Shown to nobody else exactly")
    brand: Label | None = None
    item_type: Label | None = None
    status: Literal["draft", "active"] = "active"


class ImportRow(ItemBody):
    """A listing from elsewhere; `external_ref` names it there."""

    external_ref: Reference
    rating: Rating | None = None


class ItemPatch(BaseModel):
    """Changes to a listing; what is absent stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Title = ""
    description: Description = ""
    category: CategoryName = ""
    kind: ItemKind = "good"
    pricing: Pricing = "credits"
    price: Amount | None = None
    asset: Amount | None = None
    quantity: Quantity = 1
    condition: Condition | None = None
    neighbourhood: Label | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    brand: Label | None = None
    item_type: Label | None = None
    status: Literal["draft", "active", "withdrawn"] = "active"

    def changes(self) -> dict[str, Any]:
        """The fields that were sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class ImportBody(BaseModel):
    """Rows to import. Each is checked by itself: a bad one harms no other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: list[Any] = Field(min_length=1, max_length=500)
