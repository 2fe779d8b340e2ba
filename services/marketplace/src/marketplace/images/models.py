"""Words of images."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

type MediaType = Literal["image/jpeg", "image/png", "image/webp"]
type ImageState = Literal["UPLOADED", "READY", "REFUSED"]
type SizeName = Literal["small", "medium", "large"]

#: Renditions by name: the side of the square that each fits in, in pixels.
SIZES: Final[dict[SizeName, int]] = {"small": 160, "medium": 480, "large": 1600}
PIXELS_MAX: Final = 40_000_000
#: No setting goes above it, nor does the database.
UPLOAD_MAX_BYTES: Final = 20 * 1024 * 1024
IMAGES_OF_ITEM_MAX: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image as it stands."""

    id: UUID
    owner_id: UUID
    community: str
    state: ImageState
    media_type: MediaType
    size_bytes: int
    attempts: int
    next_try_at: datetime | None
    hash: str | None
    color: str | None
    width: int | None
    height: int | None
    refusal: str | None
    refusal_detail: str | None
    created_at: datetime
    settled_at: datetime | None
    item_id: UUID | None = None
    #: Since then it can't be deleted.
    evidence_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A permission to bring one image of an exact size and type straight to object storage."""

    id: UUID
    owner_id: UUID
    community: str
    media_type: MediaType
    size_bytes: int
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Quota:
    """What a person keeps, and may keep."""

    images: int
    bytes: int
    images_max: int
    bytes_max: int


#: Of who has never kept any; a test holds it to the table's.
DEFAULT_QUOTA: Final = Quota(0, 0, 500, 1 << 30)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What became of an image: new pictures, and what is known of them."""

    width: int
    height: int
    color: str
    renditions: dict[SizeName, bytes]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an image is not taken, for its owner to read."""

    reason: str
    detail: str


def quarantine_path(image_id: UUID) -> str:
    """Where an image lies that nobody has decoded yet."""
    return f"quarantine/{image_id}"


def rendition_path(image_hash: str, size: SizeName) -> str:
    """Where a rendition lies; the hash makes the name immutable."""
    return f"images/{image_hash}/{size}.webp"
