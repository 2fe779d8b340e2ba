"""What goes where, as data."""

from dataclasses import dataclass
from typing import Final

KIB: Final = 1024
SERVICES: Final = ("ledger", "marketplace", "search")


@dataclass(frozen=True, slots=True)
class Route:
    """Everything under `/v1/<prefix>` goes to `service`.

    Attributes:
        prefix: First part of the path after `/v1/`.
        service: Name of the service, and audience of its tokens.
        body_max_bytes: Larger bodies are refused while they arrive.
        deadline_seconds: Until the answer must have begun.
    """

    prefix: str
    service: str
    body_max_bytes: int = 256 * KIB
    deadline_seconds: float = 10.0

    @property
    def path(self) -> str:
        """Its name in metrics."""
        return f"/v1/{self.prefix}/*"


ROUTES: Final = (
    Route("accounts", "ledger"),
    Route("checkpoints", "ledger"),
    Route("history-imports", "ledger", body_max_bytes=1024 * KIB, deadline_seconds=30.0),
    Route("issuances", "ledger"),
    Route("reservations", "ledger"),
    Route("refused-attempts", "ledger"),
    # A bulk has up to 10,000 transfers in one body.
    Route("transfers", "ledger", body_max_bytes=4096 * KIB, deadline_seconds=30.0),
    Route("fees", "ledger"),
    Route("fee-schedules", "ledger"),
    Route("exchanges", "ledger"),
    Route("exchange-rates", "ledger"),
    Route("liquidity", "ledger"),
    Route("escrows", "ledger"),
    Route("monitors", "ledger"),
    Route("account-groups", "ledger"),
    Route("gifts", "ledger"),
    Route("scheduled-transfers", "ledger"),
    # Statement files of up to 100,000 lines.
    Route("reconciliation", "ledger", body_max_bytes=32 * 1024 * KIB, deadline_seconds=60.0),
    # Imports bring up to 500 rows in one body.
    Route("items", "marketplace", body_max_bytes=2048 * KIB, deadline_seconds=30.0),
    Route("trades", "marketplace"),
    Route("categories", "marketplace"),
    Route("members", "marketplace"),
    Route("search", "search"),
    Route("suggest", "search"),
)

BY_PREFIX: Final = {route.prefix: route for route in ROUTES}
