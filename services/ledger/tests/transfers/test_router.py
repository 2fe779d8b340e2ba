"""Sending money over HTTP: the way it goes, and everything that may be wrong with a request."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.ids import new_id
from services.ledger.tests.books import Books, Person
from services.ledger.tests.conftest import Api


def wish(source: UUID, to_user: UUID, amount: object = "60.00", **other: object) -> dict[str, Any]:
    """A request to send money."""
    plain = {
        "from_account": str(source),
        "to_user": str(to_user),
        "amount": amount,
        "asset": "LXC",
    }
    return plain | other


async def test_money_is_sent_to_a_person(books: Books, api: Api) -> None:
    """201 with what moved; each party sees the balance of their own side only."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    answer = await api.post("/v1/transfers", ana.id, wish(ana.main, ben.id, memo="  bicycle bell "))
    assert answer.status_code == 201
    sent = answer.json()
    assert answer.headers["location"] == f"/v1/transfers/{sent['id']}"
    assert sent["memo"] == "bicycle bell"
    assert [(one["amount"], one["balance_after"]) for one in sent["entries"]] == [
        ("-60.00", "40.00"),
        ("60.00", None),
    ]
    seen = (await api.get(f"/v1/transfers/{sent['id']}", ben.id)).json()
    assert [one["balance_after"] for one in seen["entries"]] == [None, "60.00"]
    operators = (await api.get(f"/v1/transfers/{sent['id']}", new_id(), role="OPERATOR")).json()
    assert [one["balance_after"] for one in operators["entries"]] == ["40.00", "60.00"]
    assert (await api.get(f"/v1/transfers/{sent['id']}", new_id())).status_code == 404


async def test_the_same_key_twice_is_the_same_bytes(books: Books, api: Api) -> None:
    """Byte for byte, with a header that says so; other content is a conflict."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    body = wish(ana.main, ben.id, "1.00")
    first = await api.post("/v1/transfers", ana.id, body, key="k")
    again = await api.post("/v1/transfers", ana.id, body, key="k")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    other = await api.post("/v1/transfers", ana.id, body | {"amount": "2.00"}, key="k")
    assert (other.status_code, other.json()["differs"]) == (409, ["amount"])
    assert await books.balance(ben.main) == 100


async def test_more_than_there_is_is_refused_in_figures(books: Books, api: Api) -> None:
    """409 with what is needed, available and missing; nothing changes."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    answer = await api.post("/v1/transfers", ana.id, wish(ana.main, ben.id))
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["type"] == "urn:localex:problem:insufficient-funds"
    assert (problem["needed"], problem["available"]) == ("60.00", "10.00")
    assert await books.balance(ana.main) == 1_000


async def refusal(books: Books, api: Api, case: str) -> tuple[int, str]:
    """Status and problem of a request that state or ownership forbid."""
    ana, ben = await books.open_person(10_000), await books.open_person(10_000)
    body = {
        "somebody else's account": wish(ben.main, ana.id),
        "an account that is not there": wish(uuid4(), ben.id),
        "a person who is not there": wish(ana.main, uuid4()),
        "from escrow": wish(ana.escrow, ben.id),
        "to oneself": wish(ana.main, ana.id),
        "into escrow": wish(ana.main, ben.id) | {"to_user": None, "to_account": str(ben.escrow)},
        "another asset": wish(ana.main, ben.id, asset="EUR"),
        "another asset, by account": wish(ana.main, ben.id, asset="EUR")
        | {"to_user": None, "to_account": str(ben.main)},
    }[case]
    answer = await api.post("/v1/transfers", ana.id, body)
    assert await books.balance(ana.main) == await books.balance(ben.main) == 10_000
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


@pytest.mark.parametrize(
    ("case", "status", "problem"),
    [
        ("somebody else's account", 404, "no-such-account"),
        ("an account that is not there", 404, "no-such-account"),
        ("a person who is not there", 404, "no-such-account"),
        ("from escrow", 409, "not-a-main-account"),
        ("to oneself", 409, "same-account"),
        ("into escrow", 409, "not-a-main-account"),
        ("another asset", 404, "no-such-account"),
        ("another asset, by account", 409, "wrong-asset"),
    ],
)
async def test_what_may_not_be_is_refused(
    books: Books, api: Api, case: str, status: int, problem: str
) -> None:
    """Each has its status and name, and nothing moves."""
    assert await refusal(books, api, case) == (status, problem)


