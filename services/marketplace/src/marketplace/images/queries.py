"""Statements of images."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from chassis.database import Connection
from marketplace.images.errors import PROBLEMS, ImageQuotaReached
from marketplace.images.models import Image, Quota, Refusal, Rendered, Upload

LOCK_QUOTA: Final = """
SELECT images, bytes, images_max, bytes_max FROM image_quota WHERE owner_id = $1
FOR NO KEY UPDATE
"""
SELECT_QUOTA: Final = """
SELECT images, bytes, images_max, bytes_max FROM image_quota WHERE owner_id = $1
"""
SET_QUOTA: Final = """
UPDATE image_quota SET images_max = $2, bytes_max = $3 WHERE owner_id = $1
RETURNING images, bytes, images_max, bytes_max
"""
INSERT_IMAGE: Final = """
INSERT INTO image (
    id, owner_id, community, state, media_type, size_bytes, next_try_at, created_at,
    unattached_since
) VALUES ($1, $2, $3, 'UPLOADED', $4, $5, $6, $6, $6)
"""
SELECT_IMAGE: Final = """
SELECT image.*, item_image.item_id
FROM image LEFT JOIN item_image ON image.id = item_image.image_id
WHERE image.id = $1 AND image.owner_id = $2
"""
SELECT_PAGE: Final = """
SELECT image.*, item_image.item_id
FROM image LEFT JOIN item_image ON image.id = item_image.image_id
WHERE image.owner_id = $1 AND ($2::uuid IS NULL OR image.id < $2)
ORDER BY image.id DESC LIMIT $3
"""
SELECT_SHOWN: Final = "SELECT EXISTS (SELECT FROM image WHERE hash = $1)"
INSERT_UPLOAD: Final = """
INSERT INTO image_upload (
    id, owner_id, community, media_type, size_bytes, created_at, expires_at
) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
SELECT_UPLOAD: Final = "SELECT * FROM image_upload WHERE id = $1 AND owner_id = $2"
DELETE_UPLOAD: Final = "DELETE FROM image_upload WHERE id = $1 AND owner_id = $2 RETURNING *"
INSERT_WASTE: Final = """
INSERT INTO image_waste (path) SELECT unnest($1::text []) ON CONFLICT (path) DO NOTHING
"""
INSERT_WASTE_OF_DELETED: Final = """
INSERT INTO image_waste (path)
SELECT unnest($2::text []) WHERE NOT EXISTS (SELECT FROM image WHERE id = $1)
ON CONFLICT (path) DO NOTHING
"""
TAKE_DUE: Final = """
UPDATE image SET attempts = attempts + 1, next_try_at = $2
WHERE id = (
    SELECT id FROM image WHERE state = 'UPLOADED' AND next_try_at <= $1
    ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING *
"""
POSTPONE: Final = """
UPDATE image SET next_try_at = $3, attempts = attempts - $4
WHERE id = $1 AND state = 'UPLOADED' AND next_try_at = $2
"""
LOCK_TAKEN: Final = """
SELECT * FROM image WHERE id = $1 AND state = 'UPLOADED' AND next_try_at = $2 FOR NO KEY UPDATE
"""
SELECT_ITEM_OF: Final = "SELECT item_id FROM item_image WHERE image_id = $1"
MAKE_READY: Final = """
UPDATE image SET
    state = 'READY', next_try_at = NULL, settled_at = $2, hash = $3, color = $4, width = $5,
    height = $6
WHERE id = $1
"""
REFUSE: Final = """
UPDATE image SET
    state = 'REFUSED', next_try_at = NULL, settled_at = $2, refusal = $3, refusal_detail = $4
WHERE id = $1
"""
LOCK_OWN: Final = """
SELECT * FROM image WHERE owner_id = $1 AND id = ANY($2::uuid []) ORDER BY id FOR NO KEY UPDATE
"""
SELECT_EVIDENCE: Final = """
SELECT * FROM image WHERE id = ANY($1::uuid []) AND evidence_since IS NOT NULL
"""
SELECT_PLACES: Final = """
SELECT image_id, item_id FROM item_image WHERE image_id = ANY($1::uuid [])
"""
SELECT_ATTACHED: Final = "SELECT image_id FROM item_image WHERE item_id = $1 ORDER BY position"
DETACH: Final = "DELETE FROM item_image WHERE image_id = ANY($1::uuid [])"
ATTACH: Final = """
INSERT INTO item_image (item_id, position, image_id)
SELECT $1, place - 1, id FROM unnest($2::uuid []) WITH ORDINALITY AS shown (id, place)
"""
SET_UNATTACHED: Final = """
UPDATE image SET unattached_since = $2 WHERE id = ANY($1::uuid []) AND unattached_since IS NOT NULL
"""
DELETE_IMAGE: Final = "DELETE FROM image WHERE id = $1 AND owner_id = $2 RETURNING id"


