"""Price lists and quotes over HTTP, and transfers that are priced by them."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from chassis.ids import new_id
from ledger.fees.forget_quotes import forget_quotes
from services.ledger.tests.books import NOW, Books
from services.ledger.tests.conftest import Api

IN_FORCE = NOW + timedelta(seconds=10)


def version(**other: Any) -> dict[str, Any]:
    """A request for a new version of the price list of transfers."""
    plain = {
        "operation": "transfer",
        "asset": "LXC",
        "rules": [
            {"tier": "PLATFORM", "kind": "percentage", "bps": 100},
            {"tier": "NETWORK", "kind": "flat", "flat": "0.25"},
        ],
        "reason": "first list",
    }
    return plain | other


async def post_version(api: Api, **other: Any) -> Any:
    """Add a version as an administrator."""
    return await api.post("/v1/fee-schedules", new_id(), version(**other), role="ADMIN")


async def test_a_version_is_written_and_shown(books: Books, api: Api) -> None:
    """With all of its rules, by whom and why; the built-in price is shown beside."""
    brackets = [{"up_to": "100.00", "bps": 300}, {"up_to": None, "bps": 100}]
    rules = [{"tier": "PREMIUM", "kind": "tiered", "brackets": brackets, "min": "1.00"}]
    made = await post_version(api, rules=rules, operation="escrow.release", community="far")
    assert made.status_code == 201, made.text
    path = "/v1/fee-schedules?operation=escrow.release"
    shown = (await api.get(path, new_id(), "ADMIN")).json()
    assert shown["schedules"][0] == made.json()
    assert shown["builtin_bps"] == 100
    [rule] = made.json()["rules"]
    assert (rule["brackets"], rule["min"], rule["max"]) == (brackets, "1.00", None)
    assert made.json()["valid_from"] == IN_FORCE.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("other", "status", "problem"),
    [
        ({"valid_from": NOW.isoformat()}, 409, "schedule-in-the-past"),
        ({"valid_from": "2026-11-22T00:00:00"}, 422, "malformed"),
        ({"asset": "GOLD"}, 422, "malformed"),
        ({"asset": None}, 422, "malformed"),
        ({"operation": "rob"}, 422, "malformed"),
        ({"reason": ""}, 422, "malformed"),
        ({"rules": [{"tier": "TIPS", "kind": "percentage", "bps": 1}]}, 422, "malformed"),
        ({"rules": [{"tier": "PREMIUM", "kind": "percentage", "bps": 10_001}]}, 422, "malformed"),
        ({"rules": [{"tier": "PREMIUM", "kind": "percentage", "bps": 1.5}]}, 422, "malformed"),
        ({"rules": [{"tier": "PREMIUM", "kind": "flat", "bps": 1}]}, 422, "malformed"),
        ({"rules": [{"tier": "PREMIUM", "kind": "flat", "flat": "0.001"}]}, 422, "malformed"),
        ({"rules": [{"tier": "PREMIUM", "kind": "flat", "flat": "1.00"}] * 2}, 422, "malformed"),
        (
            {
                "rules": [
                    {"tier": "PREMIUM", "kind": "percentage", "bps": 1, "min": "2", "max": "1"}
                ]
            },
            422,
            "malformed",
        ),
        (
            {
                "rules": [
                    {
                        "tier": "PREMIUM",
                        "kind": "tiered",
                        "brackets": [
                            {"up_to": "2.00", "bps": 1},
                            {"up_to": "1.00", "bps": 1},
                            {"bps": 1},
                        ],
                    }
                ]
            },
            422,
            "malformed",
        ),
    ],
)
async def test_a_version_that_cannot_be_is_refused(
    books: Books, api: Api, other: dict[str, Any], status: int, problem: str
) -> None:
    """Each with its name, and nothing is written."""
    before = await books.value("SELECT count(*) FROM fee_schedule")
    answer = await post_version(api, **other)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, problem)
    assert await books.value("SELECT count(*) FROM fee_schedule") == before


async def test_versions_are_the_operators(books: Books, api: Api) -> None:
    """A member reads prices and sets none; a scope and time has one version."""
    answer = await api.post("/v1/fee-schedules", new_id(), version())
    assert answer.status_code == 403
    elsewhere = {"community": "elsewhere"}
    assert (await post_version(api, **elsewhere)).status_code == 201
    again = await post_version(api, **elsewhere)
    assert (again.status_code, again.json()["type"]) == (409, "urn:localex:problem:schedule-exists")


async def test_a_transfer_is_priced_and_itemised(own_books: Books, own_api: Api) -> None:
    """60.00 under 1 % and 0.25: the payee gets 59.15, each tier has its account."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(20_000), await books.open_person()
    wish = {
        "from_account": str(ana.main),
        "to_user": str(ben.id),
        "amount": "60.00",
        "asset": "LXC",
    }
    free = (await api.post("/v1/transfers", ana.id, wish)).json()
    assert free["fees"] == []
    made = (await post_version(api)).json()
    books.clock.move(timedelta(seconds=10))
    api.forget_prices()
    sent = (await api.post("/v1/transfers", ana.id, wish)).json()
    items = [{"tier": "PLATFORM", "amount": "0.60"}, {"tier": "NETWORK", "amount": "0.25"}]
    assert sent["fees"] == items
    assert [one["amount"] for one in sent["entries"]] == ["-60.00", "59.15", "0.60", "0.25"]
    assert (await api.get(f"/v1/transfers/{sent['id']}", ben.id)).json()["fees"] == items
    rows = await books.rows(
        "SELECT name, balance_minor FROM account_balances WHERE type = 'FEES' ORDER BY name"
    )
    assert [tuple(row) for row in rows] == [("", 60), ("NETWORK", 25)]
    kept = await books.value("SELECT metadata FROM transfer WHERE id = $1", sent["id"])
    assert kept["fees"]["schedule_id"] == made["id"]
    await books.check()


