"""What nothing needs any more is found and removed: rows, objects, permissions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from marketplace.images.collecting import sweep_objects as sweeping
from marketplace.images.collecting.drop_orphans import drop_orphans
from marketplace.images.collecting.sweep_objects import sweep_objects
from marketplace.images.collecting.sweep_rows import sweep_rows
from marketplace.images.work import JOBS

from . import pictures

DAY = timedelta(days=1)


async def drop(studio: Any) -> int:
    """Let the worker drop what nobody used."""
    async with studio.resources.database.transaction() as conn:
        return int(await drop_orphans(conn, now=studio.clock.now(), after=DAY))


async def sweep(studio: Any, part: Any, *, hours: float = 2) -> Any:
    """Let the worker compare a page of objects, some hours later."""
    async with studio.resources.database.transaction() as conn:
        return await sweep_objects(
            conn,
            studio.resources.extra["image_bucket"],
            part,
            now=studio.clock.now(),
            machine_now=datetime.now(UTC) + timedelta(hours=hours),
        )


async def rounds(studio: Any, part: Any, *, hours: float) -> int:
    """Sweep until a whole round is through, page by page; returns how many were found."""
    statement = "SELECT rounds FROM image_sweep WHERE part = $1"
    until, found = await studio.fetch(statement, part) + 2, 0
    while await studio.fetch(statement, part) < until:
        found += await sweep(studio, part, hours=hours)
    return found


async def test_images_on_no_item_go_after_a_day(studio: Any) -> None:
    """Forgotten ones and refused ones; not what is on an item, nor what just left one."""
    ana = studio.member()
    item = await ana.made("/items", {"title": "Bicycle", "price": "60.00", "asset": "LXC"})
    forgotten = await studio.ready(ana, pictures.png())
    refused = await studio.ready(ana, pictures.damaged_png())
    used = await studio.ready(ana, pictures.png())
    left = await studio.ready(ana, pictures.png())
    await studio.put(item["id"], ana, used["id"], left["id"])
    assert await drop(studio) == 0
    studio.later(hours=25)
    await studio.put(item["id"], ana, used["id"])
    assert await drop(studio) == 2
    there = {image["id"] for image in (await ana.get("/images")).json()["images"]}
    assert there == {used["id"], left["id"]}
    assert not there & {forgotten["id"], refused["id"]}
    await studio.clear()
    name = forgotten["urls"]["small"].split("/")[3]
    assert await studio.objects(f"images/{name}") == []
    assert (await ana.get("/images/quota")).json()["images"] == 2


async def test_permissions_that_nobody_used_end(studio: Any) -> None:
    """Their place is free again, and what came late is removed."""
    ana = studio.member()
    body = {"media_type": "image/png", "size_bytes": 100}
    wish = await ana.made("/images/uploads", body)
    await studio.store.put_async(f"quarantine/{wish['id']}", b"late")
    assert await drop(studio) == 0
    studio.later(minutes=21)
    assert await drop(studio) >= 1
    await studio.clear()
    assert f"quarantine/{wish['id']}" not in await studio.objects("quarantine")
    assert (await ana.get("/images/quota")).json()["bytes"] == 0


@pytest.mark.parametrize("part", ["renditions", "quarantine"])
async def test_objects_that_no_row_knows_are_removed_page_by_page(
    studio: Any, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """In pages, going on where it stopped; not what is known, nor what may be on its way."""
    ana = studio.member()
    ready = await studio.ready(ana, pictures.png())
    waiting = await studio.kept(ana, pictures.png())
    folder = sweeping.PREFIXES[part]
    strays = [f"{folder}{n}{'0' * 63}/small.webp" for n in range(5)]
    for path in strays:
        await studio.store.put_async(path, b"stray")
    await studio.clear()
    before = await studio.objects()
    monkeypatch.setattr(sweeping, "PAGE", 4)
    assert await rounds(studio, part, hours=0) == 0
    await studio.clear()
    assert await studio.objects() == before
    assert await rounds(studio, part, hours=2) >= len(strays)
    while await studio.fetch("SELECT count(*) FROM image_waste"):
        await studio.clear()
    left = await studio.objects()
    assert not set(strays) & set(left)
    name = ready["urls"]["small"].split("/")[3]
    assert f"images/{name}/small.webp" in left
    assert f"quarantine/{waiting['id']}" in left
    await studio.render()


async def test_rows_that_lack_an_object_are_told_and_given_time(studio: Any) -> None:
    """Told to operators, forgiven when it is back, deleted after a week, off its item too."""
    ana = studio.member()
    item = await ana.made("/items", {"title": "Bicycle", "price": "60.00", "asset": "LXC"})
    image = await studio.ready(ana, pictures.png())
    await studio.put(item["id"], ana, image["id"])
    path = "images/" + "/".join(image["urls"]["small"].split("/")[3:])
    bucket = studio.resources.extra["image_bucket"]

    async def look() -> Any:
        async with studio.resources.database.transaction() as conn:
            return await sweep_rows(conn, bucket, now=studio.clock.now())

    kept = await bucket.get(path)
    assert await look() == 0
    await bucket.remove([path])
    assert await look() == 1
    report = (await studio.member("OPERATOR").get("/images/report")).json()
    assert report["missing"] == 1
    assert image["id"] in [one["id"] for one in report["troubled"]]
    await bucket.put(path, kept, {})
    assert await look() == 0
    assert (await studio.member("OPERATOR").get("/images/report")).json()["missing"] == 0
    await bucket.remove([path])
    await look()
    [collect] = [job for job in JOBS if job.name == "image_collecting"]
    await collect.run(studio.resources)
    assert (await studio.seen(ana, image["id"]))["state"] == "READY"
    studio.later(days=8)
    await collect.run(studio.resources)
    assert (await ana.get(f"/images/{image['id']}")).status_code == 404
    assert (await ana.get(f"/items/{item['id']}")).json()["images"] == []