def _image(row: Any) -> Image:
    return Image(
        id=row["id"],
        owner_id=row["owner_id"],
        community=row["community"],
        state=row["state"],
        media_type=row["media_type"],
        size_bytes=row["size_bytes"],
        attempts=row["attempts"],
        next_try_at=row["next_try_at"],
        hash=row["hash"],
        color=row["color"],
        width=row["width"],
        height=row["height"],
        refusal=row["refusal"],
        refusal_detail=row["refusal_detail"],
        created_at=row["created_at"],
        settled_at=row["settled_at"],
        item_id=row.get("item_id"),
        evidence_since=row["evidence_since"],
    )


def _upload(row: Any) -> Upload:
    return Upload(**dict(row))


@asynccontextmanager
async def _named() -> AsyncIterator[None]:
    """What the database refuses by a name becomes the problem of that name."""
    try:
        yield
    except asyncpg.CheckViolationError as error:
        if PROBLEMS.get(error.constraint_name or "") is ImageQuotaReached:
            raise ImageQuotaReached from error
        raise


async def lock_quota(conn: Connection, owner_id: UUID) -> Quota | None:
    """What a person keeps, so that it stays so until the end; nothing for who never kept any."""
    row = await conn.fetchrow(LOCK_QUOTA, owner_id)
    return Quota(*row) if row else None


async def select_quota(conn: Connection, owner_id: UUID) -> Quota | None:
    """What a person keeps; nothing for who never kept any."""
    row = await conn.fetchrow(SELECT_QUOTA, owner_id)
    return Quota(*row) if row else None


async def set_quota(
    conn: Connection, owner_id: UUID, images_max: int, bytes_max: int
) -> Quota | None:
    """Change what a person may keep; nothing for who never kept any."""
    async with _named():
        row = await conn.fetchrow(SET_QUOTA, owner_id, images_max, bytes_max)
    return Quota(*row) if row else None


async def insert_image(conn: Connection, image: Image) -> None:
    """Write a new image, which waits for its first try."""
    async with _named():
        await conn.execute(
            INSERT_IMAGE,
            image.id,
            image.owner_id,
            image.community,
            image.media_type,
            image.size_bytes,
            image.created_at,
        )


async def select_image(conn: Connection, image_id: UUID, owner_id: UUID) -> Image | None:
    """A person's own image."""
    row = await conn.fetchrow(SELECT_IMAGE, image_id, owner_id)
    return _image(row) if row else None


async def select_page(
    conn: Connection, owner_id: UUID, after: UUID | None, limit: int
) -> list[Image]:
    """A person's images, newest first."""
    return [_image(row) for row in await conn.fetch(SELECT_PAGE, owner_id, after, limit)]


async def select_evidence(conn: Connection, image_ids: Sequence[UUID]) -> list[Image]:
    """Those of these images that are evidence."""
    return [_image(row) for row in await conn.fetch(SELECT_EVIDENCE, list(image_ids))]


async def is_shown(conn: Connection, image_hash: str) -> bool:
    """Whether there is an image of this name."""
    return bool(await conn.fetchval(SELECT_SHOWN, image_hash))


