"""Listings."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from localex_client.market_models import ImportResult, Item, ItemPage
from localex_client.wire import Wire, new_key


class Items(Wire):
    """Calls about listings."""

    async def create_item(
        self,
        title: str,
        *,
        price: str | None = None,
        asset: str | None = "LXC",
        key: str | None = None,
        **fields: Any,
    ) -> Item:
        """List an item.

        Args:
            title: One line.
            price: In credits, such as "80.00"; none for a gift or a barter.
            asset: What the price is in.
            key: Idempotency key.
            **fields: Further fields, such as `description`, `category` or `condition`.

        Raises:
            ProblemError: A field is malformed.
        """
        body = {"title": title, "price": price, "asset": asset if price else None, **fields}
        return Item.model_validate(await self.write("/v1/items", body, key))

    async def my_items(
        self,
        *,
        status: str | None = None,
        kind: str | None = None,
        pricing: str | None = None,
        category: str | None = None,
        cursor: str | None = None,
    ) -> ItemPage:
        """One's own listings, drafts too, newest first; each filter narrows."""
        query = {
            "mine": True,
            "status": status,
            "kind": kind,
            "pricing": pricing,
            "category": category,
            "cursor": cursor,
        }
        return ItemPage.model_validate(await self.ask("GET", "/v1/items", query=query))

    async def get_item(self, item_id: UUID) -> Item:
        """One listing."""
        return Item.model_validate(await self.ask("GET", f"/v1/items/{item_id}"))

    async def patch_item(
        self, item_id: UUID, changes: Mapping[str, Any], *, version: int | None = None
    ) -> Item:
        """Change a listing.

        Args:
            item_id: Which.
            changes: New values by field; None clears one.
            version: Change only this version of it; whatever there is without it.

        Raises:
            ProblemError: It is another's, has changed meanwhile, or a field is malformed.
        """
        headers = {"If-Match": "*" if version is None else f'"{version}"'}
        path = f"/v1/items/{item_id}"
        changed = await self.ask("PATCH", path, json=dict(changes), key=new_key(), headers=headers)
        return Item.model_validate(changed)

    async def import_items(
        self, rows: Sequence[Mapping[str, Any]], *, key: str | None = None
    ) -> ImportResult:
        """Bring in up to 500 listings; each row stands or falls alone.

        Args:
            rows: Listings, each with an `external_ref` that names it where it comes from.
            key: Idempotency key.
        """
        body = {"items": [dict(row) for row in rows]}
        return ImportResult.model_validate(await self.write("/v1/items/import", body, key))
