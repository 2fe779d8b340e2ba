"""From the upload of an image to the picture that anyone may see."""

import asyncio
import io
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from PIL import Image

from chassis.tokens import Caller
from marketplace.images import lifecycle, queries
from marketplace.images.errors import StorageAway
from marketplace.images.process import process_image
from marketplace.images.settle import settle_image
from marketplace.images.storage import IMMUTABLE, Bucket

from . import pictures


async def test_an_image_becomes_three_pictures_that_anyone_may_see(studio: Any) -> None:
    """Upload, work, look: upright, without the place, under names that may be kept for ever."""
    ana = studio.member()
    answer = await studio.upload(ana, pictures.located_jpeg(), **{"Content-Type": "image/jpeg"})
    image = answer.json()
    assert answer.headers["location"] == f"/v1/images/{image['id']}"
    assert (image["state"], image["urls"], image["problem"]) == ("UPLOADED", None, None)
    await studio.render()
    image = await studio.seen(ana, image["id"])
    assert (image["state"], image["width"], image["height"]) == ("READY", 48, 64)
    for size, url in image["urls"].items():
        shown = await studio.client.get(url)
        assert shown.headers["content-type"] == "image/webp"
        assert shown.headers["cache-control"] == IMMUTABLE
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert url == f"/v1/images/{url.split('/')[3]}/{size}.webp"
        assert pictures.SECRET not in shown.content
        with Image.open(io.BytesIO(shown.content)) as picture:
            assert picture.size == (48, 64)
        again = await studio.client.get(url, headers={"If-None-Match": shown.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_quarantine_is_emptied_and_renditions_tell_a_cdn_to_keep_them(studio: Any) -> None:
    """What was uploaded is gone once it was decoded; what is left has its headers in storage."""
    ana = studio.member()
    image = await studio.kept(ana, pictures.png())
    assert await studio.objects(f"quarantine/{image['id']}") == []
    assert f"quarantine/{image['id']}" in await studio.objects("quarantine")
    await studio.render()
    await studio.clear()
    assert f"quarantine/{image['id']}" not in await studio.objects("quarantine")
    image = await studio.seen(ana, image["id"])
    name = image["urls"]["small"].split("/")[3]
    assert await studio.objects(f"images/{name}") == [
        f"images/{name}/{size}.webp" for size in ("large", "medium", "small")
    ]
    found = await studio.store.get_async(f"images/{name}/small.webp")
    assert found.attributes["Cache-Control"] == IMMUTABLE
    assert found.attributes["Content-Type"] == "image/webp"


async def test_the_owner_is_told_live(studio: Any) -> None:
    """The end of an image is an event for who uploaded it."""
    ana = studio.member()
    image = await studio.ready(ana, pictures.png())
    [(name, said)] = await studio.said(image["id"])
    assert (name, said["owner_id"]) == ("ImageReady", str(ana.id))
    assert said["large_url"] == image["urls"]["large"]


async def test_a_repeat_answers_the_same_and_keeps_nothing_more(studio: Any) -> None:
    """The same key and bytes give the same image; other bytes under the key are refused."""
    ana, key = studio.member(), uuid4().hex
    first = await studio.upload(ana, pictures.png(), key=key)
    before = await studio.objects("quarantine")
    again = await studio.upload(ana, pictures.png(), key=key)
    assert (again.status_code, again.content) == (201, first.content)
    other = await studio.upload(ana, pictures.jpeg(), key=key)
    assert other.json()["type"].endswith("idempotency-key-reused")
    assert await studio.objects("quarantine") == before


async def test_the_same_picture_of_two_people_has_two_names(studio: Any) -> None:
    """Nobody learns that a picture is here, and deleting one leaves the other."""
    ana, ben = studio.member(), studio.member()
    one = await studio.ready(ana, pictures.png())
    two = await studio.ready(ben, pictures.png())
    assert one["urls"] != two["urls"]
    await studio.delete(ana, one["id"])
    await studio.clear()
    assert (await studio.client.get(one["urls"]["small"])).status_code == 404
    assert (await studio.client.get(two["urls"]["small"])).status_code == 200


@pytest.mark.parametrize(
    "path", ["0" * 64 + "/small.webp", "0" * 64 + "/huge.webp", "0" * 63 + "/small.webp"]
)
async def test_what_is_not_there_is_not_shown(studio: Any, path: str) -> None:
    """A name that nobody has, a size that there is none of, a name that is none."""
    answer = await studio.client.get(f"/v1/images/{path}")
    assert answer.status_code in (404, 422)
    assert "cache-control" not in answer.headers


async def test_others_see_nothing_of_an_image_but_the_picture(studio: Any) -> None:
    """Its state, its list and its end are the owner's."""
    ana, ben = studio.member(), studio.member()
    image = await studio.kept(ana, pictures.png())
    assert (await ben.get(f"/images/{image['id']}")).status_code == 404
    assert (await ben.get("/images")).json()["images"] == []
    assert (await studio.delete(ben, image["id"])).status_code == 404
    assert [one["id"] for one in (await ana.get("/images")).json()["images"]] == [image["id"]]


async def test_two_workers_settle_an_image_once(studio: Any) -> None:
    """Who is late with an image that another worker took after it changes nothing."""
    await studio.render()
    ana = studio.member()
    image = await studio.kept(ana, pictures.png())
    extra, database = studio.resources.extra, studio.resources.database
    async with database.transaction() as conn:
        late = await queries.take_due(
            conn, studio.clock.now(), studio.clock.now() + lifecycle.LEASE
        )
    assert late is not None
    assert str(late.id) == image["id"]
    await studio.render()
    assert (await studio.seen(ana, image["id"]))["state"] == "UPLOADED"
    studio.later(seconds=lifecycle.LEASE.total_seconds() + 1)
    await studio.render()
    assert (await studio.seen(ana, image["id"]))["state"] == "READY"
    done = await extra["image_decoders"].render(pictures.png())
    async with database.transaction() as conn:
        assert not await settle_image(conn, late, done, now=studio.clock.now())
    assert len(await studio.said(image["id"])) == 1


async def test_an_image_deleted_while_it_is_made_leaves_no_object(studio: Any) -> None:
    """What was written for it meanwhile is removed again."""
    await studio.render()
    ana = studio.member()
    before = await studio.objects("images")
    image = await studio.kept(ana, pictures.jpeg(90, 90))
    extra, database = studio.resources.extra, studio.resources.database

    class Meanwhile(Bucket):
        """Deletes the image between its bytes being read and its renditions being written."""

        async def get(self, path: str) -> bytes | None:
            """Read, and let the owner delete it."""
            data = await real.get(path)
            await studio.delete(ana, image["id"])
            return data

    real: Bucket = extra["image_bucket"]
    meanwhile = Meanwhile(real._store, real._public_url, real._keys)
    assert await process_image(database, meanwhile, extra["image_decoders"], clock=studio.clock)
    await studio.clear()
    assert await studio.objects("images") == before
    assert await studio.fetch("SELECT count(*) FROM image WHERE id = $1", image["id"]) == 0


async def test_an_image_that_can_not_be_decoded_is_given_up(studio: Any) -> None:
    """A decoder that dies again and again is tried a few times; the owner reads why."""
    await studio.render()
    ana = studio.member()
    image = await studio.kept(ana, pictures.png())
    for _ in range(lifecycle.TRIES_MAX):
        async with studio.resources.database.transaction() as conn:
            taken = await queries.take_due(
                conn, studio.clock.now(), studio.clock.now() + lifecycle.LEASE
            )
        assert taken is not None
        studio.later(seconds=lifecycle.LEASE.total_seconds() + 1)
    await studio.render()
    seen = await studio.seen(ana, image["id"])
    assert seen["state"] == "REFUSED"
    assert seen["problem"]["type"] == "urn:localex:problem:image-undecodable"
    assert [name for name, _ in await studio.said(image["id"])] == ["ImageRefused"]


async def direct(studio: Any, member: Any, data: bytes, said: str = "image/png") -> Any:
    """Ask for an upload of these bytes."""
    body = {"media_type": said, "size_bytes": len(data)}
    return await member.made("/images/uploads", body)


async def put(wish: dict[str, Any], data: bytes, **headers: str) -> int:
    """Put bytes where the upload says, straight into the storage; returns the status."""
    async with httpx2.AsyncClient() as outside:
        sent = {**wish["headers"], **headers}
        sent["content-length"] = str(len(data))
        answer = await outside.put(wish["url"], content=data, headers=sent)
    return int(answer.status_code)


async def test_an_image_comes_straight_to_the_storage(studio: Any) -> None:
    """Asked for, put there by the signed address, checked in, made: the id stays the same."""
    ana = studio.member()
    data = pictures.png(80, 60)
    wish = await direct(studio, ana, data)
    early = await ana.post(f"/images/uploads/{wish['id']}/done")
    assert early.json()["type"].endswith("upload-not-arrived")
    assert await put(wish, data) == 200
    image = await ana.made(f"/images/uploads/{wish['id']}/done")
    assert (image["id"], image["state"]) == (wish["id"], "UPLOADED")
    assert (await ana.post(f"/images/uploads/{wish['id']}/done")).status_code == 404
    await studio.render()
    assert (await studio.seen(ana, image["id"]))["state"] == "READY"


async def test_the_storage_itself_refuses_other_bytes_than_announced(studio: Any) -> None:
    """Neither longer, nor shorter, nor of another type, nor anywhere else."""
    ana = studio.member()
    data = pictures.png()
    wish = await direct(studio, ana, data)
    assert await put(wish, data + b"x") == 403
    assert await put(wish, data[:-1]) == 403
    assert await put(wish, data, **{"content-type": "text/html"}) == 403
    elsewhere = {**wish, "url": wish["url"].replace("quarantine/", "images/")}
    assert await put(elsewhere, data) == 403
    assert f"quarantine/{wish['id']}" not in await studio.objects()


async def test_bad_bytes_end_an_upload_and_nothing_is_kept(studio: Any) -> None:
    """What is announced as a picture and is none is named, removed, and not counted."""
    ana = studio.member()
    wish = await direct(studio, ana, pictures.SVG)
    await put(wish, pictures.SVG)
    answer = await ana.post(f"/images/uploads/{wish['id']}/done")
    assert answer.json()["type"].endswith("image-type-unknown")
    await studio.clear()
    assert f"quarantine/{wish['id']}" not in await studio.objects()
    assert await studio.fetch("SELECT images FROM image_quota WHERE owner_id = $1", ana.id) == 0


async def test_an_upload_is_its_owners(studio: Any) -> None:
    """Nobody else checks it in."""
    ana, ben = studio.member(), studio.member()
    wish = await direct(studio, ana, pictures.png())
    await put(wish, pictures.png())
    assert (await ben.post(f"/images/uploads/{wish['id']}/done")).status_code == 404


async def test_fifty_at_once_never_keep_more_than_is_allowed(studio: Any) -> None:
    """Count and bytes hold under a race, also for who never kept any before."""
    ana = studio.member()
    data = pictures.png()
    await studio.kept(ana, data)
    operator = studio.member("OPERATOR")
    body = {"images_max": 5, "bytes_max": 1_000_000}
    named = {"Idempotency-Key": uuid4().hex}
    answer = await operator.client.put(
        f"/v1/images/quotas/{ana.id}", json=body, headers=operator.named(named)
    )
    assert answer.json()["images_max"] == 5
    told = await studio.fetch(
        "SELECT jsonb_build_array(before, after) FROM audit_event"
        " WHERE action = 'images.allowed' AND entity_id = $1",
        str(ana.id),
    )
    assert told == [{"images_max": 500, "bytes_max": 1 << 30}, body]
    before = len(await studio.objects("quarantine"))
    answers = await asyncio.gather(*(direct_status(studio, ana, len(data)) for _ in range(25)))
    assert sorted(answers) == [201] * 4 + [409] * 21
    assert await studio.fetch("SELECT images FROM image_quota WHERE owner_id = $1", ana.id) == 5
    refused = await studio.upload(ana, data)
    assert refused.json()["images"] == refused.json()["images_max"] == 5
    assert len(await studio.objects("quarantine")) == before


async def direct_status(studio: Any, member: Any, size_bytes: int) -> int:
    """Ask for an upload; returns the status."""
    body = {"media_type": "image/png", "size_bytes": size_bytes}
    answer = await member.post("/images/uploads", body)
    return int(answer.status_code)


async def test_who_never_kept_any_has_the_tables_quota(studio: Any) -> None:
    """What the service says of a newcomer is what the database will hold."""
    ana = studio.member()
    said = (await ana.get("/images/quota")).json()
    await studio.kept(ana, pictures.png())
    then = (await ana.get("/images/quota")).json()
    assert (said["images"], said["bytes"]) == (0, 0)
    assert (then["images_max"], then["bytes_max"]) == (said["images_max"], said["bytes_max"])
    assert then["bytes"] == len(pictures.png())


async def test_only_operators_change_quotas_and_read_the_report(studio: Any) -> None:
    """A member may not."""
    ana = Caller(uuid4(), frozenset({"MEMBER"}), "riverside")
    member = type(studio.member())(ana, studio.client)
    assert (await member.get("/images/report")).status_code == 403
    assert (await studio.member("OPERATOR").get("/images/report")).status_code == 200


async def test_storage_that_is_away_costs_no_try(studio: Any) -> None:
    """An image waits for its storage, however long that takes; who uploads is told 503."""
    await studio.render()
    ana = studio.member()
    image = await studio.kept(ana, pictures.png())
    extra, settings = studio.resources.extra, studio.resources.settings
    away = Bucket.open(settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:1"}))
    assert away is not None
    for _ in range(lifecycle.TRIES_MAX + 2):
        with pytest.raises(StorageAway):
            await process_image(
                studio.resources.database, away, extra["image_decoders"], clock=studio.clock
            )
        studio.later(seconds=6)
    there, extra["image_bucket"] = extra["image_bucket"], away
    try:
        refused = await studio.upload(ana, pictures.png())
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        assert "127.0.0.1" not in refused.text
    finally:
        extra["image_bucket"] = there
    await studio.render()
    assert (await studio.seen(ana, image["id"]))["state"] == "READY"


async def test_without_storage_images_are_off(market: Any) -> None:
    """A marketplace without object storage says so, and goes on with all else."""
    ana = market.member()
    answer = await ana.raw("/images", pictures.png())
    assert answer.json()["type"] == "urn:localex:problem:images-off"
    assert (await market.sell(ana))["images"] == []