async def test_a_promise_is_kept_until_it_expires(own_books: Books, own_api: Api) -> None:
    """The quoted price holds after a dearer version is in force; a repeat is answered for ever."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(20_000), await books.open_person()
    asked = {"operation": "transfer", "amount": "10.00", "asset": "LXC"}
    quote = (await api.post("/v1/fees/quotes", ana.id, asked)).json()
    assert (quote["fee"], quote["net"], quote["fees"]) == ("0.00", "10.00", [])
    await post_version(api)
    books.clock.move(timedelta(minutes=14))
    api.forget_prices()
    wish = {
        "from_account": str(ana.main),
        "to_user": str(ben.id),
        "amount": "10.00",
        "asset": "LXC",
    }
    promised = wish | {"fee_quote": quote["id"]}
    sent = await api.post("/v1/transfers", ana.id, promised, key="promised")
    assert (sent.status_code, sent.json()["fees"]) == (201, [])
    dear = (await api.post("/v1/fees/quotes", ana.id, asked)).json()
    assert (dear["fee"], dear["net"]) == ("0.35", "9.65")
    paid = (await api.post("/v1/transfers", ana.id, wish | {"fee_quote": dear["id"]})).json()
    assert [one["amount"] for one in paid["entries"]] == ["-10.00", "9.65", "0.10", "0.25"]
    kept = await books.value("SELECT metadata FROM transfer WHERE id = $1", paid["id"])
    assert kept["fees"]["quote_id"] == dear["id"]

    async def refusal(body: dict[str, Any]) -> str:
        answer = await api.post("/v1/transfers", ana.id, body)
        return str(answer.json()["type"].rpartition(":")[2])

    assert await refusal(promised | {"amount": "11.00"}) == "quote-differs"
    assert await refusal(promised | {"fee_quote": str(new_id())}) == "no-such-quote"
    theirs = (await api.post("/v1/fees/quotes", ben.id, asked)).json()["id"]
    assert await refusal(promised | {"fee_quote": theirs}) == "no-such-quote"
    books.clock.move(timedelta(minutes=1))
    assert await refusal(promised) == "quote-expired"
    again = await api.post("/v1/transfers", ana.id, promised, key="promised")
    assert (again.status_code, again.content) == (201, sent.content)
    await books.check()


async def test_a_quote_is_the_same_for_the_same_key(books: Books, api: Api) -> None:
    """A release of 75.00 costs 0.75 by itself; the same key, the same promise."""
    caller = new_id()
    asked = {"operation": "escrow.release", "amount": "75.00", "asset": "LXC"}
    first = await api.post("/v1/fees/quotes", caller, asked, key="q")
    again = await api.post("/v1/fees/quotes", caller, asked, key="q")
    assert (first.status_code, again.content) == (201, first.content)
    assert first.json()["fees"] == [{"tier": "PLATFORM", "amount": "0.75"}]
    bad = await api.post("/v1/fees/quotes", caller, asked | {"amount": "0.00"})
    assert bad.status_code == 422


@pytest.mark.parametrize("role", ["ledger", "migrator"])
@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("fee_schedule", "UPDATE fee_schedule SET rules = '[]'"),
        ("fee_schedule", "DELETE FROM fee_schedule"),
        ("fee_schedule", "TRUNCATE fee_schedule CASCADE"),
        ("fee_quote", "UPDATE fee_quote SET items = '[]'"),
        ("fee_quote", "TRUNCATE fee_quote"),
    ],
)
async def test_prices_are_never_edited(books: Books, role: str, table: str, statement: str) -> None:
    """Neither by the service, which has no right, nor by the owner, whom a trigger refuses."""
    async with books.scratch.connect(role) as conn:
        if role == "migrator":
            await conn.execute("SET ROLE ledger_owner; SET search_path = ledger")
        with pytest.raises(asyncpg.PostgresError) as refused:
            await conn.execute(statement)
    rights = isinstance(refused.value, asyncpg.InsufficientPrivilegeError)
    assert rights or refused.value.constraint_name == f"{table}_never_changes"
    assert rights == (role == "ledger")


async def test_sql_refuses_a_version_in_the_past(books: Books) -> None:
    """What was priced already keeps its price, whoever writes."""
    with pytest.raises(asyncpg.CheckViolationError, match="fee_schedule_not_in_the_past"):
        await books.rows(
            "INSERT INTO fee_schedule (id, operation, valid_from, rules, reason, created_by, "
            "created_at) VALUES ($1, 'transfer', $2, '[]', 'x', $1, $2) RETURNING id",
            new_id(),
            NOW,
        )


async def test_old_quotes_are_forgotten(books: Books, api: Api) -> None:
    """A week after they expired, and not before."""
    asked = {"operation": "transfer", "amount": "1.00", "asset": "LXC"}
    made = (await api.post("/v1/fees/quotes", new_id(), asked)).json()["id"]
    for days, left in ((7, 1), (8, 0)):
        async with books.transaction() as conn:
            await forget_quotes(conn, now=NOW + timedelta(days=days))
        assert await books.value("SELECT count(*) FROM fee_quote WHERE id = $1", made) == left
