"""What is said of an item when it has changed."""

from uuid import UUID

from contracts.marketplace import ItemChanged, ShownImage
from marketplace.image_urls import urls_of
from marketplace.items.models import Item
from marketplace.items.place import centre_of


def changed(item: Item) -> ItemChanged:
    """The whole of an item as others may know it; `quantity` is what can still be had.

    A hidden item is said to be withdrawn, so that whoever shows items drops it.
    """
    said = item.listing
    latitude, longitude = centre_of(said.cell) or (None, None)
    return ItemChanged(
        item_id=item.id,
        version=item.version,
        seller_id=item.seller_id,
        community=item.community,
        status="withdrawn" if item.hidden else item.status,
        kind=said.kind,
        title=said.title,
        description=said.description,
        category_id=said.category.id,
        category_path=said.category.names,
        pricing=said.pricing,
        wanted=said.wanted,
        accepts_gift_credits=said.accepts_gift_credits,
        price_minor=said.price_minor,
        asset=said.asset,
        quantity=item.available,
        condition=said.condition,
        brand=said.brand,
        item_type=said.item_type,
        rating=None if said.rating is None else str(said.rating),
        neighbourhood=said.neighbourhood,
        cell=said.cell,
        cell_latitude=latitude,
        cell_longitude=longitude,
        hidden=item.hidden,
        image_urls=tuple(urls_of(image.hash)["large"] for image in item.images),
        images=tuple(
            ShownImage(
                image_id=UUID(image.id),
                width=image.width,
                height=image.height,
                color=image.color,
                small_url=urls_of(image.hash)["small"],
                medium_url=urls_of(image.hash)["medium"],
                large_url=urls_of(image.hash)["large"],
            )
            for image in item.images
        ),
        created_at=item.created_at,
        changed_at=item.changed_at,
    )