BAD_FIELDS: list[tuple[str, object, str]] = [
    ("amount", "0.00", "amount"),
    ("amount", "-1.00", "amount"),
    ("amount", "1.001", "amount"),
    ("amount", "1e3", "amount"),
    ("amount", "NaN", "amount"),
    ("amount", "9" * 40, "amount"),
    ("amount", "9" * 70, "amount"),
    ("amount", 60, "amount"),
    ("amount", 60.5, "amount"),
    ("amount", None, "amount"),
    ("amount", "٦٠", "amount"),
    ("asset", "GOLD", "asset"),
    ("asset", "lxc", "asset"),
    ("asset", "X" * 99, "asset"),
    ("from_account", "mine", "from_account"),
    ("to_user", 7, "to_user"),
    ("memo", "", "memo"),
    ("memo", "x" * 201, "memo"),
    ("memo", "nul \x00", "memo"),
    ("memo", "bell \x07", "memo"),
    ("memo", ["list"], "memo"),
    ("colour", "red", "colour"),
    ("to_account", "0192f0c0-0000-7000-8000-000000000000", "body"),
]


@pytest.mark.parametrize(
    ("field", "value", "named"), BAD_FIELDS, ids=[f"{row[0]}={row[1]!r:.20}" for row in BAD_FIELDS]
)
async def test_bad_fields_are_named(
    books: Books, api: Api, field: str, value: object, named: str
) -> None:
    """422 with the field, and nothing moves."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    answer = await api.post("/v1/transfers", ana.id, wish(ana.main, ben.id) | {field: value})
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [named]
    assert await books.balance(ana.main) == 10_000


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"null", "body"),
        (b"[]", "body"),
        (b'"text"', "body"),
        (b'{"amount": NaN}', "amount"),
        (b'{"memo": "\xff\xfe"}', "memo"),
        (b'{"memo": "\\ud800"}', "memo"),
        (b"[" * 5000, "body"),
        (b"\x00", "body"),
    ],
)
async def test_broken_bodies_are_the_clients_fault(
    books: Books, api: Api, body: bytes, field: str
) -> None:
    """Whatever the bytes: a problem that names the field, never a 5xx."""
    answer = await api.post("/v1/transfers", new_id(), body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert field in {error["field"] for error in answer.json()["errors"]}


async def test_a_lone_surrogate_in_a_memo_is_named(books: Books, api: Api) -> None:
    """Half a character would break every reader behind us."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    body = wish(ana.main, ben.id, memo="HERE")
    broken = str(body).replace("'", '"').replace("HERE", "\\ud800").encode()
    answer = await api.post("/v1/transfers", ana.id, broken)
    assert answer.status_code == 422, answer.text


async def test_a_huge_body_is_refused(api: Api) -> None:
    """The limit is a quarter of a megabyte."""
    answer = await api.post("/v1/transfers", new_id(), b"x" * 300_000)
    assert answer.status_code == 413


@pytest.mark.parametrize("key", ["", "x" * 129])
async def test_a_write_needs_a_key(books: Books, api: Api, key: str) -> None:
    """Without one it could not be repeated safely."""
    ana = await books.open_person(10_000)
    headers = {"authorization": f"Bearer {api.token(ana.id, 'MEMBER')}"}
    headers |= {"idempotency-key": key} if key else {}
    answer = await api.client.post("/v1/transfers", json=wish(ana.main, new_id()), headers=headers)
    assert answer.status_code == 422
    assert "dempotency" in answer.json()["errors"][0]["field"]


async def test_nobody_gets_in_without_a_token(api: Api) -> None:
    """Only what the gateway vouches for is heard."""
    for headers in ({}, {"authorization": "Bearer forged"}):
        answer = await api.client.get("/v1/accounts", headers=headers)
        assert answer.status_code == 401


async def test_people_are_cut_off_from_each_other(books: Books, api: Api) -> None:
    """The same key of another person is another key."""
    ana, ben = await books.open_person(1_000), await books.open_person(1_000)
    people: list[tuple[Person, Person]] = [(ana, ben), (ben, ana)]
    for sender, receiver in people:
        answer = await api.post(
            "/v1/transfers", sender.id, wish(sender.main, receiver.id, "1.00"), key="same"
        )
        assert answer.status_code == 201
        assert "idempotency-replayed" not in answer.headers
