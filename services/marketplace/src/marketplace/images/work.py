"""What the work role does again and again: make renditions, and collect what is not needed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from chassis.database import Connection
from chassis.logs import get_logger
from chassis.resources import Job, Resources
from marketplace.images.collecting import queries as collecting
from marketplace.images.collecting.drop_orphans import drop_orphans
from marketplace.images.collecting.remove_waste import remove_waste
from marketplace.images.collecting.sweep_objects import sweep_objects
from marketplace.images.collecting.sweep_rows import sweep_rows
from marketplace.images.delete import delete_image
from marketplace.images.process import process_image

log = get_logger(__name__)

#: Images, or pages, in one go; after that the job comes again soon.
IN_ONE_GO: Final = 200
#: How long an image may lack an object before it is deleted: an operator may bring it back.
GONE_AFTER: Final = timedelta(days=7)
GONE_PAGE: Final = 20


async def render_images(resources: Resources) -> None:
    """Process image after image, as many at a time as there are decoders.

    Args:
        resources: With the bucket and the decoders; without a bucket there is nothing to do.

    Raises:
        Transient: Storage or database are away.
    """
    bucket, decoders = resources.extra["image_bucket"], resources.extra["image_decoders"]
    if bucket is None:
        return

    async def work_off() -> None:
        for _ in range(IN_ONE_GO):
            done = await process_image(resources.database, bucket, decoders, clock=resources.clock)
            if not done:
                return

    # Each to its own end: an image in the middle is not broken off because of another.
    ended = await asyncio.gather(
        *(work_off() for _ in range(decoders.count)), return_exceptions=True
    )
    for fault in ended:
        if isinstance(fault, BaseException):
            raise fault


async def _remove_waste(resources: Resources) -> None:
    bucket = resources.extra["image_bucket"]
    if bucket is not None:
        await _pages(resources, lambda conn: remove_waste(conn, bucket))


async def _collect(resources: Resources) -> None:
    """Drop orphans, and compare a page of each kind."""
    bucket = resources.extra["image_bucket"]
    if bucket is None:
        return
    after = timedelta(seconds=resources.settings.image_orphan_seconds)
    now = resources.clock.now()
    await _pages(resources, lambda conn: drop_orphans(conn, now=now, after=after))
    for part in ("renditions", "quarantine"):
        async with resources.database.transaction() as conn:
            found = await sweep_objects(conn, bucket, part, now=now, machine_now=datetime.now(UTC))
        if found:
            log.warning("images.stray_objects", part=part, count=found)
    async with resources.database.transaction() as conn:
        missing = await sweep_rows(conn, bucket, now=now)
    if missing:
        log.error("images.objects_missing", count=missing)
    await _drop_gone(resources, now)


async def _drop_gone(resources: Resources, now: datetime) -> None:
    async with resources.database.connection() as conn:
        rows = await collecting.select_gone(conn, now - GONE_AFTER, GONE_PAGE)
    for row in rows:
        async with resources.database.transaction() as conn:
            await delete_image(conn, row["id"], row["owner_id"], now=now)


async def _pages(resources: Resources, do: Callable[[Connection], Awaitable[int]]) -> None:
    for _ in range(IN_ONE_GO):
        async with resources.database.transaction() as conn:
            if not await do(conn):
                return


JOBS: Final = (
    Job("images", 0.5, render_images, every_community=True),
    Job("image_waste", 2, _remove_waste),
    Job("image_collecting", 60, _collect, every_community=True),
)
