"""What the ledger needs to know besides what every service does."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from chassis.settings import ServiceSettings


class LedgerSettings(ServiceSettings):
    """Settings of the ledger, from `LEDGER_*` or `LOCALEX_*`."""

    service: ClassVar[str] = "ledger"

    #: The platform's share of a released escrow, in hundredths of a per cent.
    fee_bps: int = Field(default=100, ge=0, lt=10_000)
    #: Transfers in one database transaction.
    journal_batch_max: int = Field(default=200, ge=1, le=1000)

    #: The log's private key, for the work role; without it nothing is signed.
    checkpoint_key_file: Path | None = None
    #: Transfers that become leaves in one database transaction.
    transparency_batch_max: int = Field(default=500, ge=1, le=5000)

    #: How long ago operators may let a transfer take effect.
    backdating_days: int = Field(default=30, ge=0, le=3650)
    #: How long trade and escrow may differ before it is told: messages are on their way.
    reconciliation_grace_seconds: int = Field(default=120, ge=1, le=86_400)
