"""Compare a page of images with their objects."""

import asyncio
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from marketplace.images.collecting import queries
from marketplace.images.models import SIZES, rendition_path
from marketplace.images.storage import Bucket

PAGE: Final = 60
AT_A_TIME: Final = 12


async def sweep_rows(conn: Connection, bucket: Bucket, *, now: datetime) -> int | None:
    """Find images of a page that lack an object, and write down since when.

    Args:
        conn: Open transaction; the caller commits.
        bucket: Where the objects should be.
        now: When.

    Returns:
        How many are new; nothing when another worker is at it.

    Raises:
        StorageAway: The storage did not answer: nobody is taken for lost then.
    """
    sweep = await queries.take_sweep(conn, "rows")
    if sweep is None:
        return None
    rows = await queries.select_ready(conn, UUID(sweep.cursor) if sweep.cursor else None, PAGE)
    gate = asyncio.Semaphore(AT_A_TIME)

    async def is_whole(image_hash: str) -> bool:
        for size in SIZES:
            async with gate:
                if not await bucket.has(rendition_path(image_hash, size)):
                    return False
        return True

    whole = await asyncio.gather(*(is_whole(row["hash"]) for row in rows))
    lacking = [row for row, there in zip(rows, whole, strict=True) if not there]
    recovered = [
        row for row, there in zip(rows, whole, strict=True) if there and row["missing_since"]
    ]
    new = [row["id"] for row in lacking if row["missing_since"] is None]
    changed = [*new, *(row["id"] for row in recovered)]
    if changed:
        await queries.set_missing(conn, changed, new, now)
    cursor = str(rows[-1]["id"]) if len(rows) == PAGE else ""
    await queries.move_sweep(conn, "rows", cursor, len(rows), len(new), now)
    return len(new)
