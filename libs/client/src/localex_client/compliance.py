"""Checks of people: one's own identification, and what operators do about others'."""

from typing import Literal
from uuid import UUID

from localex_client.own_models import Identified, Override, Standing
from localex_client.wire import Wire

type Kind = Literal["KYC", "AML", "SANCTIONS"]


class Compliance(Wire):
    """Calls about checks; all but the first are operators'."""

    async def identified(self) -> Identified:
        """Whether it is known who one is."""
        return Identified.model_validate(await self.ask("GET", "/v1/me/compliance"))

    async def standing(self, user_id: UUID, reason: str) -> Standing:
        """How a person stands, with a reason that is kept; never repeated."""
        path = f"/v1/users/{user_id}/compliance/readings"
        return Standing.model_validate(await self.ask("POST", path, json={"reason": reason}))

    async def check_person(
        self, user_id: UUID, kind: Kind, reason: str, *, key: str | None = None
    ) -> None:
        """Have a person checked; the outcome is there within a second or two.

        Raises:
            ProblemError: There is no such person, or a check is under way.
        """
        path = f"/v1/users/{user_id}/compliance/{kind}/checks"
        await self.write(path, {"reason": reason}, key)

    async def ask_override(
        self,
        user_id: UUID,
        kind: Kind,
        status: Literal["CLEAR", "REFUSED"],
        reason: str,
        *,
        key: str | None = None,
    ) -> Override:
        """Ask that a check has another outcome: a second operator decides.

        Raises:
            ProblemError: There is no such check, or one asked before.
        """
        path = f"/v1/users/{user_id}/compliance/{kind}/overrides"
        body = {"status": status, "reason": reason}
        return Override.model_validate(await self.write(path, body, key))

    async def overrides(self, *, limit: int = 50) -> list[Override]:
        """What waits for a second operator, oldest first."""
        answer = await self.ask("GET", "/v1/compliance-overrides", query={"limit": limit})
        return [Override.model_validate(one) for one in answer["overrides"]]

    async def decide_override(
        self, override_id: UUID, how: Literal["approve", "reject"], *, key: str | None = None
    ) -> Override:
        """Approve or reject what another operator asked for.

        Raises:
            ProblemError: It is one's own, or it is decided.
        """
        path = f"/v1/compliance-overrides/{override_id}/{how}"
        return Override.model_validate(await self.write(path, {}, key))
