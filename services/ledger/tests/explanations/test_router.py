"""Explanations over HTTP: the figure, what it comes from, what limits it, and words that agree."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.ids import new_id
from ledger.journal.models import Movement, Transfer
from services.ledger.tests.books import COMMUNITY, NOW, Books, transfer
from services.ledger.tests.conftest import Api
from services.ledger.tests.transparency.log import keep, places, send, sequence


async def fees_account(books: Books) -> UUID:
    """Where fees go."""
    return UUID(
        str(
            await books.value(
                "INSERT INTO account (id, type, asset, community, name, floor_minor, created_at) "
                "VALUES ($1, 'FEES', 'LXC', $2, ($1::uuid)::text, NULL, $3) RETURNING id",
                new_id(), COMMUNITY, NOW,
            )
        )
    )  # fmt: skip


async def explain(api: Api, account: UUID, who: UUID, role: str = "MEMBER") -> Any:
    """The explanation of an account."""
    answer = await api.get(f"/v1/accounts/{account}/explain", who, role=role)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_account_is_explained(books: Books, api: Api) -> None:
    """Figure, entries, limits, fees and what was refused, and the same in words."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    fees = await fees_account(books)
    moves = (("main", -5_000), ("ben", 4_950), ("fees", 50))
    accounts = {"main": ana.main, "ben": ben.main, "fees": fees}
    await books.post(
        Transfer(new_id(), "sale", tuple(Movement(accounts[n], "LXC", a) for n, a in moves))
    )
    await books.post(transfer(ana.main, ben.main, 9_999))
    await books.rows(
        "UPDATE account SET floor_minor = -1000, ceiling_minor = 20000 WHERE id = $1 RETURNING id",
        ana.main,
    )
    found = await explain(api, ana.main, ana.id)
    figure = found["figure"]
    assert (figure["balance"], figure["spendable"], figure["version"]) == ("50.00", "60.00", 2)
    assert [one["amount"] for one in found["entries"]] == ["-50.00", "100.00"]
    assert [(one["kind"], one["amount"]) for one in found["fees"]] == [("sale", "0.50")]
    assert (found["limits"]["floor"], found["limits"]["ceiling"]) == ("-10.00", "200.00")
    [refused] = found["refused_attempts"]
    assert (refused["rule"], refused["beyond"]) == ("insufficient-funds", "49.99")
    assert "initiated_by" not in refused
    when = f"{NOW:%Y-%m-%d %H:%M} UTC"
    short = "99.99 LXC is needed, 50.00 is available: 49.99 is missing."
    assert found["words"] == [
        "The account has 50.00 LXC after 2 entries.",
        f"Last, 50.00 LXC left by a sale at {when}.",
        "It may not go below -10.00 LXC, so 60.00 LXC can be spent.",
        "It may hold 200.00 LXC at most, so 150.00 LXC can come in.",
        "Of its newest 2 entries, 0.50 LXC went to fees.",
        "Of its newest 2 entries, none is in the signed log yet.",
        f"At {when} a transfer was refused (insufficient-funds): {short}",
    ]


async def test_an_empty_account_is_explained(books: Books, api: Api) -> None:
    """Nothing has moved, and nothing is made up."""
    ana = await books.open_person()
    found = await explain(api, ana.gift, ana.id)
    assert (found["entries"], found["fees"], found["refused_attempts"]) == ([], [], [])
    nothing = {"count": 0, "sum": "0.00", "newest": [], "others": "0.00"}
    assert (found["proofs"], found["reservations"]) == ([], nothing)
    assert found["words"] == [
        "The account has 0.00 LXC: nothing has moved on it yet.",
        "It may not go below 0.00 LXC, so 0.00 LXC can be spent.",
    ]


async def test_a_late_entry_and_a_freeze_are_said(books: Books, api: Api) -> None:
    """What surprises is what must be explained."""
    ana, ben = await books.open_person(100), await books.open_person()
    moves = (Movement(ana.main, "LXC", -30), Movement(ben.main, "LXC", 30))
    at = books.clock.now() - timedelta(days=1)
    await books.post(Transfer(new_id(), "correction", moves, effective_at=at))
    await books.rows("UPDATE account SET frozen = true WHERE id = $1 RETURNING id", ben.main)
    found = await explain(api, ben.main, new_id(), role="OPERATOR")
    assert found["words"][1].endswith(f"entered late with effect from {at:%Y-%m-%d %H:%M} UTC.")
    assert found["words"][2] == "It is frozen: nothing leaves it."
    assert found["figure"]["spendable"] == "0.30"


