"""Gift credits."""

from datetime import datetime
from uuid import UUID

from localex_client.money_models import Gift, Gifts
from localex_client.wire import Wire


class Giving(Wire):
    """Calls about gift credits."""

    async def give(
        self,
        from_account: UUID,
        to_user: UUID,
        amount: str,
        *,
        asset: str = "LXC",
        expires_at: datetime | None = None,
        key: str | None = None,
    ) -> Gift:
        """Give credits to somebody, who spends them where gift credits are taken.

        Raises:
            ProblemError: Not enough is available, or the end is past or too far.
        """
        body = {
            "from_account": str(from_account),
            "to_user": str(to_user),
            "amount": amount,
            "asset": asset,
            "expires_at": expires_at.isoformat() if expires_at else None,
        }
        return Gift.model_validate(await self.write("/v1/gifts", body, key))

    async def gifts(self) -> list[Gift]:
        """The newest gifts that one received."""
        return Gifts.model_validate(await self.ask("GET", "/v1/gifts")).gifts
