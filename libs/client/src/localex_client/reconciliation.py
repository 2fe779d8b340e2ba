"""Reconciliation with banks and providers, and of the services with each other. For operators.

Answers are the system's JSON: `docs/operations/reconciliation.md` tells what is in them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from localex_client.wire import Wire, new_key

type Document = dict[str, Any]


class Reconciliation(Wire):
    """Calls about statements, runs, decisions and differences."""

    async def reconciled_accounts(self) -> list[Document]:
        """How each account is reconciled; all of them."""
        return await self._all("/v1/reconciliation/accounts")

    async def set_up_reconciliation(
        self, account_id: UUID, setup: Mapping[str, Any], *, key: str | None = None
    ) -> Document:
        """Say how an account is reconciled: a new version.

        Raises:
            ProblemError: The system refused.
        """
        found: Document = await self.write(f"{_home(account_id)}/setup", setup, key)
        return found

    async def import_statements(
        self,
        account_id: UUID,
        content: bytes,
        *,
        key: str | None = None,
        **about: str | None,
    ) -> Document:
        """Bring a statement file: `format`, `file_name`, and what a CSV file does not say itself.

        The same file again changes nothing, also under another key.

        Raises:
            ProblemError: The file was refused as a whole; `field_errors` name the lines.
        """
        found: Document = await self.ask(
            "POST",
            f"{_home(account_id)}/statements",
            json=content,
            query=about,
            key=key or new_key(),
            headers={"content-type": "application/octet-stream"},
        )
        return found

    async def imported_statements(self, account_id: UUID, *, limit: int = 50) -> list[Document]:
        """Statements that were brought, newest first."""
        return await self._first(f"{_home(account_id)}/statements", limit)

    async def decisions(self, account_id: UUID, *, limit: int = 50) -> list[Document]:
        """Who or what settled which items, and why; newest first."""
        return await self._first(f"{_home(account_id)}/decisions", limit)

    async def proposals(self, account_id: UUID, *, limit: int = 50) -> list[Document]:
        """Write-offs that wait, or have waited, for a second operator; newest first."""
        return await self._first(f"{_home(account_id)}/proposals", limit)

    async def start_run(self, account_id: UUID, *, key: str | None = None) -> Document:
        """Match everything that is open, in the background."""
        found: Document = await self.write(f"{_home(account_id)}/runs", {}, key)
        return found

    async def newest_run(self, account_id: UUID) -> Document | None:
        """The newest run and how far it is."""
        found = await self.ask("GET", f"{_home(account_id)}/runs", query={"limit": 1})
        return next(iter(found["found"]), None)

    async def move_run(
        self, account_id: UUID, run_id: str, move: Literal["pause", "resume"]
    ) -> Document:
        """Pause a run, or let it go on where it stands."""
        path = f"{_home(account_id)}/runs/{run_id}/{move}"
        found: Document = await self.ask("POST", path, key=new_key())
        return found

    async def suspense(self, account_id: UUID, side: str, *, limit: int = 50) -> list[Document]:
        """The first items of a side that nobody has settled."""
        path = f"{_home(account_id)}/suspense"
        answer = await self.ask("GET", path, query={"side": side, "limit": limit})
        found: list[Document] = answer["found"]
        return found

    async def summary(self, account_id: UUID) -> Document:
        """Ledger balance = closing balance + what explains the rest."""
        found: Document = await self.ask("GET", f"{_home(account_id)}/summary")
        return found

    async def settle(
        self,
        account_id: UUID,
        how: Literal["matches", "ignored", "write-offs"],
        *,
        lines: Sequence[int] = (),
        entries: Sequence[int] = (),
        reason: str,
        key: str | None = None,
    ) -> Document:
        """Decide about items by hand. A large write-off is only proposed.

        Raises:
            ProblemError: The system refused.
        """
        body = {"lines": list(lines), "entries": list(entries), "reason": reason}
        found: Document = await self.write(f"{_home(account_id)}/{how}", body, key)
        return found

    async def decide_proposal(
        self, account_id: UUID, proposal_id: str, how: Literal["approve", "reject"]
    ) -> Document:
        """Approve a write-off that another operator proposed, or drop it."""
        path = f"{_home(account_id)}/proposals/{proposal_id}/{how}"
        found: Document = await self.ask("POST", path, key=new_key())
        return found

    async def undo_decision(self, account_id: UUID, decision_id: str, reason: str) -> Document:
        """Take back a match or an ignoring."""
        path = f"{_home(account_id)}/decisions/{decision_id}/undo"
        found: Document = await self.write(path, {"reason": reason}, None)
        return found

    async def trade_differences(self) -> Document:
        """Trades whose escrow is not as it should be."""
        found: Document = await self.ask("GET", "/v1/reconciliation/differences")
        return found

    async def index_parity(self) -> Document:
        """Documents that are not what the marketplace told."""
        found: Document = await self.ask("GET", "/v1/search/parity")
        return found

    async def _first(self, path: str, limit: int) -> list[Document]:
        found: list[Document] = (await self.ask("GET", path, query={"limit": limit}))["found"]
        return found

    async def _all(self, path: str) -> list[Document]:
        found: list[Document] = []
        cursor = None
        while True:
            page = await self.ask("GET", path, query={"cursor": cursor, "limit": 200})
            found += page["found"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found


def _home(account_id: UUID) -> str:
    return f"/v1/reconciliation/accounts/{account_id}"
