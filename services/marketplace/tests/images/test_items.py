"""Images on items: put on, ordered, taken off, by the owner only, and what others see of it."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from . import pictures

BICYCLE = {"title": "Bicycle", "price": "60.00", "asset": "LXC"}


async def listed(studio: Any) -> tuple[Any, str]:
    """A seller and an item."""
    ana = studio.member()
    item = await ana.made("/items", BICYCLE)
    return ana, item["id"]


async def ids(studio: Any, member: Any, count: int) -> list[str]:
    """Images that are taken in."""
    return [(await studio.kept(member, pictures.png(8 + n, 8)))["id"] for n in range(count)]


async def shown(member: Any, item_id: str) -> list[str]:
    """The images that an item shows."""
    item = (await member.get(f"/items/{item_id}")).json()
    assert item["image_urls"] == [image["urls"]["large"] for image in item["images"]]
    return [image["id"] for image in item["images"]]


async def test_an_item_shows_its_images_in_order_once_they_are_ready(studio: Any) -> None:
    """Put on before they are made; shown, and said, when they are; reordered, taken off."""
    ana, item_id = await listed(studio)
    one, two, three = await ids(studio, ana, 3)
    answer = await studio.put(item_id, ana, two, one, three)
    assert [image["id"] for image in answer.json()["images"]] == [two, one, three]
    ben = studio.member()
    assert await shown(ben, item_id) == []
    await studio.render()
    assert await shown(ben, item_id) == [two, one, three]
    name, said = (await studio.said(item_id))[-1]
    assert (name, [image["image_id"] for image in said["images"]]) == (
        "ItemChanged",
        [two, one, three],
    )
    assert said["image_urls"][0] == said["images"][0]["large_url"]
    await studio.put(item_id, ana, three, two)
    assert await shown(ben, item_id) == [three, two]
    versions = [said["version"] for _, said in await studio.said(item_id)]
    assert versions == list(range(1, len(versions) + 1))
    assert (await studio.seen(ana, one))["item_id"] is None
    await studio.put(item_id, ana)
    assert await shown(ben, item_id) == []


async def test_the_same_order_again_says_nothing(studio: Any) -> None:
    """No version, no event."""
    ana, item_id = await listed(studio)
    images = await ids(studio, ana, 2)
    await studio.render()
    await studio.put(item_id, ana, *images)
    before = len(await studio.said(item_id))
    assert (await studio.put(item_id, ana, *images)).status_code == 200
    assert len(await studio.said(item_id)) == before


async def test_a_deleted_image_leaves_its_item_and_the_storage(studio: Any) -> None:
    """The item says so, the others close up, the objects go; a repeat answers the same."""
    ana, item_id = await listed(studio)
    images = await ids(studio, ana, 3)
    await studio.put(item_id, ana, *images)
    await studio.render()
    urls = (await studio.seen(ana, images[1]))["urls"]
    key = uuid4().hex
    first = await studio.delete(ana, images[1], key)
    assert await shown(ana, item_id) == [images[0], images[2]]
    assert (await studio.client.get(urls["small"])).status_code == 404
    await studio.clear()
    assert await studio.objects(f"images/{urls['small'].split('/')[3]}") == []
    assert (await studio.delete(ana, images[1], key)).content == first.content
    assert (await studio.delete(ana, images[1])).status_code == 404


async def test_a_refused_image_leaves_its_item(studio: Any) -> None:
    """Nothing broken is shown, and it can't be put back."""
    ana, item_id = await listed(studio)
    bad = (await studio.kept(ana, pictures.damaged_png()))["id"]
    await studio.put(item_id, ana, bad)
    await studio.render()
    assert (await studio.seen(ana, bad))["item_id"] is None
    answer = await studio.put(item_id, ana, bad)
    assert (answer.status_code, answer.json()["image_id"]) == (409, bad)