async def test_an_account_without_a_floor_says_so(books: Books, api: Api) -> None:
    """The system's accounts may go below zero, and have nothing that can be spent up."""
    await books.open_person(100)
    found = await explain(api, await books.issuance(), new_id(), role="OPERATOR")
    assert found["figure"]["spendable"] is None
    assert "It may go below zero without limit." in found["words"]


async def test_what_is_held_is_told_by_reservation(books: Books, api: Api) -> None:
    """The newest twenty and all others together are what the figure says is held."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    made = []
    for amount in range(1, 23):
        wish = {"account_id": str(ana.main), "amount": f"0.{amount:02}", "asset": "LXC"}
        made.append((await api.post("/v1/reservations", ana.id, wish)).json()["id"])
    part = {"amount": "0.20", "to_account": str(ben.main)}
    captured = await api.post(f"/v1/reservations/{made[-1]}/capture", ana.id, part)
    assert captured.status_code == 200
    assert (await api.post(f"/v1/reservations/{made[-2]}/release", ana.id, {})).status_code == 200
    found = await explain(api, ana.main, ana.id)
    held = found["reservations"]
    assert (held["count"], held["sum"], found["figure"]["held"]) == (21, "2.12", "2.12")
    assert [one["id"] for one in held["newest"]] == [made[-1], *reversed(made[1:-2])]
    assert (held["newest"][0]["held"], held["others"]) == ("0.02", "0.01")
    until = held["newest"][0]["expires_at"][:16].replace("T", " ")
    assert found["words"][2] == (f"21 reservations hold it, the newest 0.02 LXC until {until} UTC.")


async def test_fees_are_told_by_tier(own_books: Books, own_api: Api) -> None:
    """What each tier took of a transfer, as the transfer keeps it."""
    books, api = own_books, own_api
    rules = [
        {"tier": "PLATFORM", "kind": "percentage", "bps": 100},
        {"tier": "NETWORK", "kind": "flat", "flat": "0.25"},
    ]
    version = {"operation": "transfer", "asset": "LXC", "rules": rules, "reason": "first"}
    assert (await api.post("/v1/fee-schedules", new_id(), version, role="ADMIN")).is_success
    books.clock.move(timedelta(seconds=10))
    api.forget_prices()
    ana, ben = await books.open_person(10_000), await books.open_person()
    wish = {"from_account": str(ana.main), "to_user": str(ben.id), "amount": "60.00"}
    assert (await api.post("/v1/transfers", ana.id, wish | {"asset": "LXC"})).is_success
    [fee] = (await explain(api, ana.main, ana.id))["fees"]
    items = [{"tier": "PLATFORM", "amount": "0.60"}, {"tier": "NETWORK", "amount": "0.25"}]
    assert (fee["amount"], fee["items"]) == ("0.85", items)


async def test_entries_say_how_they_are_proved(own_books: Books, own_api: Api) -> None:
    """The leaf of each transfer, and the first checkpoint that signs it."""
    ana = await own_books.open_person(10_000)
    ben = await own_books.open_person(10_000)
    await keep(own_books)
    first, second = await send(own_books, ana, ben), await send(own_books, ana, ben)
    assert len((await explain(own_api, ana.main, ana.id))["proofs"]) == 1
    await sequence(own_books)
    waiting = (await explain(own_api, ana.main, ana.id))["proofs"]
    assert [one["checkpoint_size"] for one in waiting] == [None, None, 2]
    await keep(own_books)
    found = await explain(own_api, ana.main, ana.id)
    shown = {one["transfer_id"]: one for one in found["proofs"]}
    stands = await places(own_books)
    for transfer_id in (first, second):
        proof = shown[str(transfer_id)]
        assert (proof["leaf_index"], proof["checkpoint_size"]) == (stands[transfer_id], 4)
    last = f"leaf {max(stands.values())} under the checkpoint of size 4"
    assert f"Of its newest 3 entries, 3 can be proved; the last by {last}." in found["words"]
