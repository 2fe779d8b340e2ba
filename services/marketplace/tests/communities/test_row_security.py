"""The database shows a community's rows to who has said that community, and to nobody else.

Each rule by itself, as the service's own role; routes are tried in `tests/journeys`.
"""

import asyncio
import re
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from marketplace.items.queries import SELECT_SHOWN_PAGE
from marketplace.main import SQL
from services.marketplace.tests.conftest import open_market
from tests.stack.database import ScratchDatabase

#: Tables that hold nothing of members, or nothing that anybody is shown, and why.
LEFT_OUT: Final = {
    "aggregate_head": "delivery",
    "audit_archive": "where months of the audit log lie; no route shows it",
    "audit_checkpoint": "the audit log is one chain; no route shows it",
    "audit_event": "the audit log is one chain; no route shows it",
    "audit_pending": "the audit log is one chain; no route shows it",
    "audit_seal": "the audit log is one chain; no route shows it",
    "category": "all communities share the tree; counts of it are kept apart",
    "dead_letter": "delivery; the office looks after it",
    "idempotent_answer": "found by the caller's own id and key",
    "image_sweep": "how far sweeps have come",
    "image_waste": "paths of objects to remove",
    "inbox": "delivery",
    "item_arrival": "work that waits for a job: ids of items",
    "item_move": "which moves are legal",
    "operator_action": "the office's log; no route shows it",
    "outbox": "delivery",
    "parked_message": "delivery",
    "saved_search_digest": "work that waits for a job: ids of people",
    "task": "work that waits, found by its owner's id",
    "timer": "work that waits",
    "trade_move": "which moves are legal",
    "watch_notice": "work that waits for a job: ids of items",
}
_TABLES: Final = re.findall(
    r"^TABLE (\w+)(?: PARTITION BY \S+ \(\w+\))?(.*)$",
    (SQL / "schema.txt").read_text(),
    re.MULTILINE,
)
KEPT: Final = [name for name, words in _TABLES if words == " FORCE ROW SECURITY"]


def test_every_table_keeps_communities_apart_or_says_why_not() -> None:
    """A new one fails here until it does one or the other."""
    assert sorted([*KEPT, *LEFT_OUT]) == sorted(name for name, _ in _TABLES)


async def _count(scratch: ScratchDatabase, table: str, community: str) -> int:
    async with scratch.connect("marketplace", community) as conn:
        found: int = await conn.fetchval(f"SELECT count(*) FROM {table}")
    return found


@pytest.mark.parametrize("table", KEPT)
async def test_rows_are_seen_by_their_community_alone(
    world: Any, scratch_database: ScratchDatabase, table: str
) -> None:
    """Who said nothing, or another community, sees none; who said every one sees all."""
    del world
    own, every = [await _count(scratch_database, table, who) for who in ("riverside", "*")]
    assert own > 0
    assert every >= own
    assert await _count(scratch_database, table, "") == 0
    assert await _count(scratch_database, table, "nowhere") == 0
    there = await _count(scratch_database, table, "hillside")
    assert there == every - own


@pytest.mark.parametrize("table", KEPT)
async def test_the_owner_of_the_tables_is_held_to_it_too(
    world: Any, scratch_database: ScratchDatabase, table: str
) -> None:
    """So that no function that runs as the owner is a way around."""
    del world
    async with scratch_database.connect("migrator", "nowhere") as conn:
        await conn.execute('SET ROLE "marketplace_owner"')
        assert await conn.fetchval(f"SELECT count(*) FROM marketplace.{table}") == 0


async def _tries(scratch: ScratchDatabase, statement: str, *values: Any, community: str) -> Any:
    async with scratch.connect("marketplace", community) as conn:
        return await conn.execute(statement, *values)


async def test_nobody_writes_into_another_community(
    world: Any, scratch_database: ScratchDatabase
) -> None:
    """What could not be seen can not be written."""
    del world
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _tries(
            scratch_database,
            "INSERT INTO saved_search (id, user_id, community, name, words, lexemes, anchor,"
            " created_at) VALUES ($1, $1, 'hillside', 'x', 'x', '{x}', 'w:x', now())",
            uuid4(),
            community="riverside",
        )


async def test_nobody_changes_what_another_community_has(
    world: Any, scratch_database: ScratchDatabase
) -> None:
    """The row is not there for them."""
    _, ids = world
    change = "UPDATE item SET version = version + 1, title = 'Mine' WHERE id = $1"
    assert (
        await _tries(scratch_database, change, UUID(ids["item"]), community="hillside")
        == "UPDATE 0"
    )


async def test_an_item_has_no_trade_of_another_community(
    world: Any, scratch_database: ScratchDatabase
) -> None:
    """Not even by who sees every community."""
    _, ids = world
    offer = (
        "INSERT INTO trade (id, version, state, community, item_id, item_title, buyer_id,"
        " seller_id, quantity, amount_minor, asset, offered_by_id, created_at, changed_at)"
        " VALUES ($1, 1, 'offered', 'riverside', $2, 'Lamp', $1, $3, 1, 1, 'LXC', $1, now(), now())"
    )
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await _tries(scratch_database, offer, uuid4(), UUID(ids["there"]), uuid4(), community="*")
    assert refused.value.constraint_name == "trade_in_items_community"


