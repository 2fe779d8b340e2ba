"""Webhooks: endpoints of one's own programs."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from localex_client.people_models import Endpoint
from localex_client.wire import Wire, new_key


class Webhooks(Wire):
    """Calls about webhooks."""

    async def add_endpoint(
        self, url: str, event_types: Sequence[str] = (), *, key: str | None = None
    ) -> UUID:
        """Have a program told what concerns you; all of it when no types are named.

        Raises:
            ProblemError: The URL may not be called, or there are ten endpoints.
        """
        body = {"url": url, "event_types": list(event_types)}
        return UUID((await self.write("/v1/webhooks/endpoints", body, key))["id"])

    async def endpoint_secrets(self, endpoint_id: UUID) -> list[str]:
        """What its messages are signed with, the newest first."""
        found = await self.ask("GET", f"/v1/webhooks/endpoints/{endpoint_id}/secrets")
        return [one["secret"] for one in found["secrets"]]

    async def rotate_secret(self, endpoint_id: UUID, *, key: str | None = None) -> None:
        """Sign with a new secret, and for a day with the last one, too."""
        path = f"/v1/webhooks/endpoints/{endpoint_id}/rotate-secret"
        await self.ask("POST", path, key=key or new_key())

    async def endpoint_deliveries(
        self, endpoint_id: UUID, *, state: str | None = None, limit: int = 50
    ) -> list[dict[str, Any]]:
        """What it was told, newest first."""
        path = f"/v1/webhooks/endpoints/{endpoint_id}/deliveries"
        found: dict[str, Any] = await self.ask("GET", path, query={"state": state, "limit": limit})
        listed: list[dict[str, Any]] = found["deliveries"]
        return listed

    async def redrive_delivery(self, delivery_id: UUID) -> None:
        """Tell it again."""
        await self.ask("POST", f"/v1/webhooks/deliveries/{delivery_id}/redrive")

    async def remove_endpoint(self, endpoint_id: UUID) -> None:
        """Tell it nothing more."""
        await self.ask("DELETE", f"/v1/webhooks/endpoints/{endpoint_id}")

    async def endpoints(self) -> list[Endpoint]:
        """One's endpoints."""
        found = await self.ask("GET", "/v1/webhooks/endpoints")
        return [Endpoint.model_validate(one) for one in found["endpoints"]]
