"""Make an image's renditions: one image from its turn to its end."""

from typing import Final

from chassis.clock import Clock
from chassis.database import Database, is_transient
from chassis.logs import get_logger
from chassis.problems import Problem
from marketplace.images import queries
from marketplace.images.decoding.pool import Decoders
from marketplace.images.errors import DecoderDied, StorageAway
from marketplace.images.formats import read_header
from marketplace.images.lifecycle import AWAY, GIVEN_UP, LOST, TRIES_MAX, name_of, pause_after
from marketplace.images.models import (
    SIZES,
    Image,
    Refusal,
    Rendered,
    quarantine_path,
    rendition_path,
)
from marketplace.images.settle import settle_image
from marketplace.images.storage import RENDITION, Bucket
from marketplace.images.take import take_image

log = get_logger(__name__)

SETTLE_TRIES: Final = 5


async def process_image(
    database: Database, bucket: Bucket, decoders: Decoders, *, clock: Clock
) -> bool:
    """Process the image that has waited the longest.

    No transaction is open while it is read, decoded and written: that takes seconds. Done again
    from any point it comes to the same: the same renditions have the same names.

    Args:
        database: Where images wait.
        bucket: Where their bytes are.
        decoders: Who decodes them.
        clock: Tells the time.

    Returns:
        Whether there was one.
    """
    async with database.transaction() as conn:
        taken = await take_image(conn, now=clock.now())
    if taken is None:
        return False
    try:
        outcome = await _make(taken, bucket, decoders)
    except StorageAway:
        async with database.transaction() as conn:
            await queries.postpone(conn, taken, clock.now() + AWAY, counted=False)
        raise
    except DecoderDied as error:
        log.warning("images.decoder_died", image_id=str(taken.id), error=str(error))
        until = clock.now() + pause_after(taken.attempts)
        async with database.transaction() as conn:
            await queries.postpone(conn, taken, until, counted=True)
        return True
    for left in reversed(range(SETTLE_TRIES)):
        try:
            await _settle(database, taken, outcome, clock)
        except Exception as error:
            # It was put on an item at this moment: what was made need not be made again.
            if not left or not is_transient(error):
                raise
        else:
            break
    return True


async def _settle(
    database: Database, taken: Image, outcome: Rendered | Refusal, clock: Clock
) -> None:
    async with database.transaction() as conn:
        settled = await settle_image(conn, taken, outcome, now=clock.now())
        if not settled and isinstance(outcome, Rendered):
            await queries.add_waste_of_deleted(conn, taken.id, _paths(taken, outcome))


async def _make(taken: Image, bucket: Bucket, decoders: Decoders) -> Rendered | Refusal:
    """The renditions, written; or why there are none."""
    if taken.attempts > TRIES_MAX:
        return GIVEN_UP
    data = await bucket.get(quarantine_path(taken.id))
    if data is None:
        return LOST
    try:
        # Once more: what is in quarantine can be overwritten as long as its permission holds.
        read_header(data, taken.media_type)
    except Problem as problem:
        return Refusal(problem.slug(), problem.detail)
    done = await decoders.render(data)
    if isinstance(done, Rendered):
        for path, size in zip(_paths(taken, done), SIZES, strict=True):
            await bucket.put(path, done.renditions[size], RENDITION)
    return done


def _paths(taken: Image, done: Rendered) -> list[str]:
    image_hash = name_of(taken.id, done)
    return [rendition_path(image_hash, size) for size in SIZES]
