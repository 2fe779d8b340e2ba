"""Compose a listing from fields that were checked one by one: do they go together? Pure."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from contracts.money import SCALES, AmountError, parse_amount, render_amount
from marketplace.categories.models import Category
from marketplace.items.errors import ListingMalformed
from marketplace.items.models import Listing
from marketplace.items.place import cell_at, is_cell

_TENTH: Final = Decimal("0.1")


def fields_of(listing: Listing) -> dict[str, Any]:
    """A listing in the words of a request, without its category."""
    price = listing.price_minor
    return {
        "title": listing.title,
        "description": listing.description,
        "kind": listing.kind,
        "pricing": listing.pricing,
        "wanted": listing.wanted,
        "accepts_gift_credits": listing.accepts_gift_credits,
        "price": None if price is None else render_amount(price, listing.asset or ""),
        "asset": listing.asset,
        "quantity": listing.quantity,
        "condition": listing.condition,
        "brand": listing.brand,
        "item_type": listing.item_type,
        "rating": listing.rating,
        "neighbourhood": listing.neighbourhood,
        "cell": listing.cell,
    }


def compose(fields: Mapping[str, Any], category: Category) -> Listing:
    """Make a listing.

    Args:
        fields: As in a request; each is right by itself.
        category: Where it belongs.

    Raises:
        ListingMalformed: Price, asset and pricing, what a barter wants, condition and kind, or the
            place do not go together.
    """
    errors: list[dict[str, str]] = []
    price_minor = _price(fields, errors)
    if fields["condition"] is not None and fields["kind"] != "good":
        errors.append(_error("condition", "goods_only", "only goods have a condition"))
    if (fields["wanted"] is not None) != (fields["pricing"] == "barter"):
        errors.append(_error("wanted", "barter", "a barter says what it wants, nothing else does"))
    if fields["accepts_gift_credits"] and fields["pricing"] != "credits":
        errors.append(_error("accepts_gift_credits", "credits", "only a price takes gift credits"))
    cell = _cell(fields, errors)
    if errors:
        raise ListingMalformed(errors)
    return Listing(
        title=fields["title"],
        description=fields["description"],
        category=category,
        kind=fields["kind"],
        pricing=fields["pricing"],
        wanted=fields["wanted"],
        accepts_gift_credits=fields["accepts_gift_credits"],
        price_minor=price_minor,
        asset=fields["asset"],
        quantity=fields["quantity"],
        condition=fields["condition"],
        brand=fields["brand"],
        item_type=fields["item_type"],
        rating=_rounded(fields.get("rating"), _TENTH),
        neighbourhood=fields["neighbourhood"],
        cell=cell,
    )


def _price(fields: Mapping[str, Any], errors: list[dict[str, str]]) -> int | None:
    price, asset = fields["price"], fields["asset"]
    if fields["pricing"] != "credits":
        errors += [
            _error(name, "free_of_price", f"a {fields['pricing']} has no {name}")
            for name in ("price", "asset")
            if fields[name] is not None
        ]
        return None
    if price is None:
        errors.append(_error("price", "required", 'credits need a price, such as "60.00"'))
    if asset not in SCALES:
        errors.append(_error("asset", "asset", f"is one of {', '.join(SCALES)}"))
    if errors:
        return None
    try:
        price_minor = parse_amount(price, asset)
    except AmountError as error:
        errors.append(_error("price", "amount", str(error)))
        return None
    if price_minor == 0:
        errors.append(_error("price", "positive", "is more than zero; a gift has pricing gift"))
    return price_minor


def _cell(fields: Mapping[str, Any], errors: list[dict[str, str]]) -> str | None:
    """The cell that was sent, or that of the spot that was sent."""
    cell, latitude, longitude = (fields.get(name) for name in ("cell", "latitude", "longitude"))
    if (latitude is None) != (longitude is None):
        absent = "latitude" if latitude is None else "longitude"
        errors.append(_error(absent, "location_whole", "send latitude and longitude together"))
    elif cell is not None and latitude is not None:
        errors.append(_error("cell", "one_place", "send a cell, or latitude and longitude"))
    elif cell is not None and not is_cell(cell):
        errors.append(_error("cell", "cell", "is an H3 cell of resolution 7, in small letters"))
    elif latitude is not None and longitude is not None:
        return cell_at(latitude, longitude)
    return cell


def _error(field: str, rule: str, message: str) -> dict[str, str]:
    return {"field": field, "rule": rule, "message": message}


def _rounded(value: Decimal | None, step: Decimal) -> Decimal | None:
    return None if value is None else value.quantize(step, ROUND_HALF_EVEN)
