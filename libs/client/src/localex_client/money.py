"""Accounts and transfers."""

from uuid import UUID

from localex_client.models import Account, EntryPage, Transfer
from localex_client.wire import Wire


class Money(Wire):
    """Calls about money. Amounts are decimal strings such as "60.00"."""

    async def accounts(self) -> list[Account]:
        """One's own accounts."""
        answer = await self.ask("GET", "/v1/accounts")
        return [Account.model_validate(found) for found in answer["accounts"]]

    async def account(self, account_id: UUID) -> Account:
        """One account."""
        return Account.model_validate(await self.ask("GET", f"/v1/accounts/{account_id}"))

    async def entries(
        self, account_id: UUID, *, limit: int | None = None, cursor: int | None = None
    ) -> EntryPage:
        """What moved on an account, newest first."""
        query = {"limit": limit, "cursor": cursor}
        path = f"/v1/accounts/{account_id}/entries"
        return EntryPage.model_validate(await self.ask("GET", path, query=query))

    async def issue(
        self,
        to_user: UUID,
        amount: str,
        *,
        asset: str = "LXC",
        reason: str,
        key: str | None = None,
    ) -> Transfer:
        """Issue credits to a person (operators only).

        Raises:
            ProblemError: The caller may not, or the amount is above the limit.
        """
        body = {"to_user": str(to_user), "amount": amount, "asset": asset, "reason": reason}
        return Transfer.model_validate(await self.write("/v1/issuances", body, key))

    async def transfer(
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
        """Send money to a person or an account.

        Raises:
            ProblemError: Not enough is available, or the receiver is unknown.
        """
        body = {
            "from_account": str(from_account),
            "to_user": str(to_user) if to_user else None,
            "to_account": str(to_account) if to_account else None,
            "amount": amount,
            "asset": asset,
            "memo": memo,
        }
        return Transfer.model_validate(await self.write("/v1/transfers", body, key))

    async def get_transfer(self, transfer_id: UUID) -> Transfer:
        """One transfer."""
        return Transfer.model_validate(await self.ask("GET", f"/v1/transfers/{transfer_id}"))
