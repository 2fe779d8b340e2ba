"""What becomes of an image, and what it is called. Pure."""

import hashlib
from datetime import timedelta
from typing import Final
from uuid import UUID

from marketplace.images.models import SIZES, Quota, Refusal, Rendered

#: How long a worker has an image to itself: longer than reading, decoding and writing may take.
LEASE: Final = timedelta(seconds=120)
TRIES_MAX: Final = 4
#: Until storage that was away is asked again.
AWAY: Final = timedelta(seconds=5)
_PAUSES: Final = (timedelta(seconds=2), timedelta(seconds=15), timedelta(seconds=60))
GIVEN_UP: Final = Refusal(
    "image-undecodable",
    f"it could not be decoded in {TRIES_MAX} tries: save it anew, or send another picture",
)
LOST: Final = Refusal("image-lost", "its bytes are not in the storage any more: upload it again")


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many tries that failed."""
    return _PAUSES[min(attempts, len(_PAUSES)) - 1]


def name_of(image_id: UUID, done: Rendered) -> str:
    """The name of an image's renditions.

    It follows from their content, so it never means other bytes; and from the image's id, so that
    who has a picture can't find out whether it is here, and no two images share an object.
    """
    digest = hashlib.sha256(image_id.bytes)
    for size in SIZES:
        digest.update(hashlib.sha256(done.renditions[size]).digest())
    return digest.hexdigest()


def has_room(quota: Quota | None, size_bytes: int) -> bool:
    """Whether one more image of a size may be kept, as far as is known."""
    return quota is None or (
        quota.images < quota.images_max and quota.bytes + size_bytes <= quota.bytes_max
    )
