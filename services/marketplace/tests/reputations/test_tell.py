"""Others hear of a reputation when its figures change, and then only."""

from itertools import pairwise
from random import Random
from typing import Any

from contracts.marketplace_people import ReputationChanged
from marketplace.reputations.recount import recount_reputations
from marketplace.reputations.tell import PAGE, TELL, tell_reputations
from services.marketplace.tests.reputations.test_recount import NAMES, history, tell


async def told(market: Any, user_id: Any) -> list[ReputationChanged]:
    """What was told of a reputation, in order."""
    return [
        ReputationChanged.model_validate(said)
        for name, said in await market.said(user_id)
        if name == "ReputationChanged"
    ]


async def recount(market: Any, *people: Any) -> None:
    """Count people anew."""
    async with market.database.transaction() as conn:
        await recount_reputations(conn, [one.id for one in people], now=market.clock.now())


async def test_a_reputation_is_told_as_often_as_it_changes(market: Any) -> None:
    """In odd order, at once and twice: versions without a gap, the last of which is the row's."""
    chance = Random(13)
    people, _ = await history(market, chance, 8)
    await tell(market, chance)
    await recount(market, *people)
    for person in people:
        said = await told(market, person.id)
        assert [one.version for one in said] == list(range(1, len(said) + 1))
        figures = [one.model_dump(exclude={"version", "counted_at"}) for one in said]
        assert all(one != other for one, other in pairwise(figures))
        row = await market.database.pool.fetchrow(
            "SELECT * FROM reputation WHERE user_id = $1", person.id
        )
        assert row["version"] == len(said) > 0
        counts = said[-1].model_dump(include=set(NAMES)) | {
            f"stars_{number}": count for number, count in enumerate(said[-1].stars, 1)
        }
        assert counts == {name: row[name] for name in NAMES}
        seen = (await person.get(f"/members/{person.id}/reputation")).json()
        assert (said[-1].mean, said[-1].audience()) == (seen["mean"], (person.id,))


async def test_what_counts_the_same_is_not_told(market: Any) -> None:
    """Nor is somebody of whom there is nothing to say."""
    ana = market.member()
    for _ in range(2):
        await recount(market, ana)
    assert await told(market, ana.id) == []


async def test_a_count_that_is_taken_back_is_not_told(market: Any) -> None:
    """The event is in the transaction of the figures."""
    chance = Random(17)
    people, _ = await history(market, chance, 3)
    async with market.lost_transaction() as conn:
        await recount_reputations(conn, [one.id for one in people], now=market.clock.now())
    for person in people:
        assert await told(market, person.id) == []
    await recount(market, *people)
    assert [len(await told(market, person.id)) for person in people] == [1, 1, 1]


async def test_those_who_were_counted_before_are_told_of_once(market: Any) -> None:
    """Page by page, by a timer that the migration sets; a change in between is told as such."""
    pool = market.database.pool
    assert await pool.fetchval("SELECT count(*) FROM timer WHERE kind = $1", TELL) == 1
    await pool.execute("UPDATE reputation SET version = 1")
    before = len(await market.said())
    await pool.execute(
        "INSERT INTO reputation (user_id, sold, counted_at)"
        " SELECT gen_random_uuid(), 4, now() FROM generate_series(1, $1)",
        PAGE + 2,
    )
    keys = [""]
    while len(keys) < 9:
        await pool.execute("DELETE FROM timer WHERE kind = $1", TELL)
        async with market.database.transaction() as conn:
            await tell_reputations(conn, keys[-1], market.clock.now())
        further = await pool.fetch("SELECT key FROM timer WHERE kind = $1", TELL)
        if not further:
            break
        keys += [row["key"] for row in further]
    said = (await market.said())[before:]
    assert len(keys) == 2
    assert {(name, one["version"], one["sold"]) for name, one in said} == {
        ("ReputationChanged", 1, 4)
    }
    assert len({one["user_id"] for _, one in said}) == len(said) == PAGE + 2
