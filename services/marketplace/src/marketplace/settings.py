"""What the marketplace needs to know besides what every service does."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from chassis.settings import ServiceSettings
from marketplace.trades.models import Patience


class MarketplaceSettings(ServiceSettings):
    """Settings from `MARKETPLACE_*`, then `LOCALEX_*`."""

    service: ClassVar[str] = "marketplace"

    #: An import of 500 rows is larger than what other routes take.
    body_max_bytes: int = Field(default=2 * 1024 * 1024, ge=1024)
    offer_ttl_seconds: int = Field(default=3 * 24 * 3600, ge=1)
    hand_over_ttl_seconds: int = Field(default=7 * 24 * 3600, ge=1)
    confirm_ttl_seconds: int = Field(default=7 * 24 * 3600, ge=1)
    #: After its end a trade can be rated for this long; then what was said is revealed.
    rating_ttl_seconds: int = Field(default=14 * 24 * 3600, ge=1)

    def patience(self) -> Patience:
        """How long a trade waits for people."""
        return Patience(
            answer=timedelta(seconds=self.offer_ttl_seconds),
            hand_over=timedelta(seconds=self.hand_over_ttl_seconds),
            confirm=timedelta(seconds=self.confirm_ttl_seconds),
        )
