"""A member takes home what is kept of them, and leaves: every service does its part."""

import io
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
from PIL import Image

from services.gateway.tests.exports.reading import read_export
from tests.journeys.people import Actor, eventually, funded_trade, somebody
from tests.journeys.test_pictures_of_a_bicycle import photo
from tests.stack.plugin import System


async def live(ana: Actor, ben: Actor) -> dict[str, str]:
    """What a member does; the id by which each kind of it is told in an export."""
    client, main = ana.client, (await ana.account()).id
    soon = datetime.now(UTC) + timedelta(days=2)
    item = await client.create_item("Garden chair to take home", price="5.00")
    image = await client.upload_image(photo(), media_type="image/jpeg")
    await client.arrange_images(item.id, [image.id])
    assert (await client.settled_image(image.id)).state == "READY"
    theirs = await ben.client.create_item("A lamp of Ben", price="7.00")
    await client.report_item(theirs.id, "spam")
    trade = await funded_trade(ben, ana, "2.00")
    searched = await client.search("lamp")
    key = await client.make_api_key("my shop", ["items:read"])
    return {
        "items": str(item.id),
        "images": str(image.id),
        "trades": str(trade.id),
        "escrows": str(trade.id),
        "searches": str(searched.query_id),
        "saved_searches": str((await client.save_search("Lamps", q="lamp")).id),
        "scheduled_transfers": str(
            (await client.transfer_later(main, "1.00", soon, to_user=ben.user.id)).id
        ),
        "reservations": str((await client.reserve(main, "2.00")).id),
        "gifts_given": str((await client.give(main, ben.user.id, "1.00")).id),
        "monitors": str((await client.watch(main, "below", "1.00")).id),
        "account_groups": str((await client.make_group("Household")).id),
        "statements": str((await client.order_statement(main, "csv", month="2026-01")).id),
        "api_keys": str(key.id),
        "webhook_endpoints": str(await client.add_endpoint("https://shop.example/hook")),
        "reports": str((await client.my_reports()).reports[0].id),
    }


async def test_what_a_member_did_is_in_their_export(system: System) -> None:
    """Of each kind that is kept, from every service, and their pictures; nobody else's things."""
    async with (
        somebody(system, "Ana", credits="20.00") as ana,
        somebody(system, "Ben") as ben,
        httpx2.AsyncClient() as storage,
    ):
        things = await live(ana, ben)
        others = await ben.client.create_item("A clock of Ben", price="7.00")
        moved = await ana.client.transfer((await ana.account()).id, "1.50", to_user=ben.user.id)
        await eventually(ana.client.notifications, lambda page: bool(page.notifications))
        await eventually(ana.client.my_searches, lambda page: bool(page.searches))
        asked = await ana.client.order_export()
        done = await eventually(
            lambda: ana.client.export(asked.id), lambda seen: seen.state != "WAITING"
        )
        assert done.state == "DONE", done
        assert (await ana.client.exports()).exports[0].pictures == 1
        content = (await storage.get(str(done.url))).content
    found = read_export(content)
    told = {
        kind: [line.get("id") or line.get("query_id") for line in lines]
        for kind, lines in found.lines.items()
    }
    assert {kind: told[kind] for kind in things} == {kind: [one] for kind, one in things.items()}
    assert found.lines["profile"][0]["display_name"] == "Ana"
    assert len(found.lines["accounts"]) == 3
    assert {line["amount"] for line in found.lines["entries"]} >= {"20.00", "-1.50"}
    assert str(moved.id) in {line["transfer_id"] for line in found.lines["entries"]}
    assert len(found.lines["notifications"]) > 0
    assert [line["user_id"] for line in found.lines["reputation"]] == [str(ana.user.id)]
    [(name, picture)] = found.pictures.items()
    assert name == f"pictures/{things['images']}.webp"
    assert Image.open(io.BytesIO(picture)).size == (1200, 900)
    assert str(others.id) not in str(found.lines)
    assert "what you searched for" in found.readme


async def test_who_leaves_is_settled_and_offers_nothing(system: System) -> None:
    """Refused with money; once it is given away, what was offered is gone from search."""
    mark = f"lantern{uuid4().hex[:8]}"
    async with (
        somebody(system, "Eve", credits="3.00") as eve,
        somebody(system, "Ben") as ben,
    ):
        item = await eve.client.create_item(f"Lantern {mark}", price="5.00")

        async def search() -> list[UUID]:
            return [hit.id for hit in (await ben.client.search(mark)).items]

        await eventually(search, lambda hits: hits == [item.id])
        main = await eve.account()
        refused = await eve.client.send("DELETE", "/v1/me")
        assert refused.status_code == 409
        assert [one["id"] for one in refused.json()["accounts"]] == [str(main.id)]
        await eve.client.transfer(main.id, "3.00", to_user=ben.user.id)
        await eve.client.leave()
        await eventually(search, lambda hits: hits == [])
        begins, ends = datetime(2020, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)
        theirs = (await ben.account()).id

        async def sheet() -> str:
            sheet = await ben.client.statement_file(theirs, "csv", begins=begins, ends=ends)
            return sheet.decode()

        told = await eventually(sheet, lambda text: "a former member" in text)
    assert "3.00" in told
    assert "Eve" not in told
