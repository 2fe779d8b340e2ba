"""What the marketplace needs to know besides what every service does."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field, SecretStr

from chassis.settings import ServiceSettings
from marketplace.image_urls import OWN_BASE
from marketplace.trades.models import Patience


class MarketplaceSettings(ServiceSettings):
    """Settings from `MARKETPLACE_*`, then `LOCALEX_*`."""

    service: ClassVar[str] = "marketplace"

    #: An import of 500 rows is larger than what other routes take.
    body_max_bytes: int = Field(default=2 * 1024 * 1024, ge=1024)
    offer_ttl_seconds: int = Field(default=3 * 24 * 3600, ge=1)
    hand_over_ttl_seconds: int = Field(default=7 * 24 * 3600, ge=1)
    confirm_ttl_seconds: int = Field(default=7 * 24 * 3600, ge=1)
    #: For how long what saved searches find is gathered before it is told.
    digest_seconds: int = Field(default=15 * 60, ge=1)

    #: Object storage; without it there are no images.
    s3_endpoint: str | None = None
    s3_bucket: str | None = None
    s3_region: str = "us-east-1"
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")
    #: Where clients read images: here, or at a CDN in front of it.
    images_base_url: str = Field(default=OWN_BASE, pattern=r"^(https?://[^\s?#]+|/[^\s?#]*)$")
    image_max_bytes: int = Field(default=10 * 1024 * 1024, ge=1024, le=20 * 1024 * 1024)
    #: Images that come in through one process at a time: each is held in memory.
    image_uploads_max: int = Field(default=8, ge=1, le=100)
    image_upload_seconds: int = Field(default=600, ge=10, le=3600)
    #: Images that one process has decoded at a time.
    image_decoders: int = Field(default=2, ge=1, le=64)
    #: After how long an image that is on no item is removed.
    image_orphan_seconds: int = Field(default=24 * 3600, ge=60)
    #: After its end a trade can be rated for this long; then what was said is revealed.
    rating_ttl_seconds: int = Field(default=14 * 24 * 3600, ge=1)

    def patience(self) -> Patience:
        """How long a trade waits for people."""
        return Patience(
            answer=timedelta(seconds=self.offer_ttl_seconds),
            hand_over=timedelta(seconds=self.hand_over_ttl_seconds),
            confirm=timedelta(seconds=self.confirm_ttl_seconds),
        )
