"""HTTP edge of images."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request, Response

from chassis.access import ANYONE, Operator, Person
from chassis.database import EVERY_COMMUNITY, Connection
from chassis.idempotency import (
    Answer,
    IdempotencyKey,
    KeyedRequest,
    answer_again,
    answer_once,
)
from chassis.ids import new_id
from chassis.preconditions import IfMatch
from chassis.problems import Problem, Transient
from chassis.resources import Resources
from chassis.service import Now, OpenDatabase, OpenResources
from marketplace.images import queries
from marketplace.images.allow import allow_images
from marketplace.images.arrange import arrange_images
from marketplace.images.check_in import check_in_upload
from marketplace.images.check_quota import check_quota
from marketplace.images.check_shown import check_shown
from marketplace.images.collecting.report import ImagesReport, report_images
from marketplace.images.delete import delete_image
from marketplace.images.errors import ImageTooLarge, NoSuchImage, StorageAway
from marketplace.images.find import find_image
from marketplace.images.formats import read_header
from marketplace.images.models import (
    DEFAULT_QUOTA,
    UPLOAD_MAX_BYTES,
    SizeName,
    quarantine_path,
    rendition_path,
)
from marketplace.images.open_upload import open_upload
from marketplace.images.receive import receive_image
from marketplace.images.requests import ArrangeBody, QuotaBody, UploadBody
from marketplace.images.storage import IMMUTABLE, QUARANTINE, Bucket, require_bucket
from marketplace.images.take_in import take_in_image
from marketplace.images.views import (
    ArrangedView,
    DeletedView,
    ImagePage,
    ImageView,
    QuotaView,
    UploadView,
    headers_of,
    view_image,
    view_quota,
    view_upload,
)
from marketplace.paging import Cursor, Limit, write_cursor

router = APIRouter(tags=["images"])

_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_TAKEN: Final = {
    "requestBody": {
        "required": True,
        "content": dict.fromkeys(("image/jpeg", "image/png", "image/webp"), _BINARY),
    }
}
_SHOWN: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"image/webp": _BINARY}, "description": "The picture"},
    304: {"description": "It has not changed; it never does"},
}
ImageHash = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


def _bucket(resources: Resources) -> Bucket:
    return require_bucket(resources.extra.get("image_bucket"))


async def _discard(bucket: Bucket, image_id: UUID) -> None:
    """Remove what nobody took in; if the storage is away just now, a sweep finds it."""
    with suppress(StorageAway):
        await bucket.remove([quarantine_path(image_id)])


@asynccontextmanager
async def _place_in_memory(resources: Resources) -> AsyncIterator[None]:
    """Hold one of the places for images that are in memory, or send the client away at once."""
    places = resources.extra["image_places"]
    if places.locked():
        raise Transient("as many images as there is room for come in at this moment")
    async with places:
        yield


@router.post(
    "/images",
    status_code=201,
    response_model=ImageView,
    openapi_extra=_TAKEN,
    max_body_size=UPLOAD_MAX_BYTES,
)
async def post_image(
    request: Request, caller: Person, key: IdempotencyKey, resources: OpenResources, now: Now
) -> Response:
    """Upload an image; the body is the file. Its renditions are there when it is READY."""
    bucket, database = _bucket(resources), resources.database
    async with _place_in_memory(resources):
        data = await receive_image(request, resources.settings.image_max_bytes)
        header = read_header(data, request.headers.get("content-type"))
        content = {
            "media_type": header.media_type,
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        keyed = KeyedRequest(str(caller.user_id), key, "POST /v1/images", content)
        if (again := await answer_again(database, keyed)) is not None:
            return again
        async with database.transaction() as conn:
            await check_quota(conn, caller.user_id, len(data))
        image_id = new_id()
        await bucket.put(quarantine_path(image_id), data, QUARANTINE)
    performed = False

    async def perform(conn: Connection) -> Answer:
        nonlocal performed
        performed = True
        image = await take_in_image(conn, image_id, caller, header, len(data), now=now)
        view = view_image(image)
        return Answer.of(201, view.model_dump(mode="json"), location=f"/v1/images/{image_id}")

    try:
        response = await answer_once(database, keyed, perform)
    except Problem:
        await _discard(bucket, image_id)
        raise
    if not performed:
        await _discard(bucket, image_id)
    return response


@router.post("/images/uploads", status_code=201, response_model=UploadView)
async def post_upload(
    body: UploadBody, caller: Person, key: IdempotencyKey, resources: OpenResources, now: Now
) -> Response:
    """Ask where to put an image straight into object storage, and with which headers."""
    bucket, settings = _bucket(resources), resources.settings
    if body.size_bytes > settings.image_max_bytes:
        raise ImageTooLarge(settings.image_max_bytes)
    seconds = settings.image_upload_seconds

    async def perform(conn: Connection) -> Answer:
        upload = await open_upload(
            conn,
            caller,
            body.media_type,
            body.size_bytes,
            now=now,
            ttl=timedelta(seconds=seconds),
        )
        url = bucket.permit(
            quarantine_path(upload.id),
            headers_of(upload),
            # The storage compares it with its own clock, which no test moves.
            now=datetime.now(UTC),
            ttl_seconds=seconds,
        )
        return Answer.of(201, view_upload(upload, url).model_dump(mode="json"))

    content = body.model_dump(mode="json")
    keyed = KeyedRequest(str(caller.user_id), key, "POST /v1/images/uploads", content)
    return await answer_once(resources.database, keyed, perform)


@router.post("/images/uploads/{upload_id}/done", status_code=201, response_model=ImageView)
async def post_done(
    upload_id: UUID, caller: Person, key: IdempotencyKey, resources: OpenResources, now: Now
) -> Response:
    """Say that the bytes are there: the upload becomes an image of the same id."""
    bucket, database = _bucket(resources), resources.database
    route = f"POST /v1/images/uploads/{upload_id}/done"
    keyed = KeyedRequest(str(caller.user_id), key, route, {})
    if (again := await answer_again(database, keyed)) is not None:
        return again
    async with _place_in_memory(resources):
        data: bytes | None = None
        async with database.connection() as conn:
            upload = await queries.select_upload(conn, upload_id, caller.user_id)
        if upload is not None:
            data = await bucket.get(quarantine_path(upload_id))

        async def perform(conn: Connection) -> Answer | Problem:
            done = await check_in_upload(conn, upload_id, caller, data, now=now)
            if isinstance(done, Problem):
                return done
            view = view_image(done).model_dump(mode="json")
            return Answer.of(201, view, location=f"/v1/images/{done.id}")

        return await answer_once(database, keyed, perform)


@router.get("/images")
async def list_images(
    caller: Person, database: OpenDatabase, cursor: Cursor, limit: Limit = 20
) -> ImagePage:
    """One's own images, newest first."""
    async with database.connection() as conn:
        found = await queries.select_page(conn, caller.user_id, cursor, limit + 1)
    page = found[:limit]
    return ImagePage(
        images=[view_image(image) for image in page],
        next_cursor=write_cursor(page[-1].id) if len(found) > limit else None,
    )


