"""Search."""

from collections.abc import Sequence
from uuid import UUID

from localex_client.market_models import Demand, Found, OwnSearchPage, Suggestions
from localex_client.wire import Wire


class Finding(Wire):
    """Calls that find items."""

    async def search(self, q: str = "", **filters: str | int | Sequence[str] | None) -> Found:
        """Find items.

        Args:
            q: Words; none finds everything.
            **filters: `category`, `kind`, `pricing`, `condition`, `brand` (one or several),
                `price_min`, `price_max`, `asset`, `rating_min`, `seller_rating_min`, `near`,
                `within_km`, `community`, `seller`, `sort`, `limit`, `cursor`.

        Raises:
            ProblemError: A filter is malformed, or search is away.
        """
        answer = await self.ask("GET", "/v1/search", query={"q": q or None, **filters})
        return Found.model_validate(answer)

    async def suggest(self, q: str, *, limit: int = 6) -> Suggestions:
        """What may be meant while somebody types.

        Raises:
            ProblemError: Search is away.
        """
        answer = await self.ask("GET", "/v1/suggest", query={"q": q, "limit": limit})
        return Suggestions.model_validate(answer)

    async def click(
        self, found: Found, item_id: UUID, position: int, *, key: str | None = None
    ) -> None:
        """Say which hit was chosen, so that searches get better.

        Raises:
            ProblemError: The search was not answered to this person.
        """
        body = {
            "query_id": str(found.query_id),
            "click_token": found.click_token,
            "item_id": str(item_id),
            "position": position,
        }
        await self.write("/v1/search/clicks", body, key)

    async def demand(self, *, limit: int = 20) -> list[Demand]:
        """What several people of one's community looked for in vain."""
        answer = await self.ask("GET", "/v1/search/demand", query={"limit": limit})
        return [Demand.model_validate(one) for one in answer["demand"]]

    async def my_searches(self, *, cursor: UUID | None = None, limit: int = 50) -> OwnSearchPage:
        """What one searched for and chose, newest first, as long as it is kept."""
        query = {"cursor": str(cursor) if cursor else None, "limit": limit}
        return OwnSearchPage.model_validate(await self.ask("GET", "/v1/search/mine", query=query))
