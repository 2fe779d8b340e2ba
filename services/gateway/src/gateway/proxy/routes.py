"""What goes where, as data."""

import re
from dataclasses import dataclass, field
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
        open_reads: Paths that anyone may `GET`, logged in or not; the service is told nobody.
        read_cost: What a read takes of the rate limits.
        write_cost: What anything else takes.
    """

    prefix: str
    service: str
    body_max_bytes: int = 256 * KIB
    deadline_seconds: float = 10.0
    open_reads: re.Pattern[str] | None = None
    read_cost: int = 1
    write_cost: int = 2
    #: Its name in metrics, and the deadline as services are told it.
    path: str = field(init=False)
    deadline_ms: str = field(init=False)

    def __post_init__(self) -> None:
        """What is asked for at each request is made once."""
        object.__setattr__(self, "path", f"/v1/{self.prefix}/*")
        object.__setattr__(self, "deadline_ms", str(round(self.deadline_seconds * 1000)))

    def is_open(self, method: str, path: str) -> bool:
        """Whether a request needs no session."""
        reads = self.open_reads
        return method == "GET" and reads is not None and reads.fullmatch(path) is not None


ROUTES: Final = (
    Route("accounts", "ledger"),
    Route("checkpoints", "ledger"),
    Route(
        "history-imports",
        "ledger",
        body_max_bytes=1024 * KIB,
        deadline_seconds=30.0,
        write_cost=10,
    ),
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
    Route("statements", "ledger"),
    Route("monitors", "ledger"),
    Route("account-groups", "ledger"),
    Route("gifts", "ledger"),
    Route("scheduled-transfers", "ledger"),
    # Statement files of up to 100,000 lines.
    Route(
        "reconciliation",
        "ledger",
        body_max_bytes=32 * 1024 * KIB,
        deadline_seconds=60.0,
        write_cost=10,
    ),
    # Imports bring up to 500 rows in one body.
    Route("items", "marketplace", body_max_bytes=2048 * KIB, deadline_seconds=30.0),
    Route("item-reports", "marketplace"),
    Route("watches", "marketplace"),
    Route("saved-searches", "marketplace"),
    # An image in one body; its renditions are for pages, which send no session with them.
    Route(
        "images",
        "marketplace",
        body_max_bytes=10 * 1024 * KIB,
        deadline_seconds=60.0,
        open_reads=re.compile(r"/v1/images/[0-9a-f]{64}/(small|medium|large)\.webp"),
    ),
    Route("trades", "marketplace"),
    Route("categories", "marketplace"),
    Route("search", "search", read_cost=2),
    Route("members", "marketplace"),
    Route("suggest", "search"),
)

BY_PREFIX: Final = {route.prefix: route for route in ROUTES}
