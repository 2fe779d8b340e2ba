"""Monitors over HTTP: whose, how many, and what cannot be watched."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.ids import new_id
from ledger.monitors.models import MONITORS_MAX
from services.ledger.tests.books import Books, Person
from services.ledger.tests.conftest import Api


def wish(person: Person, **other: Any) -> dict[str, Any]:
    """A wish to watch a person's main account."""
    return {"account_id": str(person.main), "kind": "below", "threshold": "50.00"} | other


def problem_of(answer: Any) -> tuple[int, str]:
    """Status and name of a problem."""
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def test_a_monitor_says_where_the_account_stands(books: Books, api: Api) -> None:
    """Made once for its key; beyond the line already is said and not told."""
    ana = await books.open_person(4_000)
    key = uuid4().hex
    made = await api.post("/v1/monitors", ana.id, wish(ana), key=key)
    assert (made.status_code, made.json()["beyond"]) == (201, True)
    again = await api.post("/v1/monitors", ana.id, wish(ana), key=key)
    assert (again.content, again.headers["idempotency-replayed"]) == (made.content, "true")
    told = made.json()
    assert (told["threshold"], told["hysteresis"], told["crossings"]) == ("50.00", "0.00", 0)
    listed = (await api.get(f"/v1/monitors?account_id={ana.main}", ana.id)).json()
    assert listed == {"monitors": [told], "next_cursor": None}
    assert (await api.get(made.headers["location"], ana.id)).json() == told


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"threshold": "1.001"}, (422, "malformed")),
        ({"threshold": "x"}, (422, "malformed")),
        ({"threshold": "--1"}, (422, "malformed")),
        ({"kind": "soft_limit", "threshold": "-1.00"}, (422, "malformed")),
        ({"hysteresis": "-1.00"}, (422, "malformed")),
        ({"kind": "sideways"}, (422, "malformed")),
        ({"window_seconds": 60}, (422, "malformed")),
        ({"kind": "fall"}, (422, "malformed")),
        ({"kind": "fall", "window_seconds": 0}, (422, "malformed")),
        ({"kind": "fall", "window_seconds": 31_536_001}, (422, "malformed")),
        ({"kind": "fall", "window_seconds": 60, "threshold": "0"}, (422, "malformed")),
        ({"kind": "fall", "window_seconds": 60, "hysteresis": "50.00"}, (422, "malformed")),
        ({"account_id": str(UUID(int=7))}, (404, "no-such-account")),
        ({"label": "x" * 201}, (422, "malformed")),
    ],
)
async def test_what_cannot_be_watched_is_named(
    books: Books, api: Api, other: dict[str, Any], expected: tuple[int, str]
) -> None:
    """Each has its name, and nothing is written."""
    ana = await books.open_person(4_000)
    before = await books.value("SELECT count(*) FROM monitor")
    assert problem_of(await api.post("/v1/monitors", ana.id, wish(ana, **other))) == expected
    assert await books.value("SELECT count(*) FROM monitor") == before


async def test_whose_accounts_may_be_watched(books: Books, api: Api) -> None:
    """One's own; operators watch any, and only the owner sees and ends a monitor."""
    ana, ben = await books.open_person(), await books.open_person()
    stranger = await api.post("/v1/monitors", ben.id, wish(ana))
    assert problem_of(stranger) == (404, "no-such-account")
    operator = new_id()
    made = await api.post("/v1/monitors", operator, wish(ana, threshold="-1.00"), role="OPERATOR")
    assert made.status_code == 201
    path = made.headers["location"]
    assert problem_of(await api.get(path, ana.id)) == (404, "no-such-monitor")
    assert problem_of(await api.delete(path, ana.id)) == (404, "no-such-monitor")
    soft = {"account_id": str(await books.issuance()), "kind": "soft_limit", "threshold": "1.00"}
    refused = await api.post("/v1/monitors", operator, soft, role="OPERATOR")
    assert problem_of(refused) == (409, "nothing-to-spend-down-to")


async def test_one_person_watches_so_many_at_a_time(books: Books, api: Api) -> None:
    """The limit holds for wishes at the same moment; ending one makes room."""
    ana = await books.open_person(10_000)
    wishes = (api.post("/v1/monitors", ana.id, wish(ana)) for _ in range(MONITORS_MAX + 5))
    answers = await asyncio.gather(*wishes)
    assert [one.status_code for one in answers].count(201) == MONITORS_MAX
    refused = next(one for one in answers if one.status_code != 201)
    assert problem_of(refused) == (409, "too-many-monitors")
    assert refused.json()["limit"] == MONITORS_MAX
    page = (await api.get("/v1/monitors?limit=15", ana.id)).json()
    rest = (await api.get(f"/v1/monitors?limit=15&cursor={page['next_cursor']}", ana.id)).json()
    assert (len(page["monitors"]), len(rest["monitors"])) == (15, 5)
    await api.delete(f"/v1/monitors/{rest['monitors'][0]['id']}", ana.id)
    assert (await api.post("/v1/monitors", ana.id, wish(ana))).status_code == 201
