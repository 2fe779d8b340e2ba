"""Which communities there are."""

from typing import Literal

from localex_client.people_models import Community
from localex_client.wire import Wire


class Communities(Wire):
    """Calls about communities."""

    async def communities(
        self, *, state: Literal["OPEN", "CLOSED"] | None = None, limit: int = 50
    ) -> list[Community]:
        """The first communities by slug; people join those that are OPEN. Needs no log-in."""
        query = {"state": state, "limit": str(limit)}
        answer = await self.ask("GET", "/v1/communities", query=query)
        return [Community.model_validate(one) for one in answer["communities"]]

    async def open_community(
        self, slug: str, name: str, *, asset: str | None = None, key: str | None = None
    ) -> Community:
        """Open a community. Administrators only.

        Raises:
            ProblemError: There is one by this slug, or a field is malformed.
        """
        body = {"slug": slug, "name": name, "asset": asset}
        return Community.model_validate(await self.write("/v1/communities", body, key))

    async def close_community(self, slug: str, reason: str, *, key: str | None = None) -> Community:
        """Let nobody join it any more; its members go on. Administrators only.

        Raises:
            ProblemError: There is none, or it is closed.
        """
        path = f"/v1/communities/{slug}/close"
        return Community.model_validate(await self.write(path, {"reason": reason}, key))

    async def reopen_community(
        self, slug: str, reason: str, *, key: str | None = None
    ) -> Community:
        """Let people join it again. Administrators only.

        Raises:
            ProblemError: There is none, or it is open.
        """
        path = f"/v1/communities/{slug}/reopen"
        return Community.model_validate(await self.write(path, {"reason": reason}, key))
