"""Gather a person's pictures."""

from contextlib import aclosing
from typing import Any

from gateway.exports.lifecycle import IMAGES, LARGEST
from gateway.exports.pack import Pack
from gateway.proxy.as_person import Asker


async def gather_pictures(pack: Pack, asker: Asker) -> int:
    """Write each image that is shown anywhere into the archive, as large as it is kept.

    Args:
        pack: The archive.
        asker: Asks as the person.

    Returns:
        How many there are.

    Raises:
        ExportTooLarge: They are more than a file takes.
        Transient: The marketplace is away.
    """
    count = 0
    async for page in asker.pages(IMAGES):
        for image in page:
            if image["urls"]:
                count += await _gather(pack, asker, image)
    return count


async def _gather(pack: Pack, asker: Asker, image: dict[str, Any]) -> bool:
    """One picture, a part at a time; False when it was deleted since it was listed."""
    async with aclosing(asker.parts(IMAGES.service, image["urls"][LARGEST])) as parts:
        first = await anext(parts, None)
        if first is None:
            return False
        with pack.open_picture(f"{image['id']}.webp") as file:
            file.write_bytes(first)
            async for part in parts:
                file.write_bytes(part)
    return True
