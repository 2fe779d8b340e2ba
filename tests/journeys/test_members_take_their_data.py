"""A member takes home what is kept of them: gathered from every service, in one file."""

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