async def test_a_search_is_not_met_by_an_item_of_another_community(
    world: Any, scratch_database: ScratchDatabase
) -> None:
    """Matches are made for all communities at once, where no policy helps."""
    _, ids = world
    match = (
        "INSERT INTO saved_search_match (search_id, item_id, user_id, matched_at)"
        " VALUES ($1, $2, $3, now())"
    )
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await _tries(
            scratch_database,
            match,
            UUID(ids["search"]),
            UUID(ids["there"]),
            uuid4(),
            community="*",
        )
    assert refused.value.constraint_name == "saved_search_match_in_community"


async def test_nothing_is_hung_on_an_item_that_is_not_seen(
    world: Any, scratch_database: ScratchDatabase
) -> None:
    """A foreign key alone would find it: keys are checked past the policies."""
    _, ids = world
    watch = "INSERT INTO item_watch (item_id, user_id, watched_at) VALUES ($1, $2, now())"
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await _tries(scratch_database, watch, UUID(ids["there"]), uuid4(), community="riverside")
    assert refused.value.constraint_name == "item_watch_item_id_fkey"


async def test_nothing_is_hung_on_a_trade_that_is_not_seen(
    world: Any, scratch_database: ScratchDatabase
) -> None:
    """Likewise."""
    _, ids = world
    step = (
        "INSERT INTO trade_step (trade_id, version, action, to_state, amount_minor, taken_at)"
        " VALUES ($1, 99, 'offer', 'offered', 1, now())"
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await _tries(scratch_database, step, UUID(ids["trade"]), community="hillside")
    assert refused.value.constraint_name == "trade_step_trade_id_fkey"


async def test_what_hangs_on_an_item_is_of_its_community_whatever_is_said(
    world: Any, scratch_database: ScratchDatabase
) -> None:
    """Who sees every community says none by mistake."""
    _, ids = world
    watch = (
        "INSERT INTO item_watch (item_id, user_id, watched_at, community)"
        " VALUES ($1, $2, now(), 'riverside') RETURNING community"
    )
    async with scratch_database.connect("marketplace") as conn:
        assert await conn.fetchval(watch, UUID(ids["there"]), uuid4()) == "hillside"


async def test_images_of_one_person_are_counted_in_one_community(
    world: Any, scratch_database: ScratchDatabase
) -> None:
    """A count that is not seen would be no limit."""
    del world
    upload = (
        "INSERT INTO image_upload VALUES"
        " ($1, $2, $3, 'image/png', 9, now(), now() + interval '1 day')"
    )
    someone = uuid4()
    await _tries(scratch_database, upload, uuid4(), someone, "riverside", community="riverside")
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await _tries(scratch_database, upload, uuid4(), someone, "hillside", community="hillside")
    assert refused.value.constraint_name == "image_quota_of_one_community"


@pytest.mark.parametrize("community", ["*", "", "River Side"])
async def test_a_community_has_the_form_of_one(
    world: Any, scratch_database: ScratchDatabase, community: str
) -> None:
    """None is called as what the policies take for every community, or for nothing."""
    del world
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await _tries(
            scratch_database,
            "INSERT INTO member VALUES ($1, 'Ana', $2, 1, now())",
            uuid4(),
            community,
            community="*",
        )
    assert refused.value.constraint_name == "member_community_form"


async def test_requests_of_two_communities_share_a_pool_and_nothing_else(
    scratch_database: ScratchDatabase, tmp_path: Path
) -> None:
    """Forty at once, each sees its own."""
    async with open_market(scratch_database, tmp_path) as market:
        lists = await asyncio.gather(
            *(
                market.member(community=("riverside", "hillside")[number % 2]).get(
                    "/items", limit=100
                )
                for number in range(40)
            )
        )
        rows = await market.database.pool.fetch("SELECT id::text, community FROM item")
    of = {row["id"]: row["community"] for row in rows}
    for number, answer in enumerate(lists):
        seen = {of[item["id"]] for item in answer.json()["items"]}
        assert seen == {("riverside", "hillside")[number % 2]}


async def test_the_policies_leave_the_index_to_the_list_of_a_community(
    world: Any, scratch_database: ScratchDatabase
) -> None:
    """What is on offer is read newest first from the index of the community."""
    del world
    async with scratch_database.connect("marketplace", "riverside") as conn:
        await conn.execute("SET enable_seqscan = off")
        await conn.execute(f"PREPARE page AS {SELECT_SHOWN_PAGE}")
        plan = await conn.fetch("EXPLAIN EXECUTE page ('riverside', NULL, NULL, NULL, NULL, 21)")
    assert "item_on_offer_newest" in "\n".join(line[0] for line in plan)
