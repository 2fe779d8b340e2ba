"""A picture from a phone to a stranger's page, through the gateway and every part."""

import io

import httpx2
import pytest
from PIL import Image

from localex_client import LocalEx, ProblemError
from tests.journeys.people import eventually, listening, somebody
from tests.stack.plugin import System

PLACE = b"52.5163 13.3777"


def photo() -> bytes:
    """What a phone makes: larger than a page needs, and it knows where it was."""
    buffer = io.BytesIO()
    Image.new("RGB", (1200, 900), "#204060").save(buffer, "JPEG", comment=PLACE)
    return buffer.getvalue()


async def test_a_photo_is_uploaded_made_safe_and_seen_by_a_stranger(system: System) -> None:
    """Uploaded in both ways, told live, shown in order, found by search, without its place."""
    data = photo()
    async with (
        somebody(system, "Ana") as ana,
        listening(ana),
        LocalEx(system.gateway) as stranger,
        httpx2.AsyncClient() as storage,
    ):
        bicycle = await ana.client.create_item("Bicycle with pictures", price="60.00")
        first = await ana.client.upload_image(data, media_type="image/jpeg")
        wish = await ana.client.open_image_upload("image/jpeg", len(data))
        put = await storage.put(wish.url, content=data, headers=wish.headers)
        assert put.status_code == 200, put.text
        second = await ana.client.finish_image_upload(wish.id)
        await ana.client.arrange_images(bicycle.id, [second.id, first.id])
        for image in (first, second):
            assert (await ana.client.settled_image(image.id)).state == "READY"

        async def told() -> set[str]:
            kinds = ("marketplace.ImageReady",)
            return {str(e.data["image_id"]) for e in ana.heard if e.type in kinds}

        await eventually(told, lambda heard: heard >= {str(first.id), str(second.id)})
        seen = await ana.client.get_item(bicycle.id)
        assert [image.id for image in seen.images] == [second.id, first.id]
        for size in ("small", "medium", "large"):
            picture = await stranger.picture(seen.images[0].urls[size])
            assert PLACE not in picture
            with Image.open(io.BytesIO(picture)) as opened:
                assert opened.format == "WEBP"
        await ana.client.delete_image(second.id)
        assert [image.id for image in (await ana.client.get_item(bicycle.id)).images] == [first.id]


async def test_a_picture_that_is_none_is_refused_by_name(system: System) -> None:
    """A stranger's session is needed to upload; text with tags is no picture."""
    async with somebody(system, "Ben") as ben, LocalEx(system.gateway) as stranger:
        for client, status in ((ben.client, 415), (stranger, 401)):
            with pytest.raises(ProblemError) as raised:
                await client.upload_image(b"<svg onload='alert(1)'/>")
            assert raised.value.status == status
