"""What clients may send about images."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from marketplace.images.models import IMAGES_OF_ITEM_MAX, UPLOAD_MAX_BYTES, MediaType


class UploadBody(BaseModel):
    """An image that will be put straight into object storage: exactly this size and type."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    media_type: MediaType
    size_bytes: Annotated[int, Field(strict=True, ge=1, le=UPLOAD_MAX_BYTES)]


def _once(images: list[UUID]) -> list[UUID]:
    if len(set(images)) != len(images):
        raise ValueError("an image stands twice: each is shown once")
    return images


#: Images of one's own, in order.
ImageIds = Annotated[list[UUID], Field(max_length=IMAGES_OF_ITEM_MAX), AfterValidator(_once)]


class ArrangeBody(BaseModel):
    """The images of an item, in the order in which they are shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    images: ImageIds


class QuotaBody(BaseModel):
    """What a person may keep."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    images_max: Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
    bytes_max: Annotated[int, Field(strict=True, ge=0, le=1 << 40)]
