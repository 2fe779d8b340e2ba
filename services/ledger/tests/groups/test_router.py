"""Groups over HTTP: who may make, change and see them, and what they had when."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.ids import new_id
from services.ledger.tests.books import NOW, Books
from services.ledger.tests.conftest import Api

OPERATOR = new_id()
HOUR = timedelta(hours=1)


async def make(api: Api, owner: UUID, *accounts: UUID, role: str = "MEMBER") -> str:
    """A group with some accounts; its path."""
    made = await api.post("/v1/account-groups", owner, {"name": "savings"}, role=role)
    assert made.status_code == 201, made.text
    path = str(made.headers["location"])
    if accounts:
        answer = await change(api, path, owner, add=accounts, role=role)
        assert answer.status_code == 200, answer.text
    return path


async def change(
    api: Api,
    path: str,
    who: UUID,
    *,
    add: tuple[UUID, ...] = (),
    remove: tuple[UUID, ...] = (),
    **options: Any,
) -> Any:
    """Let accounts come and go."""
    body = {"add": [str(one) for one in add], "remove": [str(one) for one in remove]}
    return await api.post(f"{path}/members", who, body, **options)


async def figures(api: Api, path: str, who: UUID, query: str = "", role: str = "MEMBER") -> Any:
    """Balance by asset."""
    answer = await api.get(f"{path}/balance{query}", who, role)
    assert answer.status_code == 200, answer.text
    return {one["asset"]: one["balance"] for one in answer.json()["figures"]}


async def test_a_group_has_what_its_accounts_have(books: Books, api: Api) -> None:
    """One figure an asset, with what is held of it."""
    ana, ben = await books.open_person(10_000), await books.open_person(5_000)
    path = await make(api, OPERATOR, ana.main, ben.main, ana.gift, role="OPERATOR")
    body = {"account_id": str(ana.main), "amount": "20.00", "asset": "LXC"}
    await api.post("/v1/reservations", ana.id, body)
    [found] = (await api.get(f"{path}/balance", OPERATOR, "OPERATOR")).json()["figures"]
    assert found == {
        "asset": "LXC",
        "accounts": 3,
        "balance": "150.00",
        "available": "130.00",
        "held": "20.00",
    }


async def test_its_balance_is_told_at_any_time(own_books: Books, own_api: Api) -> None:
    """By who was in it then: accounts come and go; a late entry counts from when it is known."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(10_000), await books.open_person(5_000)
    path = await make(api, OPERATOR, ana.main, ben.main, role="OPERATOR")

    def at(hours: float) -> str:
        return (NOW + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")

    async def asked(query: str) -> Any:
        return (await figures(api, path, OPERATOR, query, "OPERATOR")).get("LXC")

    books.clock.move(HOUR)
    await books.issue(ana.main, 1_000)
    books.clock.move(HOUR)
    await change(api, path, OPERATOR, remove=(ben.main,), role="OPERATOR")
    books.clock.move(HOUR)
    body = {"from_account": str(ben.main), "to_user": str(ana.id), "amount": "1.00", "asset": "LXC"}
    late = body | {"effective_at": at(0.5)}
    assert (await api.post("/v1/transfers", OPERATOR, late, role="OPERATOR")).status_code == 201
    assert await asked("") == "111.00"
    assert await asked(f"?effective_at={at(1.5)}") == "160.00"
    assert await asked(f"?effective_at={at(2)}") == "111.00"
    assert await asked(f"?known_at={at(2)}") == "110.00"
    assert await asked(f"?effective_at={at(1.5)}&members_at={at(2.5)}") == "111.00"
    assert await asked(f"?effective_at={at(1.5)}&known_at={at(2.5)}&members_at={at(2.5)}") == (
        "110.00"
    )
    assert await asked(f"?effective_at={at(-1)}") is None


async def test_people_group_their_own_accounts(books: Books, api: Api) -> None:
    """Others' are 404, as is the group to others; operators see it and do not change it."""
    ana, ben = await books.open_person(1_000), await books.open_person(1_000)
    path = await make(api, ana.id, ana.main)
    refused = await change(api, path, ana.id, add=(ana.gift, ben.main))
    assert (refused.status_code, refused.json()["field"]) == (404, "add")
    assert (await api.get(path, ana.id)).json()["accounts"] == 1
    for what in ("", "/balance", "/members"):
        assert (await api.get(f"{path}{what}", ben.id)).status_code == 404
        assert (await api.get(f"{path}{what}", OPERATOR, "OPERATOR")).status_code == 200
    smuggled = await change(api, path, OPERATOR, add=(ben.main,), role="OPERATOR")
    assert smuggled.status_code == 404
    assert (await change(api, path, ben.id, remove=(ana.main,))).status_code == 404


async def test_who_is_no_operator_any_more_sees_no_others(books: Books, api: Api) -> None:
    """A group that an operator made stays, and tells them nothing of other people."""
    ana = await books.open_person(1_000)
    path = await make(api, OPERATOR, ana.main, role="OPERATOR")
    answer = await api.get(f"{path}/balance", OPERATOR, "MEMBER")
    assert answer.json()["type"].endswith(":others-in-group")


async def test_changes_are_made_once_by_versions(books: Books, api: Api) -> None:
    """The same key, the same bytes; an old version is 412; a repeat changes nothing."""
    ana = await books.open_person()
    path = await make(api, ana.id)
    first = await change(api, path, ana.id, add=(ana.main,), key="m", if_match='"1"')
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    again = await change(api, path, ana.id, add=(ana.main,), key="m", if_match='"1"')
    assert again.content == first.content
    assert (await change(api, path, ana.id, add=(ana.gift,), if_match='"1"')).status_code == 412
    same = await change(api, path, ana.id, add=(ana.main,), remove=(ana.gift,))
    assert (same.json()["version"], same.json()["accounts"]) == (2, 1)


async def test_who_was_in_it_is_kept(books: Books, api: Api) -> None:
    """In pages; an account that comes back is there twice."""
    ana = await books.open_person()
    path = await make(api, ana.id, ana.main, ana.escrow, ana.gift)
    for accounts in ({"remove": (ana.main,)}, {"add": (ana.main,)}):
        books.clock.move(HOUR)
        await change(api, path, ana.id, **accounts)
    for query, count in (("", 3), ("&past=true", 4)):
        seen: list[tuple[str, str]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await api.get(f"{path}/members?limit=1{query}{cursor}", ana.id)
            seen += [(one["account_id"], one["added_at"]) for one in page.json()["members"]]
            token = page.json()["next_cursor"]
            cursor = token and f"&cursor={token}"
        assert len(seen) == len(set(seen)) == count
    kept = (await api.get(f"{path}/members?past=true", ana.id)).json()["members"]
    left = [one for one in kept if one["removed_at"]]
    assert [(one["account_id"], one["removed_by"]) for one in left] == [
        (str(ana.main), str(ana.id))
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"add": []},
        {"add": ["x"]},
        {"add": [str(new_id())] * 1_001},
        {"add": [str(NOW)], "other": 1},
        {"add": (same := [str(new_id())]), "remove": same},
    ],
)
async def test_changes_without_sense_are_named(books: Books, api: Api, body: Any) -> None:
    """422, and nothing changes."""
    ana = await books.open_person()
    path = await make(api, ana.id)
    assert (await api.post(f"{path}/members", ana.id, body)).status_code == 422
    assert (await api.get(f"{path}/members?cursor=nonsense", ana.id)).status_code == 422
    assert (await api.get(path, ana.id)).json()["version"] == 1


