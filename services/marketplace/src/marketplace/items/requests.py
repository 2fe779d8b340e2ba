"""What clients may send about items."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from contracts.marketplace import Condition, ItemKind, Pricing
from marketplace.items.place import cell_at
from marketplace.text import Amount, Description, Label, Line, Reference, Title

Quantity = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Latitude = Annotated[Decimal, Field(ge=-90, le=90, max_digits=20)]
Longitude = Annotated[Decimal, Field(ge=-180, le=180, max_digits=20)]
Rating = Annotated[Decimal, Field(ge=0, le=5, max_digits=20)]
Wanted = Annotated[Line, Field(max_length=500)]
Cell = Annotated[str, StringConstraints(min_length=1, max_length=15)]
CategoryName = Annotated[Line, Field(max_length=330)]


def coarsened(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields with the cell of a spot in its place."""
    latitude, longitude = fields.pop("latitude", None), fields.pop("longitude", None)
    if latitude is not None and longitude is not None:
        fields["spot_in"] = cell_at(Decimal(latitude), Decimal(longitude))
    elif latitude is not None or longitude is not None:
        fields["spot_in"] = "half"
    return fields


class ItemBody(BaseModel):
    """A listing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def coarse(self) -> dict[str, Any]:
        """What was sent, with the cell instead of the spot: what may be hashed and kept.

        A hash of an exact spot could be undone by trying all spots.
        """
        return coarsened(self.model_dump(mode="json"))

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
    wanted: Wanted | None = Field(default=None, description="What a barter asks for in exchange")
    accepts_gift_credits: StrictBool = False
    quantity: Quantity = 1
    condition: Condition | None = None
    neighbourhood: Label | None = None
    cell: Cell | None = Field(default=None, description="H3 cell of resolution 7")
    latitude: Latitude | None = Field(default=None, description="Makes the cell; kept nowhere")
    longitude: Longitude | None = Field(default=None, description="Makes the cell; kept nowhere")
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
    wanted: Wanted | None = None
    accepts_gift_credits: StrictBool = False
    quantity: Quantity = 1
    condition: Condition | None = None
    neighbourhood: Label | None = None
    cell: Cell | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    brand: Label | None = None
    item_type: Label | None = None
    status: Literal["draft", "active", "withdrawn"] = "active"

    def changes(self) -> dict[str, Any]:
        """The fields that were sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    def coarse(self) -> dict[str, Any]:
        """What was sent, with the cell instead of the spot."""
        return coarsened(self.model_dump(mode="json", exclude_unset=True))


class ImportBody(BaseModel):
    """Rows to import. Each is checked by itself: a bad one harms no other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: list[Any] = Field(min_length=1, max_length=500)