async def test_only_the_owner_puts_only_their_own_on_once(studio: Any) -> None:
    """Another's item, another's image, an image of another item, twice, eleven, an old version."""
    ana, item_id = await listed(studio)
    ben = studio.member()
    [mine] = await ids(studio, ana, 1)
    [theirs] = await ids(studio, ben, 1)
    assert (await studio.put(item_id, ben, theirs)).status_code == 404
    assert (await studio.put(item_id, ana, theirs)).status_code == 404
    assert (await studio.put(item_id, ana, mine, mine)).status_code == 422
    assert (await studio.put(item_id, ana, *(str(uuid4()) for _ in range(11)))).status_code == 422
    assert (await studio.put(item_id, ana, mine, **{"If-Match": '"7"'})).status_code == 412
    assert (await studio.put(item_id, ana, mine)).status_code == 200
    other = (await ana.made("/items", BICYCLE))["id"]
    answer = await studio.put(other, ana, mine)
    assert (answer.status_code, answer.json()["item_id"]) == (409, item_id)


async def test_items_race_for_an_image_and_one_has_it(studio: Any) -> None:
    """At once on five items, deleted and settled meanwhile: never on two, never a defect."""
    ana, first = await listed(studio)
    others = [(await ana.made("/items", BICYCLE))["id"] for _ in range(4)]
    [image] = await ids(studio, ana, 1)
    tries = [studio.put(item_id, ana, image) for item_id in (first, *others)]
    answers = await asyncio.gather(*tries, studio.render())
    statuses = [answer.status_code for answer in answers[:-1]]
    assert set(statuses) <= {200, 409, 503}, statuses
    places = await studio.fetch("SELECT count(*) FROM item_image WHERE image_id = $1", image)
    assert places == statuses.count(200) == 1


GUARDS = [
    ("UPDATE image SET state = 'UPLOADED' WHERE id = $1", "image_move_legal"),
    ("UPDATE image SET hash = repeat('0', 64) WHERE id = $1", "image_settled_stays"),
    ("UPDATE image SET state = 'REFUSED' WHERE id = $1", "image_move_legal"),
    ("DELETE FROM item_image WHERE image_id = $1", "item_images_agree"),
    (
        (
            "UPDATE item SET images = '[]', version = version + 1 "
            "WHERE id = (SELECT item_id FROM item_image WHERE image_id = $1)"
        ),
        "item_images_agree",
    ),
    (
        (
            "INSERT INTO item_image (item_id, position, image_id) "
            "SELECT item_id, 10, image_id FROM item_image WHERE image_id = $1"
        ),
        "item_image_position_in_range",
    ),
    (
        (
            "INSERT INTO item_image (item_id, position, image_id) "
            "SELECT item_id, 9, image_id FROM item_image WHERE image_id = $1"
        ),
        "item_image_once",
    ),
    ("DELETE FROM image WHERE id = $1", "item_image_known"),
    (
        (
            "INSERT INTO image (id, owner_id, community, state, media_type, size_bytes, attempts, "
            "next_try_at, created_at, unattached_since) SELECT gen_random_uuid(), owner_id, "
            "community, 'UPLOADED', media_type, size_bytes, 1, now(), now(), now() "
            "FROM image WHERE id = $1"
        ),
        "image_beginning",
    ),
]


@pytest.mark.parametrize(("statement", "constraint"), GUARDS)
async def test_the_database_refuses_it_by_name(
    studio: Any, statement: str, constraint: str
) -> None:
    """As the service's own role, past all of the service's code."""
    ana, item_id = await listed(studio)
    [image] = await ids(studio, ana, 1)
    await studio.put(item_id, ana, image)
    await studio.render()
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as raised:
        async with studio.resources.database.transaction() as conn:
            await conn.execute(statement, image)
    assert raised.value.constraint_name == constraint


@pytest.mark.parametrize("of_another", [True, False])
async def test_the_database_refuses_anothers_and_refused_images(
    studio: Any, *, of_another: bool
) -> None:
    """An item shows images of its own seller that were not refused."""
    ana, item_id = await listed(studio)
    owner = studio.member() if of_another else ana
    image = (await studio.kept(owner, pictures.damaged_png()))["id"]
    if not of_another:
        await studio.render()
    statement = "INSERT INTO item_image (item_id, position, image_id) VALUES ($1, 0, $2)"
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await studio.resources.database.pool.execute(statement, item_id, image)
    expected = "item_image_own" if of_another else "item_image_usable"
    assert raised.value.constraint_name == expected
