"""Reservations over HTTP: the way they go, and everything that may be wrong with a request."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.ids import new_id
from services.ledger.tests.books import Books, Person
from services.ledger.tests.conftest import Api
from services.ledger.tests.reservations import moves

PATH = "/v1/reservations"


def wish(account_id: UUID, amount: object = "60.00", **other: object) -> dict[str, Any]:
    """A request to set money aside."""
    return {"account_id": str(account_id), "amount": amount, "asset": "LXC"} | other


async def reserved(
    books: Books, api: Api, **other: object
) -> tuple[Person, Person, dict[str, Any]]:
    """Ana with 60.00 of her 100.00 set aside, and Ben."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    answer = await api.post(PATH, ana.id, wish(ana.main, **other))
    assert answer.status_code == 201, answer.text
    return ana, ben, answer.json()


async def test_a_reservation_is_made_captured_and_released(books: Books, api: Api) -> None:
    """201 with half an hour's time; then parts are paid, and the rest is free again."""
    ana, ben, made = await reserved(books, api, memo=" deposit ")
    assert (made["state"], made["amount"], made["remaining"]) == ("ACTIVE", "60.00", "60.00")
    assert (made["memo"], made["version"]) == ("deposit", 1)
    account = (await api.get(f"/v1/accounts/{ana.main}", ana.id)).json()
    assert (account["balance"], account["held"], account["available"]) == (
        "100.00",
        "60.00",
        "40.00",
    )
    path = f"{PATH}/{made['id']}"
    part = await api.post(
        f"{path}/capture", ana.id, {"amount": "20.00", "to_account": str(ben.main)}
    )
    assert part.status_code == 200
    assert (part.json()["captured"], part.json()["remaining"]) == ("20.00", "40.00")
    rest = (await api.post(f"{path}/release", ana.id, {})).json()
    assert (rest["state"], rest["released"], rest["remaining"]) == ("RELEASED", "40.00", "0.00")
    assert (await api.get(path, ana.id)).json() == rest
    entries = (await api.get(f"/v1/accounts/{ana.main}/entries", ana.id)).json()["entries"]
    assert [(one["kind"], one["amount"], one["held"], one["held_after"]) for one in entries] == [
        ("reservation.release", "0.00", "-40.00", "0.00"),
        ("reservation.capture", "-20.00", "-20.00", "40.00"),
        ("reservation.reserve", "0.00", "60.00", "60.00"),
        ("transfer", "100.00", "0.00", "0.00"),
    ]
    moved = (await api.get(f"/v1/transfers/{rest['transfer_id']}", ana.id)).json()
    assert moved["kind"] == "reservation.release"


async def test_each_write_answers_a_repeat_with_the_same_bytes(books: Books, api: Api) -> None:
    """Once done, whatever the key is sent again for; other content is a conflict."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    body = wish(ana.main, to_account=str(ben.main))
    first = await api.post(PATH, ana.id, body, key="r")
    again = await api.post(PATH, ana.id, body, key="r")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    path = f"{PATH}/{first.json()['id']}"
    assert first.headers["location"] == path
    part = {"amount": "20.00"}
    captured = await api.post(f"{path}/capture", ana.id, part, key="c")
    assert (await api.post(f"{path}/capture", ana.id, part, key="c")).content == captured.content
    other = await api.post(f"{path}/capture", ana.id, {"amount": "9.00"}, key="c")
    assert (other.status_code, other.json()["differs"]) == (409, ["amount"])
    released = await api.post(f"{path}/release", ana.id, {}, key="x")
    assert (await api.post(f"{path}/release", ana.id, {}, key="x")).content == released.content
    assert (await api.post(f"{path}/release", ana.id, {}, key="y")).status_code == 409
    assert await moves.figures(books, ana.main) == (8_000, 0, 8_000)


async def test_a_refused_reservation_is_kept_and_may_be_tried_again(books: Books, api: Api) -> None:
    """409 in figures and a row for audit; later the same key works."""
    ana = await books.open_person(1_000)
    answer = await api.post(PATH, ana.id, wish(ana.main), key="k")
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["type"] == "urn:localex:problem:insufficient-funds"
    assert (problem["needed"], problem["available"]) == ("60.00", "10.00")
    kept = "SELECT count(*) FROM refused_attempt WHERE account_id = $1 AND initiated_by = $2"
    assert await books.value(kept, ana.main, ana.id) == 1
    await books.issue(ana.main, 9_000)
    assert (await api.post(PATH, ana.id, wish(ana.main), key="k")).status_code == 201


async def test_only_its_owner_and_operators_see_and_move_it(books: Books, api: Api) -> None:
    """For others it is not there."""
    ana, ben, made = await reserved(books, api)
    path = f"{PATH}/{made['id']}"
    assert (await api.get(path, ben.id)).status_code == 404
    assert (await api.get(f"{PATH}/{uuid4()}", ana.id)).status_code == 404
    body = {"amount": "60.00", "to_account": str(ben.main)}
    assert (await api.post(f"{path}/capture", ben.id, body)).status_code == 404
    assert (await api.post(f"{path}/release", ben.id, {})).status_code == 404
    assert (await api.get(path, new_id(), role="OPERATOR")).status_code == 200
    ended = await api.post(f"{path}/release", new_id(), {}, role="OPERATOR")
    assert ended.json()["state"] == "RELEASED"


async def test_one_pages_through_ones_own(books: Books, api: Api) -> None:
    """Newest first, by state and account; operators name the account."""
    ana = await books.open_person(10_000)
    made = [(await api.post(PATH, ana.id, wish(ana.main, "1.00"))).json()["id"] for _ in range(5)]
    await api.post(f"{PATH}/{made[4]}/release", ana.id, {})
    first = (await api.get(f"{PATH}?limit=3", ana.id)).json()
    second = (await api.get(f"{PATH}?limit=3&cursor={first['next_cursor']}", ana.id)).json()
    found = [one["id"] for one in (*first["reservations"], *second["reservations"])]
    assert (found, second["next_cursor"]) == (made[::-1], None)
    active = (await api.get(f"{PATH}?state=ACTIVE", ana.id)).json()["reservations"]
    assert [one["id"] for one in active] == made[3::-1]
    operator = new_id()
    named = f"{PATH}?account_id={ana.main}"
    seen = (await api.get(named, operator, role="OPERATOR")).json()["reservations"]
    assert len(seen) == 5
    assert (await api.get(PATH, operator, role="OPERATOR")).json()["reservations"] == []
    assert (await api.get(named, operator)).json()["reservations"] == []


@pytest.mark.parametrize(
    ("case", "status", "problem"),
    [
        ("somebody else's account", 404, "no-such-account"),
        ("an account that is not there", 404, "no-such-account"),
        ("of escrow", 409, "cannot-be-reserved"),
        ("for escrow", 409, "cannot-be-reserved"),
        ("for oneself", 409, "cannot-be-reserved"),
        ("for nobody", 404, "no-such-account"),
        ("another asset", 409, "wrong-asset"),
    ],
)
async def test_what_may_not_be_reserved(
    books: Books, api: Api, case: str, status: int, problem: str
) -> None:
    """Each has its status and name, and nothing is held."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    body = {
        "somebody else's account": wish(ben.main),
        "an account that is not there": wish(uuid4()),
        "of escrow": wish(ana.escrow),
        "for escrow": wish(ana.main, to_account=str(ben.escrow)),
        "for oneself": wish(ana.main, to_account=str(ana.main)),
        "for nobody": wish(ana.main, to_account=str(uuid4())),
        "another asset": wish(ana.main, asset="EUR"),
    }[case]
    answer = await api.post(PATH, ana.id, body)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, problem)
    assert await moves.figures(books, ana.main) == (10_000, 0, 10_000)


