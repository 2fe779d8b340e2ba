"""What operators see to in search: reports, synonyms, the index."""

from uuid import UUID

from localex_client.office_models import (
    Reindexing,
    SearchReport,
    SwitchedRule,
    SynonymChange,
    SynonymRules,
)
from localex_client.wire import Wire, new_key


class SearchOffice(Wire):
    """Calls of operators about finding."""

    async def search_report(
        self, *, days: int = 7, slow_ms: int = 200, limit: int = 50
    ) -> SearchReport:
        """How one's community searches: popular, fruitless and slow searches, and times."""
        query = {"days": days, "slow_ms": slow_ms, "limit": limit}
        return SearchReport.model_validate(await self.ask("GET", "/v1/search/report", query=query))

    async def synonyms(
        self, *, word: str | None = None, limit: int = 100, offset: int = 0
    ) -> SynonymRules:
        """The rules that are shipped and those that operators wrote."""
        query = {"word": word, "limit": limit, "offset": offset}
        return SynonymRules.model_validate(
            await self.ask("GET", "/v1/search/synonyms", query=query)
        )

    async def synonym_changes(
        self, *, before: int | None = None, limit: int = 50
    ) -> list[SynonymChange]:
        """Who changed which rule, when and why; newest first."""
        query = {"before": before, "limit": limit}
        answer = await self.ask("GET", "/v1/search/synonyms/changes", query=query)
        return [SynonymChange.model_validate(one) for one in answer["changes"]]

    async def write_synonyms(
        self, rule: str, *, reason: str = "", key: str | None = None
    ) -> SwitchedRule:
        """Put a rule in force, such as "bike, bicycle" or "cycle => bicycle".

        Raises:
            ProblemError: It is no rule, or there are too many.
        """
        body = {"rule": rule, "reason": reason}
        return SwitchedRule.model_validate(await self.write("/v1/search/synonyms", body, key))

    async def drop_synonyms(
        self, rule_id: UUID, *, reason: str | None = None, key: str | None = None
    ) -> SwitchedRule:
        """Take a rule out of force, a shipped one too; writing it again puts it back."""
        path, query = f"/v1/search/synonyms/{rule_id}", {"reason": reason}
        answer = await self.ask("DELETE", path, query=query, key=key or new_key())
        return SwitchedRule.model_validate(answer)

    async def reindex(self, *, key: str | None = None) -> Reindexing:
        """Make the index anew from all that was ever told; the one that is under way, if one is."""
        return Reindexing.model_validate(await self.write("/v1/search/reindexings", {}, key))

    async def reindexings(self, *, limit: int = 20) -> list[Reindexing]:
        """Indices that were made, and the one that is being made; newest first."""
        answer = await self.ask("GET", "/v1/search/reindexings", query={"limit": limit})
        return [Reindexing.model_validate(one) for one in answer["reindexings"]]

    async def reindexing(self, reindexing_id: UUID) -> Reindexing:
        """How far an index is."""
        found = await self.ask("GET", f"/v1/search/reindexings/{reindexing_id}")
        return Reindexing.model_validate(found)

    async def compare_index(self, *, key: str | None = None) -> None:
        """Compare the whole index now; what differs for long is told again."""
        await self.write("/v1/search/parity", {}, key)
