"""Transfers for later."""

from datetime import datetime
from uuid import UUID

from localex_client.account_models import Later, LaterPage
from localex_client.wire import Wire


class ForLater(Wire):
    """Calls about transfers that wait for their time."""

    async def transfer_later(  # noqa: PLR0913 - each is a word of the wish
        self,
        from_account: UUID,
        amount: str,
        effective_at: datetime,
        *,
        to_user: UUID | None = None,
        to_account: UUID | None = None,
        asset: str = "LXC",
        memo: str | None = None,
        key: str | None = None,
    ) -> Later:
        """Have money sent at a time to come, if it is there by then.

        Raises:
            ProblemError: The receiver is unknown, the time too far, or as many wait as may.
        """
        body = {
            "from_account": str(from_account),
            "to_user": str(to_user) if to_user else None,
            "to_account": str(to_account) if to_account else None,
            "amount": amount,
            "asset": asset,
            "memo": memo,
            "effective_at": effective_at.isoformat(),
        }
        return Later.model_validate(await self.write("/v1/transfers", body, key))

    async def transfers_for_later(
        self,
        *,
        account_id: UUID | None = None,
        state: str | None = None,
        cursor: UUID | None = None,
        limit: int = 50,
    ) -> LaterPage:
        """One's own transfers for later, newest first; operators see others' by the account."""
        query = {
            "account_id": str(account_id) if account_id else None,
            "state": state,
            "cursor": str(cursor) if cursor else None,
            "limit": limit,
        }
        return LaterPage.model_validate(
            await self.ask("GET", "/v1/scheduled-transfers", query=query)
        )

    async def transfer_for_later(self, scheduled_id: UUID) -> Later:
        """One of them."""
        return Later.model_validate(
            await self.ask("GET", f"/v1/scheduled-transfers/{scheduled_id}")
        )

    async def call_off(self, scheduled_id: UUID, *, key: str | None = None) -> Later:
        """Call it off before it is carried out.

        Raises:
            ProblemError: It is carried out already, or over.
        """
        path = f"/v1/scheduled-transfers/{scheduled_id}/cancel"
        return Later.model_validate(await self.write(path, {}, key))