async def test_there_is_a_limit_to_groups_and_to_accounts(books: Books, api: Api) -> None:
    """A thousand groups; ten thousand accounts, refused by the database, too."""
    ana = await books.open_person()
    path = await make(api, OPERATOR, role="OPERATOR")
    group = UUID(path.rpartition("/")[2])
    fill = """
        WITH made AS (
            INSERT INTO account (id, type, asset, community, name, floor_minor, created_at)
            SELECT uuidv7(), 'PROVIDER', 'LXC', $1, 'p' || n, 0, $2
            FROM generate_series(1, $3::integer) AS n RETURNING id
        )
        INSERT INTO account_group_member (group_id, account_id, added_at, added_by)
        SELECT $4, id, $2, $5 FROM made
    """
    async with books.transaction() as conn:
        await conn.execute(fill, "crowd", NOW, 9_999, group, OPERATOR)
    with pytest.raises(asyncpg.CheckViolationError, match="at most 10,000"):
        async with books.transaction() as conn:
            await conn.execute(fill, "more", NOW, 2, group, OPERATOR)
    full = await change(api, path, OPERATOR, add=(ana.main, ana.gift), role="OPERATOR")
    assert (full.json()["type"].rpartition(":")[2], full.json()["room"]) == ("group-full", 1)
    assert (await change(api, path, OPERATOR, add=(ana.main,), role="OPERATOR")).status_code == 200
    assert await figures(api, path, OPERATOR, role="ADMIN") == {"LXC": "0.00"}
    async with books.transaction() as conn:
        await conn.execute(
            "INSERT INTO account_group SELECT uuidv7(), $1, 'g', $2 FROM generate_series(1, 1000)",
            ana.id,
            NOW,
        )
    refused = await api.post("/v1/account-groups", ana.id, {"name": "one more"})
    assert refused.json()["type"].endswith(":too-many-groups")


@pytest.mark.parametrize("role", ["ledger", "owner"])
async def test_history_of_a_group_is_not_rewritten(books: Books, api: Api, role: str) -> None:
    """No membership is deleted, moved, opened again, or there twice at a time."""
    ana = await books.open_person()
    path = await make(api, ana.id, ana.main, ana.gift)
    books.clock.move(HOUR)
    await change(api, path, ana.id, remove=(ana.gift,))
    group = path.rpartition("/")[2]
    for statement in (
        f"DELETE FROM account_group_member WHERE group_id = '{group}'",
        f"UPDATE account_group_member SET added_at = now() WHERE group_id = '{group}'",
        (
            "UPDATE account_group_member SET removed_at = NULL, removed_by = NULL "
            f"WHERE group_id = '{group}' AND removed_at IS NOT NULL"
        ),
        f"INSERT INTO account_group_member VALUES ('{group}', '{ana.main}', now(), '{ana.id}')",
        (
            "INSERT INTO account_group_member VALUES "
            f"('{group}', '{ana.gift}', '{NOW.isoformat()}', '{ana.id}')"
        ),
    ):
        with pytest.raises(
            (asyncpg.IntegrityConstraintViolationError, asyncpg.InsufficientPrivilegeError)
        ):
            async with books.writing(role) as conn:
                await conn.execute(statement)
