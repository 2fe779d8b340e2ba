"""What people do on the market is listed to them, and the office sees to reports and search."""

from uuid import uuid4

import pytest

from localex_client import ProblemError
from tests.journeys.people import eventually, funded_trade, operator, somebody
from tests.journeys.test_pictures_of_a_bicycle import photo
from tests.stack.plugin import System


async def test_trades_are_listed_by_side_and_state(system: System) -> None:
    """To each of the two; what is stuck only to operators."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="20.00") as ben,
        operator(system) as office,
    ):
        trade = await funded_trade(ana, ben)
        assert [one.id for one in (await ana.client.trades(role="seller")).trades] == [trade.id]
        assert (await ana.client.trades(role="buyer")).trades == []
        assert (await ben.client.trades(state="funded")).trades[0].id == trade.id
        assert (await ben.client.trades(state="released")).trades == []
        assert isinstance((await office.trades(stuck=True)).trades, list)
        with pytest.raises(ProblemError) as refused:
            await ben.client.trades(stuck=True)
        assert refused.value.status == 403


async def test_a_report_is_followed_by_who_made_it(system: System) -> None:
    """The office has the whole case; Ben sees his own report, and that it was decided."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben") as ben,
        operator(system) as office,
    ):
        item = await ana.client.create_item("Miracle cure", price="5.00")
        await ben.client.report_item(item.id, "misleading", details="There is none.")
        [mine] = (await ben.client.my_reports()).reports
        assert (mine.item_id, mine.ground, mine.decided) == (item.id, "misleading", False)
        await office.decide_item(item.id, "hide", "against rule 3")
        case = await office.item_case(item.id)
        assert [one.reporter_id for one in case.reports] == [ben.user.id]
        assert [(one.decision, one.reason) for one in case.decisions] == [
            ("hide", "against rule 3")
        ]
        assert (await ben.client.my_reports()).reports[0].decided
        assert (await ana.client.my_reports()).reports == []


async def test_pictures_are_counted_and_bounded(system: System) -> None:
    """What Ana keeps is listed; the office lets her keep more, and sees how all stands."""
    async with somebody(system, "Ana") as ana, operator(system) as office:
        image = await ana.client.upload_image(photo(), media_type="image/jpeg")
        assert [one.id for one in (await ana.client.my_images()).images] == [image.id]
        quota = await ana.client.image_quota()
        assert (quota.images, quota.bytes) == (1, image.size_bytes)
        more = await office.set_image_quota(
            ana.user.id, images_max=quota.images_max + 1, bytes_max=quota.bytes_max
        )
        assert more == await ana.client.image_quota()
        assert {"ready", "sweeps"} <= (await office.images_report()).keys()


async def test_a_reputation_is_counted_anew(system: System) -> None:
    """It says the same as before: nothing was lost."""
    async with somebody(system, "Ana") as ana, operator(system) as office:
        seen = await eventually(lambda: ana.client.reputation(ana.user.id), bool)
        assert (await office.recount_reputation(ana.user.id)).stars == seen.stars


async def test_searches_are_ones_own_and_words_are_the_offices(system: System) -> None:
    """Ana sees what she searched for; the office what all did, the rules and the index."""
    async with somebody(system, "Ana") as ana, operator(system) as office:
        word = f"w{ana.user.id.hex[-8:]}"
        await ana.client.search(word)

        async def mine() -> list[str]:
            return [one.q for one in (await ana.client.my_searches()).searches]

        assert await eventually(mine, bool) == [word]
        assert (await office.search_report(days=1)).searches > 0
        rule = await office.write_synonyms(f"{word}, bicycle", reason="a test")
        assert rule.active
        [found] = (await office.synonyms(word=word)).rules
        assert (found.id, found.shipped) == (rule.id, False)
        assert not (await office.drop_synonyms(rule.id, reason="it was one")).active
        changes = await office.synonym_changes()
        assert [one.reason for one in changes if one.rule_id == rule.id] == ["it was one", "a test"]
        await office.compare_index()
        assert (await office.index_parity())["items_told"] >= 0
        with pytest.raises(ProblemError) as none:
            await office.reindexing(uuid4())
        assert none.value.status == 404
        assert isinstance(await office.reindexings(), list)
