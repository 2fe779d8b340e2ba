"""What one wants to hear of: watched items and saved searches."""

from uuid import UUID

from localex_client.market_models import SavedSearch, WatchPage
from localex_client.wire import Wire, new_key


class Interests(Wire):
    """Calls about watch lists and saved searches.

    News comes live, as `marketplace.WatchedItemCheaper`, `marketplace.WatchedItemSold` and
    `marketplace.SavedSearchMatched`.
    """

    async def watch_item(self, item_id: UUID) -> None:
        """Be told when an item gets cheaper than it is now, or is sold.

        Raises:
            ProblemError: It is not on show or one's own, or one watches as many as one may.
        """
        await self.ask("PUT", f"/v1/items/{item_id}/watch", key=new_key())

    async def unwatch_item(self, item_id: UUID) -> None:
        """Watch an item no longer."""
        await self.ask("DELETE", f"/v1/items/{item_id}/watch", key=new_key())

    async def watches(self, *, cursor: str | None = None, limit: int = 20) -> WatchPage:
        """Items that one watches, the newest listings first."""
        query = {"cursor": cursor, "limit": limit}
        return WatchPage.model_validate(await self.ask("GET", "/v1/watches", query=query))

    async def save_search(
        self,
        name: str,
        *,
        q: str | None = None,
        category: str | None = None,
        kind: str | None = None,
        price_max: str | None = None,
        asset: str = "LXC",
        key: str | None = None,
    ) -> SavedSearch:
        """Be told of items that come on offer and match.

        Args:
            name: One's own name for it.
            q: Words, all of which an item must have, in any form.
            category: With all below it; words or a category must be there.
            kind: `good` or `service`.
            price_max: At most this; gifts are below every price.
            asset: What the price is in.
            key: Idempotency key.

        Raises:
            ProblemError: A field is malformed, or one has saved as many as one may.
        """
        body = {
            "name": name,
            "q": q,
            "category": category,
            "kind": kind,
            "price_max": price_max,
            "asset": asset if price_max else None,
        }
        return SavedSearch.model_validate(await self.write("/v1/saved-searches", body, key))

    async def saved_searches(self) -> list[SavedSearch]:
        """All searches that one has saved, newest first."""
        found = await self.ask("GET", "/v1/saved-searches")
        return [SavedSearch.model_validate(one) for one in found["saved_searches"]]

    async def delete_search(self, search_id: UUID) -> None:
        """Forget a saved search.

        Raises:
            ProblemError: There is none with this id among one's own.
        """
        await self.ask("DELETE", f"/v1/saved-searches/{search_id}", key=new_key())
