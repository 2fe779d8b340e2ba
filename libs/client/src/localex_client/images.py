"""Images of listings."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from localex_client.models import Image, ImagePage, ImageQuota, ImageUpload
from localex_client.wire import Wire, new_key, raise_problem

LOOK_SECONDS = 0.3


class Images(Wire):
    """Calls about images."""

    async def upload_image(
        self, data: bytes, *, media_type: str | None = None, key: str | None = None
    ) -> Image:
        """Upload an image; its renditions are made soon after.

        Args:
            data: The file: JPEG, PNG or WebP.
            media_type: What it is; the bytes decide where it is not said.
            key: Idempotency key.

        Raises:
            ProblemError: It is no image that is taken, or the quota is reached.
        """
        headers = {"Content-Type": media_type or "application/octet-stream"}
        made = await self.ask(
            "POST", "/v1/images", json=data, key=key or new_key(), headers=headers
        )
        return Image.model_validate(made)

    async def open_image_upload(
        self, media_type: str, size_bytes: int, *, key: str | None = None
    ) -> ImageUpload:
        """Ask where to put an image straight into object storage.

        Args:
            media_type: Its exact type.
            size_bytes: Its exact size.
            key: Idempotency key.
        """
        body = {"media_type": media_type, "size_bytes": size_bytes}
        return ImageUpload.model_validate(await self.write("/v1/images/uploads", body, key))

    async def finish_image_upload(self, upload_id: UUID, *, key: str | None = None) -> Image:
        """Say that the bytes are there."""
        path = f"/v1/images/uploads/{upload_id}/done"
        return Image.model_validate(await self.write(path, {}, key))

    async def get_image(self, image_id: UUID) -> Image:
        """An image of one's own."""
        return Image.model_validate(await self.ask("GET", f"/v1/images/{image_id}"))

    async def settled_image(self, image_id: UUID, *, within_seconds: float = 60) -> Image:
        """An image as soon as it is READY or REFUSED.

        Raises:
            TimeoutError: It is neither in time.
        """
        async with asyncio.timeout(within_seconds):
            while True:
                image = await self.get_image(image_id)
                if image.state != "UPLOADED":
                    return image
                await asyncio.sleep(LOOK_SECONDS)

    async def arrange_images(
        self, item_id: UUID, images: Sequence[UUID], *, key: str | None = None
    ) -> list[Image]:
        """Let one's own item have exactly these images, in this order.

        Args:
            item_id: Which item.
            images: At most ten.
            key: Idempotency key.
        """
        answer = await self.ask(
            "PUT",
            f"/v1/items/{item_id}/images",
            json={"images": [str(one) for one in images]},
            key=key or new_key(),
        )
        return [Image.model_validate(one) for one in answer["images"]]

    async def delete_image(self, image_id: UUID, *, key: str | None = None) -> None:
        """Delete an image; it leaves its item."""
        await self.ask("DELETE", f"/v1/images/{image_id}", key=key or new_key())

    async def picture(self, url: str) -> bytes:
        """The bytes of a rendition.

        Args:
            url: As an image or an item tells it.

        Raises:
            ProblemError: It is not there any more.
        """
        answer = await self.send("GET", url)
        raise_problem(answer)
        return answer.content

    async def my_images(self, *, cursor: str | None = None, limit: int = 20) -> ImagePage:
        """One's own images, newest first."""
        query = {"cursor": cursor, "limit": limit}
        return ImagePage.model_validate(await self.ask("GET", "/v1/images", query=query))

    async def image_quota(self) -> ImageQuota:
        """What one keeps, and may keep."""
        return ImageQuota.model_validate(await self.ask("GET", "/v1/images/quota"))

    async def set_image_quota(
        self, owner_id: UUID, *, images_max: int, bytes_max: int, key: str | None = None
    ) -> ImageQuota:
        """Let a person who keeps images keep more, or less. Operators only.

        Raises:
            ProblemError: They keep none, or more than that.
        """
        answer = await self.ask(
            "PUT",
            f"/v1/images/quotas/{owner_id}",
            json={"images_max": images_max, "bytes_max": bytes_max},
            key=key or new_key(),
        )
        return ImageQuota.model_validate(answer)

    async def images_report(self, *, limit: int = 20) -> dict[str, Any]:
        """How images stand: `docs/concepts/images.md` tells what is in it. Operators only."""
        found: dict[str, Any] = await self.ask("GET", "/v1/images/report", query={"limit": limit})
        return found
