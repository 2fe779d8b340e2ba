"""Items as clients see them."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from chassis.problems import Problem
from contracts.marketplace import Condition, ItemKind, ItemStatus, Pricing
from contracts.money import render_amount
from marketplace.image_urls import ImageUrls, urls_of
from marketplace.items.models import Item
from marketplace.items.place import centre_of

type Outcome = Literal["created", "updated", "unchanged", "refused"]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class PersonView(_View):
    """A member beside what they do."""

    user_id: UUID
    display_name: str | None


class CategoryRef(_View):
    """The category of an item."""

    id: UUID
    path: str
    names: list[str]


class Place(_View):
    """A cell of the H3 grid, and its middle in degrees, as decimal strings."""

    h3: str
    latitude: str
    longitude: str


class ItemImageView(_View):
    """An image that is shown: its colour and size are there before it is."""

    id: UUID
    urls: ImageUrls
    width: int
    height: int
    color: str


class ItemView(_View):
    """An item; `external_ref` is for its seller only, `hidden` for them and operators."""

    id: UUID
    version: int
    seller: PersonView
    status: ItemStatus
    hidden: bool
    title: str
    description: str
    category: CategoryRef
    kind: ItemKind
    pricing: Pricing
    wanted: str | None
    accepts_gift_credits: bool
    price: str | None
    asset: str | None
    quantity: int
    available: int
    condition: Condition | None
    brand: str | None
    item_type: str | None
    rating: str | None
    neighbourhood: str | None
    cell: Place | None
    image_urls: list[str]
    images: list[ItemImageView] = []
    external_ref: str | None
    created_at: datetime
    changed_at: datetime


class ItemPage(_View):
    """A page of items, newest first; `next_cursor` leads to the next one."""

    items: list[ItemView]
    next_cursor: str | None


class RowProblem(_View):
    """Why a row was refused."""

    type: str
    detail: str
    errors: list[dict[str, str]]

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """A problem of a whole row."""
        document = problem.document()
        errors = problem.facts.get("errors") or [
            {
                "field": problem.facts.get("field", "external_ref"),
                "rule": problem.slug(),
                "message": problem.detail,
            }
        ]
        return cls(type=document["type"], detail=problem.detail, errors=errors)

    @classmethod
    def of_fields(cls, invalid: ValidationError) -> Self:
        """What pydantic found in a row; the input is not echoed."""
        errors = [
            {
                "field": ".".join(map(str, found["loc"])) or "row",
                "rule": found["type"],
                "message": found["msg"],
            }
            for found in invalid.errors(include_input=False, include_url=False)[:20]
        ]
        names = ", ".join(dict.fromkeys(error["field"] for error in errors))
        return cls(type="urn:localex:problem:malformed", detail=f"check {names}", errors=errors)

    @classmethod
    def repeated(cls, first: int) -> Self:
        """A reference that stands twice in one request."""
        message = f"row {first} of this request has the same external_ref"
        return cls(
            type="urn:localex:problem:malformed",
            detail=f"check external_ref: {message}",
            errors=[{"field": "external_ref", "rule": "repeated", "message": message}],
        )


class ImportedRow(_View):
    """What became of one row; `row` counts from 0."""

    row: int
    external_ref: str | None
    outcome: Outcome
    item_id: UUID | None
    version: int | None
    problem: RowProblem | None


class ImportReport(_View):
    """What became of each row, in order, and how many of each kind there are."""

    created: int
    updated: int
    unchanged: int
    refused: int
    rows: list[ImportedRow]


def view_item(item: Item, seller_name: str | None, viewer_id: UUID) -> ItemView:
    """An item as `viewer_id` may see it."""
    said = item.listing
    own = item.seller_id == viewer_id
    return ItemView(
        id=item.id,
        version=item.version,
        seller=PersonView(user_id=item.seller_id, display_name=seller_name),
        status=item.status,
        hidden=item.hidden,
        title=said.title,
        description=said.description,
        category=CategoryRef(
            id=said.category.id, path=said.category.slug_path, names=list(said.category.names)
        ),
        kind=said.kind,
        pricing=said.pricing,
        wanted=said.wanted,
        accepts_gift_credits=said.accepts_gift_credits,
        price=None
        if said.price_minor is None or said.asset is None
        else render_amount(said.price_minor, said.asset),
        asset=said.asset,
        quantity=said.quantity,
        available=item.available,
        condition=said.condition,
        brand=said.brand,
        item_type=said.item_type,
        rating=None if said.rating is None else str(said.rating),
        neighbourhood=said.neighbourhood,
        cell=_place(said.cell),
        image_urls=[urls_of(image.hash)["large"] for image in item.images],
        images=[
            ItemImageView(
                id=UUID(image.id),
                urls=urls_of(image.hash),
                width=image.width,
                height=image.height,
                color=image.color,
            )
            for image in item.images
        ],
        external_ref=item.external_ref if own else None,
        created_at=item.created_at,
        changed_at=item.changed_at,
    )


def _place(cell: str | None) -> Place | None:
    centre = centre_of(cell)
    if cell is None or centre is None:
        return None
    return Place(h3=cell, latitude=centre[0], longitude=centre[1])


def report_of(rows: list[ImportedRow]) -> ImportReport:
    """Count the outcomes."""
    outcomes = [row.outcome for row in rows]
    return ImportReport(
        created=outcomes.count("created"),
        updated=outcomes.count("updated"),
        unchanged=outcomes.count("unchanged"),
        refused=outcomes.count("refused"),
        rows=rows,
    )
