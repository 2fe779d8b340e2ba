"""Images as clients see them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from marketplace.image_urls import ImageUrls, urls_of
from marketplace.images.models import Image, ImageState, MediaType, Quota, Upload


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class RefusalView(_View):
    """Why an image was refused."""

    type: str
    detail: str


class ImageView(_View):
    """An image of one's own; `urls` are there when it is READY, `problem` when it is REFUSED."""

    id: UUID
    state: ImageState
    media_type: MediaType
    size_bytes: int
    item_id: UUID | None
    urls: ImageUrls | None
    width: int | None
    height: int | None
    color: str | None
    problem: RefusalView | None
    created_at: datetime
    settled_at: datetime | None


class QuotaView(_View):
    """What one keeps, and may keep."""

    images: int
    images_max: int
    bytes: int
    bytes_max: int


class ImagePage(_View):
    """A page of one's own images, newest first; `next_cursor` leads to the next one."""

    images: list[ImageView]
    next_cursor: str | None


class UploadView(_View):
    """Where to put the bytes, and what must be sent with them: exactly these headers."""

    id: UUID
    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expires_at: datetime


class ArrangedView(_View):
    """The images of an item, in order."""

    item_id: UUID
    images: list[ImageView]


class DeletedView(_View):
    """An image that is deleted."""

    id: UUID
    deleted: Literal[True]


def view_image(image: Image) -> ImageView:
    """An image for its owner."""
    problem = None
    if image.refusal is not None:
        problem = RefusalView(
            type=f"urn:localex:problem:{image.refusal}", detail=image.refusal_detail or ""
        )
    return ImageView(
        id=image.id,
        state=image.state,
        media_type=image.media_type,
        size_bytes=image.size_bytes,
        item_id=image.item_id,
        urls=None if image.hash is None else urls_of(image.hash),
        width=image.width,
        height=image.height,
        color=image.color,
        problem=problem,
        created_at=image.created_at,
        settled_at=image.settled_at,
    )


def view_quota(quota: Quota) -> QuotaView:
    """A person's count."""
    return QuotaView(
        images=quota.images,
        images_max=quota.images_max,
        bytes=quota.bytes,
        bytes_max=quota.bytes_max,
    )


def view_upload(upload: Upload, url: str) -> UploadView:
    """A permission for whoever asked for it."""
    return UploadView(
        id=upload.id,
        method="PUT",
        url=url,
        headers=headers_of(upload),
        expires_at=upload.expires_at,
    )


def headers_of(upload: Upload) -> dict[str, str]:
    """What must be sent with the bytes: it is signed."""
    return {"content-type": upload.media_type, "content-length": str(upload.size_bytes)}
