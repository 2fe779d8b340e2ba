"""What members report, and what operators decide and arrange."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from localex_client.market_models import CategoryNode, OwnReportPage, ReportQueue
from localex_client.office_models import Case
from localex_client.wire import Wire, new_key


class Moderation(Wire):
    """Calls about reports and the tree of categories."""

    async def report_item(
        self, item_id: UUID, ground: str, *, details: str | None = None, key: str | None = None
    ) -> None:
        """Tell operators that an item breaks the rules.

        Args:
            item_id: Which.
            ground: `prohibited`, `unsafe`, `fraud`, `misleading`, `offensive`, `spam` or `other`.
            details: In words; `other` needs them.
            key: Idempotency key.

        Raises:
            ProblemError: It is not on show, one's own, or reported by oneself before.
        """
        await self.write(
            f"/v1/items/{item_id}/reports", {"ground": ground, "details": details}, key
        )

    async def my_reports(self, *, cursor: str | None = None, limit: int = 20) -> OwnReportPage:
        """What one has reported oneself, newest first."""
        query = {"cursor": cursor, "limit": limit}
        return OwnReportPage.model_validate(
            await self.ask("GET", "/v1/item-reports/mine", query=query)
        )

    async def item_case(self, item_id: UUID) -> Case:
        """All reports of an item and decisions on it. Operators only."""
        return Case.model_validate(await self.ask("GET", f"/v1/items/{item_id}/reports"))

    async def reported_items(self, *, cursor: str | None = None) -> ReportQueue:
        """Items with open reports, longest waiting first. Operators only."""
        query = {"cursor": cursor}
        return ReportQueue.model_validate(await self.ask("GET", "/v1/item-reports", query=query))

    async def decide_item(
        self,
        item_id: UUID,
        decision: Literal["dismiss", "hide", "restore"],
        reason: str,
        *,
        key: str | None = None,
    ) -> None:
        """Dismiss an item's open reports, hide it, or put it back. Operators only.

        Raises:
            ProblemError: It is one's own, or the decision would change nothing.
        """
        body = {"decision": decision, "reason": reason}
        await self.write(f"/v1/items/{item_id}/decisions", body, key)

    async def categories(self) -> list[CategoryNode]:
        """The tree, parents before children, with what is on offer in one's community."""
        tree = await self.ask("GET", "/v1/categories")
        return [CategoryNode.model_validate(one) for one in tree["categories"]]

    async def add_category(
        self,
        name: str,
        reason: str,
        *,
        parent_id: UUID | None = None,
        synonyms: tuple[str, ...] = (),
        key: str | None = None,
    ) -> CategoryNode:
        """Add a category, at the root or below another. Operators only.

        Raises:
            ProblemError: The path is taken or too deep, or there is no such parent.
        """
        body = {
            "name": name,
            "reason": reason,
            "parent_id": str(parent_id) if parent_id else None,
            "synonyms": list(synonyms),
        }
        return CategoryNode.model_validate(await self.write("/v1/categories", body, key))

    async def change_category(
        self, category: CategoryNode, changes: Mapping[str, Any], reason: str
    ) -> CategoryNode:
        """Rename or move a category with all below it, or set its synonyms. Operators only.

        Args:
            category: As it was read.
            changes: `name`, `parent_id` (None makes a root), `synonyms`.
            reason: Why.

        Raises:
            ProblemError: It has changed meanwhile, or can't be so.
        """
        changed = await self.ask(
            "PATCH",
            f"/v1/categories/{category.id}",
            json={**changes, "reason": reason},
            key=new_key(),
            headers={"If-Match": f'"{category.version}"'},
        )
        return CategoryNode.model_validate(changed)
