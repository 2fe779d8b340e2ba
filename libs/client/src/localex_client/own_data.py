"""What is kept of oneself: vault, exports, and who looked."""

from collections.abc import Sequence
from uuid import UUID

from localex_client.own_models import (
    Export,
    ExportPage,
    LookPage,
    Vault,
    VaultField,
    VaultValue,
)
from localex_client.wire import Wire, new_key


class OwnData(Wire):
    """Calls about what is kept of oneself; operators read fields of others, with a reason."""

    async def looks(self, *, cursor: UUID | None = None, limit: int = 50) -> LookPage:
        """Who looked at one's data, when and why, newest first."""
        query = {"cursor": str(cursor) if cursor else None, "limit": limit}
        return LookPage.model_validate(await self.ask("GET", "/v1/me/access-log", query=query))

    async def order_export(self, *, key: str | None = None) -> Export:
        """Have all that is kept of one gathered; the one that waits already, if there is one.

        Raises:
            ProblemError: The session was not strengthened lately.
        """
        return Export.model_validate(await self.write("/v1/me/export", {}, key))

    async def exports(self, *, cursor: UUID | None = None, limit: int = 20) -> ExportPage:
        """One's exports and how far they are, newest first, without links."""
        query = {"cursor": str(cursor) if cursor else None, "limit": limit}
        return ExportPage.model_validate(await self.ask("GET", "/v1/me/exports", query=query))

    async def export(self, export_id: UUID) -> Export:
        """How far an export is, and once it is DONE where to fetch it, for ten minutes.

        Raises:
            ProblemError: One has none with this id, or the session was not strengthened lately.
        """
        return Export.model_validate(await self.ask("GET", f"/v1/me/exports/{export_id}"))

    async def vault(self) -> Vault:
        """What is kept in one's vault, without what is in it."""
        return Vault.model_validate(await self.ask("GET", "/v1/me/vault"))

    async def vault_value(self, field: str) -> str:
        """What is in a field of one's vault.

        Raises:
            ProblemError: It is not kept.
        """
        answer = await self.ask("GET", f"/v1/me/vault/{field}")
        return VaultValue.model_validate(answer).value

    async def keep_in_vault(self, field: str, value: str, *, key: str | None = None) -> VaultField:
        """Keep a value in place of the one before, sealed under one's own key.

        Raises:
            ProblemError: There is no such field, or the vault was erased.
        """
        answer = await self.ask(
            "PUT", f"/v1/me/vault/{field}", json={"value": value}, key=key or new_key()
        )
        return VaultField.model_validate(answer)

    async def forget_in_vault(self, field: str, *, key: str | None = None) -> None:
        """Delete a field of one's vault."""
        await self.ask("DELETE", f"/v1/me/vault/{field}", key=key or new_key())

    async def erase_vault(self, *, key: str | None = None) -> Vault:
        """Destroy the key of one's vault: nobody reads it again, and there will be no other.

        Raises:
            ProblemError: The session was not strengthened lately.
        """
        return Vault.model_validate(await self.ask("DELETE", "/v1/me/vault", key=key or new_key()))

    async def read_vault(
        self, user_id: UUID, fields: Sequence[str], reason: str
    ) -> list[VaultValue]:
        """Fields of another person, who will see the reason. Operators only; never repeated.

        Raises:
            ProblemError: One's roles may not read one of them.
        """
        body = {"fields": list(fields), "reason": reason}
        answer = await self.ask("POST", f"/v1/users/{user_id}/vault/readings", json=body)
        return [VaultValue.model_validate(one) for one in answer["values"]]