@router.get("/images/quota")
async def get_quota(caller: Person, database: OpenDatabase) -> QuotaView:
    """What one keeps, and may keep."""
    async with database.connection() as conn:
        return view_quota(await queries.select_quota(conn, caller.user_id) or DEFAULT_QUOTA)


@router.put("/images/quotas/{owner_id}", response_model=QuotaView)
async def put_quota(
    owner_id: UUID, body: QuotaBody, caller: Operator, key: IdempotencyKey, database: OpenDatabase
) -> Response:
    """Let a person who keeps images keep more, or less, but not less than is kept."""

    async def perform(conn: Connection) -> Answer:
        quota = await allow_images(
            conn, owner_id, images_max=body.images_max, bytes_max=body.bytes_max
        )
        return Answer.of(200, view_quota(quota).model_dump(mode="json"))

    content = body.model_dump(mode="json")
    keyed = KeyedRequest(str(caller.user_id), key, f"PUT /v1/images/quotas/{owner_id}", content)
    return await answer_once(database, keyed, perform)


@router.get("/images/report")
async def get_report(
    caller: Operator,
    database: OpenDatabase,
    now: Now,
    limit: Annotated[int, Query(ge=0, le=200)] = 20,
) -> ImagesReport:
    """How images stand: states, what waits, what the sweeps have found."""
    del caller
    async with database.connection() as conn:
        return await report_images(conn, now=now, limit=limit)


@router.get("/images/{image_id}")
async def get_image(image_id: UUID, caller: Person, database: OpenDatabase) -> ImageView:
    """An image of one's own: what became of it, and where its renditions are."""
    async with database.connection() as conn:
        return view_image(await find_image(conn, image_id, caller.user_id))


@router.delete("/images/{image_id}", response_model=DeletedView)
async def remove_image(
    image_id: UUID, caller: Person, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Delete an image of one's own; it leaves its item."""

    async def perform(conn: Connection) -> Answer:
        await delete_image(conn, image_id, caller.user_id, now=now)
        return Answer.of(200, {"id": str(image_id), "deleted": True})

    keyed = KeyedRequest(str(caller.user_id), key, f"DELETE /v1/images/{image_id}", {})
    return await answer_once(database, keyed, perform)


@router.put("/items/{item_id}/images", response_model=ArrangedView)
async def put_images(
    item_id: UUID,
    body: ArrangeBody,
    caller: Person,
    key: IdempotencyKey,
    accepted: IfMatch,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Let one's own item have exactly these images, in this order."""

    async def perform(conn: Connection) -> Answer:
        await arrange_images(conn, item_id, caller.user_id, body.images, accepted=accepted, now=now)
        images = [await find_image(conn, one, caller.user_id) for one in body.images]
        view = ArrangedView(item_id=item_id, images=[view_image(image) for image in images])
        return Answer.of(200, view.model_dump(mode="json"))

    content = body.model_dump(mode="json")
    keyed = KeyedRequest(str(caller.user_id), key, f"PUT /v1/items/{item_id}/images", content)
    return await answer_once(database, keyed, perform)


@router.get(
    "/images/{image_hash}/{size}.webp",
    dependencies=[ANYONE],
    responses=_SHOWN,
    response_class=Response,
)
async def get_rendition(
    image_hash: ImageHash,
    size: SizeName,
    resources: OpenResources,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Response:
    """A picture: whoever knows its name may see it. It never changes: keep it for ever."""
    bucket = _bucket(resources)
    # A page asks for its pictures without a token: there is no caller, and no community.
    async with resources.database.reaching(EVERY_COMMUNITY).connection() as conn:
        await check_shown(conn, image_hash)
    etag = f'"{image_hash}-{size}"'
    headers = {
        "Cache-Control": IMMUTABLE,
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    seen = {one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")}
    if etag in seen or "*" in seen:
        return Response(status_code=304, headers=headers)
    data = await bucket.get(rendition_path(image_hash, size))
    if data is None:
        raise NoSuchImage(image_hash)
    return Response(data, headers=headers, media_type="image/webp")
