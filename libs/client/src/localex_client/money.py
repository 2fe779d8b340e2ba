"""Accounts and transfers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from localex_client.account_models import BalanceAt, IssuanceRequest
from localex_client.models import Account, EntryPage, Transfer
from localex_client.money_models import Bulk, Explanation, Foreseen, ForeseenBulk
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
    ) -> Transfer | IssuanceRequest:
        """Issue credits to a person (operators only); so many only once a second one approves.

        Raises:
            ProblemError: The caller may not, or the day's limit is reached.
        """
        body = {"to_user": str(to_user), "amount": amount, "asset": asset, "reason": reason}
        answer = await self.write("/v1/issuances", body, key)
        waits = "requested_at" in answer
        return (IssuanceRequest if waits else Transfer).model_validate(answer)

    async def transfer(  # noqa: PLR0913 - each is a word of the wish
        self,
        from_account: UUID,
        amount: str,
        *,
        to_user: UUID | None = None,
        to_account: UUID | None = None,
        asset: str = "LXC",
        memo: str | None = None,
        fee_quote: UUID | None = None,
        key: str | None = None,
    ) -> Transfer:
        """Send money to a person or an account, at a price that was promised if `fee_quote` is.

        Raises:
            ProblemError: Not enough is available, the receiver is unknown, or the quote is over.
        """
        body = {
            "from_account": str(from_account),
            "to_user": str(to_user) if to_user else None,
            "to_account": str(to_account) if to_account else None,
            "amount": amount,
            "asset": asset,
            "memo": memo,
            "fee_quote": str(fee_quote) if fee_quote else None,
        }
        return Transfer.model_validate(await self.write("/v1/transfers", body, key))

    async def bulk(
        self,
        transfers: Sequence[Mapping[str, Any]],
        *,
        atomic: bool = False,
        key: str | None = None,
    ) -> Bulk:
        """Send up to 10,000 transfers: all or none, or each for itself and its group.

        Repeat a call whose answer was lost with its key: what is done is answered again.

        Args:
            transfers: Each as a request of `transfer`, with `ref` and `group` if wanted.
            atomic: All or none.
            key: Idempotency key of the whole.

        Raises:
            ProblemError: None of an atomic bulk was posted; `facts["refused"]` says which.
        """
        answer = await self.write("/v1/transfers/bulk", _bulk_of(transfers, atomic=atomic), key)
        return Bulk.model_validate(answer)

    async def foresee_bulk(
        self, transfers: Sequence[Mapping[str, Any]], *, atomic: bool = False
    ) -> ForeseenBulk:
        """What would become of a bulk now; nothing is written."""
        body = _bulk_of(transfers, atomic=atomic)
        return ForeseenBulk.model_validate(await self.try_out("/v1/transfers/bulk", body))

    async def send_by_template(
        self, template: str, *, key: str | None = None, **wish: Any
    ) -> Transfer:
        """A payment, split, refund, deposit or withdrawal, with the template's fields.

        Raises:
            ProblemError: It cannot be; `foresee` says so beforehand.
        """
        body = {"template": template, **wish}
        return Transfer.model_validate(await self.write("/v1/transfers/templates", body, key))

    async def foresee(self, template: str, **wish: Any) -> Foreseen:
        """What would become of a template now: fees, limits and balances; nothing is written."""
        body = {"template": template, **wish}
        return Foreseen.model_validate(await self.try_out("/v1/transfers/templates", body))

    async def explain(self, account_id: UUID) -> Explanation:
        """Why an account stands where it stands."""
        return Explanation.model_validate(
            await self.ask("GET", f"/v1/accounts/{account_id}/explain")
        )

    async def get_transfer(self, transfer_id: UUID) -> Transfer:
        """One transfer."""
        return Transfer.model_validate(await self.ask("GET", f"/v1/transfers/{transfer_id}"))

    async def balance_at(
        self,
        account_id: UUID,
        *,
        effective_at: datetime | None = None,
        known_at: datetime | None = None,
    ) -> BalanceAt:
        """What an account had at a time, as far as it was known; now without one."""
        times = {"effective_at": effective_at, "known_at": known_at}
        query = {name: at.isoformat() if at else None for name, at in times.items()}
        path = f"/v1/accounts/{account_id}/balance"
        return BalanceAt.model_validate(await self.ask("GET", path, query=query))

    async def reverse(
        self,
        transfer_id: UUID,
        *,
        amount: str | None = None,
        reason: str | None = None,
        key: str | None = None,
    ) -> Transfer:
        """Give a transfer back, whole or in part. Operators only.

        Raises:
            ProblemError: So much of it is not left, or not there.
        """
        body = {"amount": amount, "reason": reason}
        path = f"/v1/transfers/{transfer_id}/reverse"
        return Transfer.model_validate(await self.write(path, body, key))


def _bulk_of(transfers: Sequence[Mapping[str, Any]], *, atomic: bool) -> dict[str, Any]:
    mode = "atomic" if atomic else "independent"
    # Ids may be given as they are.
    texts = [
        {name: str(value) if isinstance(value, UUID) else value for name, value in one.items()}
        for one in transfers
    ]
    return {"mode": mode, "transfers": texts}
