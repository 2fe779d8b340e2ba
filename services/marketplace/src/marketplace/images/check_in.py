"""Check in what was uploaded straight to object storage."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.problems import Problem
from chassis.tokens import Caller
from marketplace.images import queries
from marketplace.images.errors import NoSuchUpload, UploadNotArrived
from marketplace.images.formats import read_header
from marketplace.images.models import Image, quarantine_path
from marketplace.images.take_in import take_in_image


async def check_in_upload(
    conn: Connection, upload_id: UUID, owner: Caller, data: bytes | None, *, now: datetime
) -> Image | Problem:
    """Make an image of an upload, or end it with what is wrong.

    Args:
        conn: Open transaction; the caller commits.
        upload_id: Which; the image has the same id.
        owner: Whose it must be.
        data: What lies in quarantine under its id; nothing when nothing does.
        now: When.

    Returns:
        The image; or a problem with the bytes, which ends the upload and has them removed.

    Raises:
        NoSuchUpload: The owner has no such upload open.
        UploadNotArrived: The bytes are not there yet.
    """
    upload = await queries.delete_upload(conn, upload_id, owner.user_id)
    if upload is None:
        raise NoSuchUpload(upload_id)
    if data is None:
        raise UploadNotArrived("the storage has no bytes for it yet: put them there first")
    try:
        header = read_header(data, upload.media_type)
        if len(data) != upload.size_bytes:
            raise UploadNotArrived(
                f"{upload.size_bytes} bytes were announced, {len(data)} are there"
            )
    except Problem as problem:
        await queries.add_waste(conn, [quarantine_path(upload_id)])
        return problem
    return await take_in_image(conn, upload_id, owner, header, upload.size_bytes, now=now)
