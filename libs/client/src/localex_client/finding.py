"""Search."""

from localex_client.models import Found
from localex_client.wire import Wire


class Finding(Wire):
    """Calls that find items."""

    async def search(self, q: str = "", **filters: str | int | None) -> Found:
        """Find items.

        Args:
            q: Words; none finds everything.
            **filters: `category`, `kind`, `pricing`, `condition`, `price_min`, `price_max`,
                `asset`, `community`, `seller`, `sort`, `limit`, `cursor`.

        Raises:
            ProblemError: A filter is malformed, or search is away.
        """
        answer = await self.ask("GET", "/v1/search", query={"q": q or None, **filters})
        return Found.model_validate(answer)
