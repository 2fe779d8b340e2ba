"""Receipts and checkpoints: what one keeps to prove history, as text to be written to files."""

from collections.abc import Sequence
from uuid import UUID

from localex_client.wire import Query, Wire, raise_problem


class Proofs(Wire):
    """Calls about proofs. `localex verify` checks what they return, offline."""

    async def receipt(self, transfer_id: UUID, *, since: Sequence[int] = ()) -> str:
        """A transfer's receipt, tied to checkpoints of the sizes `since` that one has kept.

        Raises:
            ProblemError: The transfer is another's, or not signed yet (a matter of a second).
        """
        return await self._text(f"/v1/transfers/{transfer_id}/proof", {"from": list(since)})

    async def latest_checkpoint(self) -> str:
        """The newest signed checkpoint."""
        return await self._text("/v1/checkpoints/latest")

    async def checkpoint(self, size: int) -> str:
        """The checkpoint that was signed for a size."""
        return await self._text(f"/v1/checkpoints/{size}")

    async def consistency(self, size: int, since: int) -> str:
        """Proof that the log of `size` leaves begins with that of `since` leaves."""
        return await self._text(f"/v1/checkpoints/{size}/consistency", {"from": since})

    async def log_keys(self) -> str:
        """The log's public keys, one a line; compare them with another source."""
        return await self._text("/v1/checkpoints/key")

    async def _text(self, path: str, query: Query | None = None) -> str:
        answer = await self.send("GET", path, query=query)
        raise_problem(answer)
        return answer.text