async def insert_upload(conn: Connection, upload: Upload) -> None:
    """Write down a permission to upload."""
    async with _named():
        await conn.execute(
            INSERT_UPLOAD,
            upload.id,
            upload.owner_id,
            upload.community,
            upload.media_type,
            upload.size_bytes,
            upload.created_at,
            upload.expires_at,
        )


async def select_upload(conn: Connection, upload_id: UUID, owner_id: UUID) -> Upload | None:
    """A person's open upload."""
    row = await conn.fetchrow(SELECT_UPLOAD, upload_id, owner_id)
    return _upload(row) if row else None


async def delete_upload(conn: Connection, upload_id: UUID, owner_id: UUID) -> Upload | None:
    """End an upload; nothing when somebody else has."""
    row = await conn.fetchrow(DELETE_UPLOAD, upload_id, owner_id)
    return _upload(row) if row else None


async def add_waste(conn: Connection, paths: Sequence[str]) -> None:
    """Have objects removed."""
    await conn.execute(INSERT_WASTE, list(paths))


async def add_waste_of_deleted(conn: Connection, image_id: UUID, paths: Sequence[str]) -> None:
    """Have objects removed if their image was deleted while they were made.

    If it is there, another worker was faster: then these are its objects, too.
    """
    await conn.execute(INSERT_WASTE_OF_DELETED, image_id, list(paths))


async def take_due(conn: Connection, now: datetime, until: datetime) -> Image | None:
    """An image whose turn has come, for this worker alone until a time."""
    row = await conn.fetchrow(TAKE_DUE, now, until)
    return _image(row) if row else None


async def postpone(conn: Connection, taken: Image, until: datetime, *, counted: bool) -> None:
    """Let a taken image wait, if it is still ours; what was not its fault is not counted."""
    await conn.execute(POSTPONE, taken.id, taken.next_try_at, until, 0 if counted else 1)


async def lock_taken(conn: Connection, taken: Image) -> Image | None:
    """A taken image, locked; nothing when it is not ours any more."""
    row = await conn.fetchrow(LOCK_TAKEN, taken.id, taken.next_try_at)
    return _image(row) if row else None


async def item_of(conn: Connection, image_id: UUID) -> UUID | None:
    """The item that an image is on."""
    found: UUID | None = await conn.fetchval(SELECT_ITEM_OF, image_id)
    return found


async def make_ready(
    conn: Connection, image_id: UUID, done: Rendered, image_hash: str, now: datetime
) -> None:
    """An image has its renditions."""
    await conn.execute(MAKE_READY, image_id, now, image_hash, done.color, done.width, done.height)


async def refuse(conn: Connection, image_id: UUID, refusal: Refusal, now: datetime) -> None:
    """An image is not taken."""
    await conn.execute(REFUSE, image_id, now, refusal.reason, refusal.detail)


async def lock_own(conn: Connection, owner_id: UUID, image_ids: Sequence[UUID]) -> list[Image]:
    """A person's images, locked in the order of their ids."""
    return [_image(row) for row in await conn.fetch(LOCK_OWN, owner_id, list(image_ids))]


async def select_places(conn: Connection, image_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """On which item each image is; read after the images were locked, for it may have changed."""
    rows = await conn.fetch(SELECT_PLACES, list(image_ids))
    return {row["image_id"]: row["item_id"] for row in rows}


async def select_attached(conn: Connection, item_id: UUID) -> list[UUID]:
    """The images of an item, in order."""
    return [row["image_id"] for row in await conn.fetch(SELECT_ATTACHED, item_id)]


async def attach(conn: Connection, item_id: UUID, image_ids: Sequence[UUID]) -> None:
    """Put images on an item that has none, in this order."""
    await conn.execute(ATTACH, item_id, list(image_ids))


async def detach(conn: Connection, image_ids: Sequence[UUID], now: datetime) -> None:
    """Take images off their items."""
    await conn.execute(DETACH, list(image_ids))
    await conn.execute(SET_UNATTACHED, list(image_ids), now)


async def delete_image(conn: Connection, image_id: UUID, owner_id: UUID) -> bool:
    """Delete an image that is on no item; False when there is none."""
    return await conn.fetchval(DELETE_IMAGE, image_id, owner_id) is not None
