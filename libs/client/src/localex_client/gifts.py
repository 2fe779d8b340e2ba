"""Gift credits."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from localex_client.models import Transfer
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

    async def gifts(
        self,
        *,
        direction: Literal["received", "given"] = "received",
        state: str | None = None,
        cursor: UUID | None = None,
        limit: int = 50,
    ) -> list[Gift]:
        """Gifts that one received or gave, newest first, behind `cursor` where it is given."""
        query = {
            "direction": direction,
            "state": state,
            "cursor": str(cursor) if cursor else None,
            "limit": limit,
        }
        return Gifts.model_validate(await self.ask("GET", "/v1/gifts", query=query)).gifts

    async def gift(self, gift_id: UUID) -> Gift:
        """A gift that one gave or received."""
        return Gift.model_validate(await self.ask("GET", f"/v1/gifts/{gift_id}"))

    async def spend_gifts(
        self,
        from_account: UUID,
        amount: str,
        *,
        to_user: UUID | None = None,
        to_account: UUID | None = None,
        asset: str = "LXC",
        memo: str | None = None,
        key: str | None = None,
    ) -> Transfer:
        """Spend gift credits at an account that accepts them; first those that expire first.

        Raises:
            ProblemError: So much is not there, or the account takes none.
        """
        body = {
            "from_account": str(from_account),
            "to_user": str(to_user) if to_user else None,
            "to_account": str(to_account) if to_account else None,
            "amount": amount,
            "asset": asset,
            "memo": memo,
        }
        return Transfer.model_validate(await self.write("/v1/gifts/spend", body, key))