@pytest.mark.parametrize(
    ("case", "status", "problem"),
    [
        ("too much", 409, "not-so-much-reserved"),
        ("for nobody", 409, "other-payee"),
        ("for escrow", 409, "cannot-be-reserved"),
        ("for somebody else", 409, "other-payee"),
        ("too late", 409, "reservation-due"),
        ("twice", 409, "reservation-over"),
    ],
)
async def test_what_may_not_be_captured(
    books: Books, api: Api, case: str, status: int, problem: str
) -> None:
    """Each has its status and name, and what was held stays held."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    cleo = await books.open_person()
    payee = {"to_account": str(cleo.main)} if case == "for somebody else" else {}
    made = (await api.post(PATH, ana.id, wish(ana.main, **payee))).json()
    path = f"{PATH}/{made['id']}"
    body: dict[str, object] = {"amount": "60.00", "to_account": str(ben.main)}
    if case == "too much":
        body["amount"] = "60.01"
    if case == "for nobody":
        body["to_account"] = None
    if case == "for escrow":
        body["to_account"] = str(ben.escrow)
    if case == "twice":
        await api.post(f"{path}/release", ana.id, {})
    if case == "too late":
        books.clock.move(timedelta(minutes=30))
    answer = await api.post(f"{path}/capture", ana.id, body)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, problem)
    assert await books.balance(ana.main) == 10_000
    await books.check()


BAD_FIELDS: list[tuple[str, object, str]] = [
    ("amount", "0.00", "amount"),
    ("amount", "-1.00", "amount"),
    ("amount", "1.001", "amount"),
    ("amount", "9" * 40, "amount"),
    ("amount", 60, "amount"),
    ("asset", "GOLD", "asset"),
    ("account_id", "mine", "account_id"),
    ("to_account", 7, "to_account"),
    ("expires_in_seconds", 0, "expires_in_seconds"),
    ("expires_in_seconds", -5, "expires_in_seconds"),
    ("expires_in_seconds", 30 * 86_400 + 1, "expires_in_seconds"),
    ("expires_in_seconds", "60", "expires_in_seconds"),
    ("expires_in_seconds", 1.5, "expires_in_seconds"),
    ("memo", "nul \x00", "memo"),
    ("colour", "red", "colour"),
]


@pytest.mark.parametrize(
    ("field", "value", "named"), BAD_FIELDS, ids=[f"{row[0]}={row[1]!r:.20}" for row in BAD_FIELDS]
)
async def test_bad_fields_are_named(
    books: Books, api: Api, field: str, value: object, named: str
) -> None:
    """422 with the field, and nothing is held."""
    ana = await books.open_person(10_000)
    answer = await api.post(PATH, ana.id, wish(ana.main) | {field: value})
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [named]
    assert await moves.figures(books, ana.main) == (10_000, 0, 10_000)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"{PATH}/none", "reservation_id"),
        (f"{PATH}?state=LOST", "state"),
        (f"{PATH}?limit=0", "limit"),
        (f"{PATH}?cursor=x", "cursor"),
    ],
)
async def test_bad_questions_name_the_field(api: Api, path: str, field: str) -> None:
    """Never a server error, and the field is said."""
    answer = await api.get(path, new_id())
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
