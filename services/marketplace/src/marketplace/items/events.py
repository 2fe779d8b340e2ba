"""What is said of an item when it has changed."""

from uuid import UUID

from contracts.marketplace import ItemChanged, ShownImage
from marketplace.image_urls import urls_of
from marketplace.items.lifecycle import cell_of
from marketplace.items.models import Item


def changed(item: Item) -> ItemChanged:
    """The whole of an item as others may know it; `quantity` is what can still be had."""
    said = item.listing
    return ItemChanged(
        item_id=item.id,
        version=item.version,
        seller_id=item.seller_id,
        community=item.community,
        status=item.status,
        kind=said.kind,
        title=said.title,
        description=said.description,
        category_path=said.category.names,
        pricing=said.pricing,
        price_minor=said.price_minor,
        asset=said.asset,
        quantity=item.available,
        condition=said.condition,
        brand=said.brand,
        item_type=said.item_type,
        rating=None if said.rating is None else str(said.rating),
        neighbourhood=said.neighbourhood,
        cell_latitude=cell_of(said.latitude),
        cell_longitude=cell_of(said.longitude),
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
