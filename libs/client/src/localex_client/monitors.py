"""Lines that one watches an account's figure for."""

from uuid import UUID

from localex_client.money_models import Monitor, MonitorPage
from localex_client.wire import Wire


class Monitors(Wire):
    """Calls about monitors; crossings are told live as `ledger.MonitorCrossed`."""

    async def watch(
        self,
        account_id: UUID,
        kind: str,
        threshold: str,
        *,
        hysteresis: str | None = None,
        window_seconds: int | None = None,
        label: str | None = None,
        key: str | None = None,
    ) -> Monitor:
        """Be told once when a figure crosses a line.

        Args:
            account_id: One's own; operators watch their community's.
            kind: `above`, `below`, `soft_limit`, `rise` or `fall`.
            threshold: The line.
            hysteresis: How far it must come back before it is told again.
            window_seconds: Of `rise` and `fall`.
            label: One's own name for it.
            key: Idempotency key.

        Raises:
            ProblemError: One watches as many as one may, or it cannot be watched.
        """
        body = {
            "account_id": str(account_id),
            "kind": kind,
            "threshold": threshold,
            "hysteresis": hysteresis,
            "window_seconds": window_seconds,
            "label": label,
        }
        return Monitor.model_validate(await self.write("/v1/monitors", body, key))

    async def monitors(self, *, cursor: str | None = None) -> MonitorPage:
        """One's own monitors, newest first."""
        return MonitorPage.model_validate(
            await self.ask("GET", "/v1/monitors", query={"cursor": cursor})
        )

    async def monitor(self, monitor_id: UUID) -> Monitor:
        """A monitor with its newest crossings."""
        return Monitor.model_validate(await self.ask("GET", f"/v1/monitors/{monitor_id}"))

    async def end_monitor(self, monitor_id: UUID) -> None:
        """Stop watching."""
        await self.ask("DELETE", f"/v1/monitors/{monitor_id}")
