"""A member takes home what is kept of them, and leaves: every service does its part."""

from uuid import UUID, uuid4

import httpx2

from services.gateway.tests.exports.reading import read_export
from tests.journeys.people import eventually, somebody
from tests.stack.plugin import System


async def test_what_a_member_did_is_in_their_export(system: System) -> None:
    """Accounts, entries, items, searches from the services; their own profile; nobody else's."""
    async with (
        somebody(system, "Ana", credits="20.00") as ana,
        somebody(system, "Ben") as ben,
        httpx2.AsyncClient() as storage,
    ):
        item = await ana.client.create_item("Garden chair to take home", price="5.00")
        others = await ben.client.create_item("A lamp of Ben", price="7.00")
        await ana.client.save_search("Lamps", q="lamp")
        moved = await ana.client.transfer((await ana.account()).id, "1.50", to_user=ben.user.id)
        asked = await ana.client.write("/v1/me/export", {}, None)

        async def look() -> dict[str, object]:
            answer = await ana.client.send("GET", f"/v1/me/exports/{asked['id']}")
            found: dict[str, object] = answer.json()
            return found

        done = await eventually(look, lambda seen: seen["state"] != "WAITING")
        assert done["state"] == "DONE", done
        content = (await storage.get(str(done["url"]))).content
    found = read_export(content)
    assert found.lines["profile"][0]["display_name"] == "Ana"
    assert [line["id"] for line in found.lines["items"]] == [str(item.id)]
    assert len(found.lines["accounts"]) == 3
    assert {line["amount"] for line in found.lines["entries"]} >= {"20.00", "-1.50"}
    assert str(moved.id) in {line["transfer_id"] for line in found.lines["entries"]}
    assert [line["name"] for line in found.lines["saved_searches"]] == ["Lamps"]
    assert str(others.id).encode() not in content


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
        left = await eve.client.send("DELETE", "/v1/me")
        assert left.status_code == 200, left.text
        await eventually(search, lambda hits: hits == [])
        period = {"from": "2020-01-01T00:00:00Z", "to": "2199-01-01T00:00:00Z"}
        theirs = (await ben.account()).id

        async def sheet() -> str:
            path = f"/v1/accounts/{theirs}/statement.csv"
            return (await ben.client.send("GET", path, query=period)).text

        told = await eventually(sheet, lambda text: "a former member" in text)
    assert "3.00" in told
    assert "Eve" not in told
