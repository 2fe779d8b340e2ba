"""What operators see to: policies of accounts, credits that are made, what was refused, history."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from localex_client.account_models import (
    HistoryImport,
    IssuanceRequest,
    IssuanceRequestPage,
    Policy,
    PolicyPage,
    RefusedAttemptPage,
)
from localex_client.models import Transfer
from localex_client.wire import Wire, new_key


class Oversight(Wire):
    """Calls of operators about money; owners see their own accounts' policies."""

    async def policy(self, account_id: UUID) -> Policy:
        """What an account may and may not, and what is left of each velocity."""
        return Policy.model_validate(await self.ask("GET", f"/v1/accounts/{account_id}/policy"))

    async def policies(
        self, account_id: UUID, *, cursor: str | None = None, limit: int = 50
    ) -> PolicyPage:
        """What its policies were, newest first, and why they changed."""
        path, query = f"/v1/accounts/{account_id}/policies", {"cursor": cursor, "limit": limit}
        return PolicyPage.model_validate(await self.ask("GET", path, query=query))

    async def change_limits(
        self,
        account_id: UUID,
        changes: Mapping[str, Any],
        reason: str,
        *,
        version: int | None = None,
        key: str | None = None,
    ) -> Policy:
        """Change limits of an account.

        Args:
            account_id: Which.
            changes: `floor`, `soft_floor`, `ceiling`, `velocity`, `accepts_gifts`; None takes a
                limit away.
            reason: Why.
            version: Change only this version of it; whatever there is without it.
            key: Idempotency key.

        Raises:
            ProblemError: It has changed meanwhile, or what is on the account does not fit.
        """
        changed = await self.ask(
            "PATCH",
            f"/v1/accounts/{account_id}/policy",
            json={**changes, "reason": reason},
            key=key or new_key(),
            headers=_match(version),
        )
        return Policy.model_validate(changed)

    async def act_on_account(
        self,
        account_id: UUID,
        act: Literal["freeze", "unfreeze", "close", "reopen"],
        reason: str,
        *,
        version: int | None = None,
        key: str | None = None,
    ) -> Policy:
        """Freeze an account (nothing leaves it) or close it (nothing moves), and back.

        Raises:
            ProblemError: It is so already, or one that is to be closed is not empty.
        """
        changed = await self.ask(
            "POST",
            f"/v1/accounts/{account_id}/policy/{act}",
            json={"reason": reason},
            key=key or new_key(),
            headers=_match(version),
        )
        return Policy.model_validate(changed)

    async def refused_attempts(
        self,
        *,
        account: UUID | None = None,
        user: UUID | None = None,
        rule: str | None = None,
        begins: datetime | None = None,
        ends: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> RefusedAttemptPage:
        """Attempts to move money that a rule refused, newest first; each filter narrows."""
        query = {
            "account": str(account) if account else None,
            "user": str(user) if user else None,
            "rule": rule,
            "from": begins.isoformat() if begins else None,
            "to": ends.isoformat() if ends else None,
            "cursor": cursor,
            "limit": limit,
        }
        return RefusedAttemptPage.model_validate(
            await self.ask("GET", "/v1/refused-attempts", query=query)
        )

    async def issuance_requests(
        self, *, state: str | None = None, cursor: UUID | None = None, limit: int = 50
    ) -> IssuanceRequestPage:
        """What waits, or has waited, for a second operator; newest first."""
        query = {"state": state, "cursor": str(cursor) if cursor else None, "limit": limit}
        return IssuanceRequestPage.model_validate(
            await self.ask("GET", "/v1/issuances/requests", query=query)
        )

    async def decide_issuance(
        self, request_id: UUID, how: Literal["approve", "reject"], *, key: str | None = None
    ) -> IssuanceRequest:
        """Approve what another operator asked for, or drop a request, one's own too.

        Raises:
            ProblemError: It is one's own to approve, it is decided, or the day's limit is reached.
        """
        path = f"/v1/issuances/requests/{request_id}/{how}"
        return IssuanceRequest.model_validate(await self.write(path, {}, key))

    async def burn(
        self,
        from_account: UUID,
        amount: str,
        reason: str,
        *,
        asset: str = "LXC",
        key: str | None = None,
    ) -> Transfer:
        """Take credits out of being.

        Raises:
            ProblemError: Not so much is available.
        """
        body = {"from_account": str(from_account), "amount": amount, "asset": asset}
        answer = await self.write("/v1/issuances/burn", {**body, "reason": reason}, key)
        return Transfer.model_validate(answer)

    async def begin_import(
        self, name: str, community: str, *, kind: str = "TRANSFERS"
    ) -> HistoryImport:
        """Begin an import of history, or find it again by its name."""
        body = {"name": name, "kind": kind, "community": community}
        answer = await self.ask("POST", "/v1/history-imports", json=body)
        return HistoryImport.model_validate(answer)

    async def bring_rows(
        self, import_id: UUID, first: int, rows: Sequence[Mapping[str, Any]]
    ) -> HistoryImport:
        """Bring in the next rows, up to 1,000; those that are done already are left out.

        Args:
            import_id: Which import.
            first: The number of the first row, from 1.
            rows: Each with `reference`, `effective_at`, `from`, `to`, `amount` and `asset`.

        Raises:
            ProblemError: Rows before them are missing.
        """
        path, body = f"/v1/history-imports/{import_id}/rows", {"first": first, "rows": list(rows)}
        return HistoryImport.model_validate(await self.ask("PUT", path, json=body, key=new_key()))

    async def history_import(
        self, import_id: UUID, *, after: int = 0, limit: int = 100
    ) -> HistoryImport:
        """How far an import is, and rows behind `after` that were refused."""
        path, query = f"/v1/history-imports/{import_id}", {"after": after, "limit": limit}
        return HistoryImport.model_validate(await self.ask("GET", path, query=query))


def _match(version: int | None) -> dict[str, str]:
    return {"If-Match": "*" if version is None else f'"{version}"'}
