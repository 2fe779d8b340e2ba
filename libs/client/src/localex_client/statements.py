"""Statements of accounts: page by page, as a sheet, on paper, or made as a file for later."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from localex_client.account_models import OrderedStatement, OrderedStatementPage, Statement
from localex_client.wire import Wire, raise_problem


class Statements(Wire):
    """Calls about statements. A period is a `month` such as "2026-11", or `begins` and `ends`."""

    async def statement(
        self,
        account_id: UUID,
        begins: datetime,
        ends: datetime,
        *,
        known_at: datetime | None = None,
        cursor: str | None = None,
        limit: int = 200,
    ) -> Statement:
        """What took effect from `begins` up to and without `ends`, a page of it."""
        period = _period(None, begins, ends, known_at)
        path = f"/v1/accounts/{account_id}/statement"
        query = {**period, "cursor": cursor, "limit": limit}
        return Statement.model_validate(await self.ask("GET", path, query=query))

    async def statement_file(
        self,
        account_id: UUID,
        form: Literal["csv", "pdf"],
        *,
        month: str | None = None,
        begins: datetime | None = None,
        ends: datetime | None = None,
        known_at: datetime | None = None,
    ) -> bytes:
        """A whole statement as a file, up to so many entries.

        Raises:
            ProblemError: It is too long: order it.
        """
        period = _period(month, begins, ends, known_at)
        answer = await self.send("GET", f"/v1/accounts/{account_id}/statement.{form}", query=period)
        raise_problem(answer)
        return answer.content

    async def order_statement(
        self,
        account_id: UUID,
        form: Literal["csv", "pdf"],
        *,
        month: str | None = None,
        begins: datetime | None = None,
        ends: datetime | None = None,
        known_at: datetime | None = None,
        key: str | None = None,
    ) -> OrderedStatement:
        """Have a statement of any length made as a file.

        Raises:
            ProblemError: The account is another's, or as many wait as may.
        """
        body = {"form": form, **_period(month, begins, ends, known_at)}
        path = f"/v1/accounts/{account_id}/statements"
        return OrderedStatement.model_validate(await self.write(path, body, key))

    async def ordered_statements(
        self, *, cursor: UUID | None = None, limit: int = 50
    ) -> OrderedStatementPage:
        """What one ordered, newest first, without links."""
        query = {"cursor": str(cursor) if cursor else None, "limit": limit}
        return OrderedStatementPage.model_validate(
            await self.ask("GET", "/v1/statements", query=query)
        )

    async def ordered_statement(self, statement_id: UUID) -> OrderedStatement:
        """How far a statement is, and once it is DONE where to fetch it, for ten minutes."""
        return OrderedStatement.model_validate(
            await self.ask("GET", f"/v1/statements/{statement_id}")
        )


def _period(
    month: str | None, begins: datetime | None, ends: datetime | None, known_at: datetime | None
) -> dict[str, str | None]:
    times = {"from": begins, "to": ends, "known_at": known_at}
    return {"month": month} | {name: at.isoformat() if at else None for name, at in times.items()}
