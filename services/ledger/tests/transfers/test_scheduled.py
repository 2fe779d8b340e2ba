"""Transfers for later: kept, carried out once when they are due, called off, or failed."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any

import asyncpg
import orjson
import pytest

from chassis.clock import Clock, SystemClock
from chassis.database import Database, prepare_connection
from chassis.ids import new_id
from chassis.timers import TimerWorker
from ledger.transfers.carry_out import CarryOut
from ledger.transfers.schedule import DUE
from services.ledger.tests.books import NOW, Books, Person, transfer
from services.ledger.tests.conftest import Api

OPERATOR = new_id()
HOUR = timedelta(hours=1)


async def schedule(
    api: Api, source: Person, to: Person, amount: str, at: Any = NOW + HOUR, **other: Any
) -> Any:
    """Ask for a transfer at a time."""
    options = {name: other.pop(name) for name in ("key", "role") if name in other}
    path = other.pop("path", "/v1/transfers")
    body = {"from_account": str(source.main), "to_user": str(to.id), "amount": amount}
    body |= {"asset": "LXC", "effective_at": at if isinstance(at, str) else at.isoformat()}
    return await api.post(path, source.id, body | other, **options)


def worker(books: Books, clock: Clock | None = None) -> TimerWorker:
    """What fires the timers of transfers for later."""
    return TimerWorker(books.database, clock or books.clock, {DUE: CarryOut(100)})


async def states(books: Books, owner: Person) -> list[tuple[str, str | None]]:
    """State and problem of a person's, oldest first."""
    rows = await books.rows(
        "SELECT state, problem FROM scheduled_transfer WHERE owner_id = $1 ORDER BY id", owner.id
    )
    return [(row["state"], row["problem"]) for row in rows]


async def said(books: Books, scheduled_id: str) -> list[str]:
    """The events that tell of one, in order."""
    rows = await books.rows(
        "SELECT headers->>'ce_type' AS kind FROM outbox WHERE key = $1 ORDER BY id", scheduled_id
    )
    return [row["kind"].removeprefix("ledger.") for row in rows]


async def test_a_transfer_for_later_moves_when_it_is_due(books: Books, api: Api) -> None:
    """202 with a resource; no balance knows of it before; then it took effect as said."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    answer = await schedule(api, ana, ben, "60.00", memo="rent")
    assert answer.status_code == 202, answer.text
    made = answer.json()
    assert answer.headers["location"] == f"/v1/scheduled-transfers/{made['id']}"
    assert (made["state"], made["transfer_id"]) == ("PENDING", None)
    await worker(books).fire_due()
    later = f"/v1/accounts/{ana.main}/balance?effective_at=2026-11-21T13:00:00Z"
    assert (await api.get(later, ana.id)).json()["balance"] == "100.00"
    books.clock.move(HOUR)
    assert (await api.get(later, ana.id)).json()["balance"] == "100.00"
    assert await worker(books).fire_due() == 1
    assert (await api.get(later, ana.id)).json()["balance"] == "40.00"
    done = (await api.get(answer.headers["location"], ana.id)).json()
    assert (done["state"], done["version"]) == ("POSTED", 2)
    moved = (await api.get(f"/v1/transfers/{done['transfer_id']}", ben.id)).json()
    assert (moved["kind"], moved["memo"]) == ("transfer", "rent")
    assert moved["effective_at"] == "2026-11-21T13:00:00Z"
    assert await said(books, made["id"]) == ["TransferScheduled", "ScheduledTransferPosted"]
    await books.check()


async def test_what_is_refused_when_due_is_kept_with_its_reason(books: Books, api: Api) -> None:
    """Failed, with an event and a refused attempt in figures; not tried again."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    made = (await schedule(api, ana, ben, "10.01")).json()
    books.clock.move(HOUR)
    for _ in range(2):
        await worker(books).fire_due()
    found = (await api.get(f"/v1/scheduled-transfers/{made['id']}", ana.id)).json()
    assert (found["state"], found["problem"]) == ("FAILED", "insufficient-funds")
    assert "0.01 is missing" in found["detail"]
    [kept] = await books.rows("SELECT * FROM refused_attempt WHERE account_id = $1", ana.main)
    assert (kept["rule"], kept["beyond_minor"]) == ("insufficient-funds", 1)
    [row] = await books.rows(
        "SELECT payload FROM outbox WHERE key = $1 ORDER BY id DESC LIMIT 1", made["id"]
    )
    told = orjson.loads(row["payload"])
    assert (told["problem"], told["version"]) == ("insufficient-funds", 2)
    assert await books.value("SELECT count(*) FROM timer WHERE key = $1", made["id"]) == 0


async def test_what_comes_first_is_paid_first(own_books: Books, own_api: Api) -> None:
    """Due together after an outage, they are decided in the order of their times."""
    books, api = own_books, own_api
    ana, ben, eve = [await books.open_person(money) for money in (1_000, 0, 0)]
    await schedule(api, ana, eve, "8.00", NOW + 2 * HOUR)
    await schedule(api, ana, ben, "8.00", NOW + HOUR)
    books.clock.move(3 * HOUR)
    assert await worker(books).fire_due() == 1
    assert (await books.balance(ben.main), await books.balance(eve.main)) == (800, 0)
    assert await states(books, ana) == [("FAILED", "insufficient-funds"), ("POSTED", None)]


async def test_fees_are_those_in_force_when_it_is_due(own_books: Books, own_api: Api) -> None:
    """Itemised in the transfer; the payer pays what was said."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(10_000), await books.open_person()
    await schedule(api, ana, ben, "60.00")
    rules = [{"tier": "PLATFORM", "kind": "percentage", "bps": 250}]
    version = {"operation": "transfer", "rules": rules, "reason": "test"}
    made = await api.post("/v1/fee-schedules", OPERATOR, version, role="OPERATOR")
    assert made.status_code == 201, made.text
    books.clock.move(HOUR)
    await worker(books).fire_due()
    assert (await books.balance(ana.main), await books.balance(ben.main)) == (4_000, 5_850)
    await books.check()


async def test_a_wish_for_later_can_be_repeated_for_ever(books: Books, api: Api) -> None:
    """The same bytes before it is due, after, and when the time given is long past."""
    for role in ("MEMBER", "OPERATOR"):
        ana, ben = await books.open_person(10_000), await books.open_person()
        at = books.clock.now() + HOUR
        first = await schedule(api, ana, ben, "1.00", at, key="k", role=role)
        assert first.status_code == 202
        assert (await schedule(api, ana, ben, "1.00", at, key="k", role=role)).content == (
            first.content
        )
        other = await schedule(api, ana, ben, "2.00", at, key="k", role=role)
        assert (other.status_code, other.json()["differs"]) == (409, ["amount"])
        books.clock.move(2 * HOUR)
        await worker(books).fire_due()
        again = await schedule(api, ana, ben, "1.00", at, key="k", role=role)
        assert (again.status_code, again.content) == (202, first.content)
        assert await books.balance(ben.main) == 100


async def test_it_can_be_called_off_before_it_is_due(books: Books, api: Api) -> None:
    """Once, by its owner or an operator; what is over stays over."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    made = [(await schedule(api, ana, ben, "1.00")).json()["id"] for _ in range(3)]
    paths = [f"/v1/scheduled-transfers/{one}/cancel" for one in made]
    assert (await api.post(paths[0], ben.id, {})).status_code == 404
    first = await api.post(paths[0], ana.id, {}, key="c")
    assert (first.status_code, first.json()["state"]) == (200, "CANCELLED")
    assert (await api.post(paths[0], ana.id, {}, key="c")).content == first.content
    over = (await api.post(paths[0], ana.id, {})).json()
    assert (over["type"].rpartition(":")[2], over["state"]) == ("scheduled-over", "CANCELLED")
    assert (await api.post(paths[1], OPERATOR, {}, role="OPERATOR")).status_code == 200
    books.clock.move(HOUR)
    await worker(books).fire_due()
    assert await books.balance(ben.main) == 100
    assert (await api.post(paths[2], ana.id, {})).json()["state"] == "POSTED"
    assert await said(books, made[0]) == ["TransferScheduled", "ScheduledTransferCancelled"]


async def test_one_lists_ones_own(books: Books, api: Api) -> None:
    """In pages, by state; operators see others' by the account; strangers see nothing."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    made = [(await schedule(api, ana, ben, "0.10")).json()["id"] for _ in range(5)]
    await api.post(f"/v1/scheduled-transfers/{made[0]}/cancel", ana.id, {})
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await api.get(f"/v1/scheduled-transfers?limit=2{cursor}", ana.id)).json()
        seen += [one["id"] for one in page["scheduled_transfers"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen == made[::-1]
    path = f"/v1/scheduled-transfers?account_id={ana.main}&state=PENDING"
    for caller, role, count in (
        (ana.id, "MEMBER", 4),
        (OPERATOR, "OPERATOR", 4),
        (ben.id, "MEMBER", 0),
    ):
        assert len((await api.get(path, caller, role)).json()["scheduled_transfers"]) == count
    assert (await api.get(f"/v1/scheduled-transfers/{made[0]}", ben.id)).status_code == 404


@pytest.mark.parametrize(
    ("other", "status", "problem"),
    [
        ({"at": NOW + timedelta(days=366, seconds=1)}, 409, "scheduled-too-far"),
        ({"fee_quote": str(new_id())}, 409, "no-quote-for-later"),
        ({"amount": "0.00"}, 422, "malformed"),
        ({"at": "2026-11-21T13:00:00"}, 422, "malformed"),
        ({"at": NOW}, 403, "only-operators-backdate"),
        ({"to_user": str(new_id())}, 404, "no-such-account"),
        ({"from_account": str(new_id())}, 404, "no-such-account"),
    ],
)
async def test_what_cannot_be_later_is_refused_now(
    books: Books, api: Api, other: dict[str, Any], status: int, problem: str
) -> None:
    """By name, and nothing is kept."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    answer = await schedule(api, ana, ben, **({"amount": "1.00"} | other))
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, problem)
    assert await states(books, ana) == []


async def test_the_horizon_itself_is_near_enough(books: Books, api: Api) -> None:
    """366 days to the second; and an operator schedules from their own account only."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    assert (await schedule(api, ana, ben, "1.00", NOW + timedelta(days=366))).status_code == 202
    body = {"from_account": str(ana.main), "to_user": str(ben.id), "amount": "1.00", "asset": "LXC"}
    body["effective_at"] = (NOW + HOUR).isoformat()
    answer = await api.post("/v1/transfers", OPERATOR, body, role="OPERATOR")
    assert answer.status_code == 404


async def test_a_dry_run_says_what_would_be_if_it_were_due(books: Books, api: Api) -> None:
    """And keeps nothing."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    answer = await schedule(api, ana, ben, "1.00", path="/v1/transfers?dry_run=true")
    assert (answer.status_code, answer.json()["posted"]) == (200, 1)
    assert await states(books, ana) == []


async def test_there_is_a_limit_to_what_waits(books: Books, api: Api) -> None:
    """A thousand a person."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    async with books.transaction() as conn:
        await conn.execute(
            "INSERT INTO scheduled_transfer SELECT uuidv7(), $1, $2, $3, 'LXC', 1, NULL, $4, "
            "'PENDING', NULL, NULL, NULL, $5, $5, 1, NULL FROM generate_series(1, 999)",
            ana.id, ana.main, ben.main, NOW + HOUR, NOW,
        )  # fmt: skip
    assert (await schedule(api, ana, ben, "1.00")).status_code == 202
    refused = await schedule(api, ana, ben, "1.00")
    assert refused.json()["type"].endswith(":too-many-scheduled")


async def test_an_account_that_a_transfer_waits_for_is_not_closed(books: Books, api: Api) -> None:
    """Neither side; and on a closed one nothing is kept for later."""
    ana, ben = await books.open_person(), await books.open_person()
    made = (await schedule(api, ana, ben, "1.00")).json()
    body = {"reason": "moves away"}
    paths = [f"/v1/accounts/{one.main}/policy/close" for one in (ana, ben)]
    for path in paths:
        refused = await api.post(path, OPERATOR, body, role="OPERATOR")
        assert refused.json()["type"].endswith(":account-awaited")
    await api.post(f"/v1/scheduled-transfers/{made['id']}/cancel", ana.id, {})
    assert (await api.post(paths[1], OPERATOR, body, role="OPERATOR")).status_code == 200
    refused = await schedule(api, ana, ben, "1.00")
    assert refused.json()["type"].endswith(":account-closed")


async def test_two_workers_and_cancels_race_to_one_winner(own_books: Books, own_api: Api) -> None:
    """Each is carried out once or called off once, whoever comes when."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(100_000), await books.open_person()
    at = NOW + HOUR
    made = [(await schedule(api, ana, ben, "0.10", at)).json()["id"] for _ in range(60)]
    books.clock.move(HOUR)
    working = [asyncio.create_task(worker(books).fire_due()) for _ in range(3)]
    answers = await asyncio.gather(
        *(api.post(f"/v1/scheduled-transfers/{one}/cancel", ana.id, {}) for one in made[::3])
    )
    await asyncio.gather(*working)
    while await worker(books).fire_due():
        pass
    cancelled = sum(one.status_code == 200 for one in answers)
    counts = [state for state, _ in await states(books, ana)]
    assert (counts.count("CANCELLED"), counts.count("POSTED")) == (cancelled, 60 - cancelled)
    assert await books.balance(ben.main) == 10 * (60 - cancelled)
    assert await books.value("SELECT count(*) FROM timer") == 0
    await books.check()


async def test_a_worker_that_is_killed_in_between_has_done_nothing(
    own_books: Books, own_api: Api
) -> None:
    """Its connection is cut at many moments of the work; another carries all out, once."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(100_000), await books.open_person()
    for trial in range(12):
        at = books.clock.now() + HOUR
        for _ in range(5):
            await schedule(api, ana, ben, "0.10", at)
        books.clock.move(HOUR)
        async with asyncpg.create_pool(
            books.scratch.url("ledger"), min_size=1, max_size=1, init=prepare_connection
        ) as pool:
            doomed = TimerWorker(Database(pool), books.clock, {DUE: CarryOut(100)})
            victim = await pool.fetchval("SELECT pg_backend_pid()")
            firing = asyncio.create_task(doomed.fire_due())
            await asyncio.sleep(0.002 * trial)
            async with books.scratch.connect("admin") as conn:
                await conn.execute("SELECT pg_terminate_backend($1)", victim)
            with contextlib.suppress(Exception):
                await firing
        await worker(books).fire_due()
        assert await books.balance(ben.main) == 50 * (trial + 1)
    await books.check()


async def test_what_the_database_refuses_stops_no_other(own_books: Books, own_api: Api) -> None:
    """A rule that the decision does not know fails one transfer, and the others are posted."""
    books, api = own_books, own_api
    people = [await books.open_person(1_000) for _ in range(3)]
    for person in people[:2]:
        await schedule(api, person, people[2], "1.00")
    async with books.scratch.connect("admin") as conn:
        await conn.execute(
            "SET search_path = ledger; "
            "CREATE FUNCTION grumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF new.account_id = '{people[0].main}' THEN RAISE EXCEPTION 'no' USING ERRCODE = "
            "'check_violation', CONSTRAINT = 'entry_account_not_frozen'; END IF; RETURN new; "
            "END $$; "
            "CREATE TRIGGER grumbling BEFORE INSERT ON entry "
            "FOR EACH ROW EXECUTE FUNCTION grumble()"
        )
    books.clock.move(HOUR)
    while await worker(books).fire_due():
        pass
    assert await states(books, people[0]) == [("FAILED", "account-frozen")]
    assert await states(books, people[1]) == [("POSTED", None)]


async def test_it_is_carried_out_within_a_second(own_books: Books, own_api: Api) -> None:
    """By the running worker and the real clock; a burst of two hundred, too."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(100_000), await books.open_person()
    clock = SystemClock()
    books.clock.move(clock.now() - books.clock.now())
    at = clock.now() + timedelta(seconds=6)
    for begin in range(0, 200, 20):
        await asyncio.gather(
            *(schedule(api, ana, ben, "0.10", at) for _ in range(begin, begin + 20))
        )
    assert clock.now() < at
    running = worker(books, clock)
    task = asyncio.create_task(running.run())
    try:
        await asyncio.sleep((at - clock.now()).total_seconds() + 1)
        late = await books.value(
            "SELECT max(posted_at - effective_at) FROM transfer WHERE kind = 'transfer'"
        )
        assert await books.balance(ben.main) == 2_000
    finally:
        running.stop()
        await task
    assert late < timedelta(seconds=1)


LATER = NOW + 2 * HOUR
UPDATE = """
UPDATE scheduled_transfer SET state = $2, transfer_id = $3, problem = $4, version = $5,
    changed_at = $6
WHERE id = $1
"""


@pytest.mark.parametrize("role", ["ledger", "owner"])
@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("scheduled_transfer_ends_once", ("CANCELLED", None, None, 3, LATER)),
        ("scheduled_transfer_ends_once", ("PENDING", None, None, 2, LATER)),
        ("scheduled_transfer_not_before_due", ("FAILED", None, "x", 2, NOW)),
        ("scheduled_transfer_posted_as_said", ("POSTED", new_id(), None, 2, LATER)),
        ("scheduled_transfer_failed_has_problem", ("FAILED", None, None, 2, LATER)),
        ("scheduled_transfer_state_known", ("LOST", None, None, 2, LATER)),
    ],
)
async def test_only_legal_moves(
    books: Books, api: Api, role: str, rule: str, change: tuple[Any, ...]
) -> None:
    """For the service's role and the owner: refused by name."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    made = (await schedule(api, ana, ben, "1.00")).json()["id"]
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with books.writing(role) as conn:
            await conn.execute(UPDATE, made, *change)
    assert refused.value.constraint_name == rule


async def test_terms_never_change_and_what_is_over_stays_over(books: Books, api: Api) -> None:
    """Not by the owner either; nor is any deleted."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    made = (await schedule(api, ana, ben, "1.00")).json()["id"]
    await api.post(f"/v1/scheduled-transfers/{made}/cancel", ana.id, {})
    await books.post(transfer(ana.main, ben.main, 1))
    for statement in (
        "UPDATE scheduled_transfer SET amount_minor = 5 WHERE id = $1",
        "UPDATE scheduled_transfer SET state = 'PENDING', version = 3 WHERE id = $1",
        "DELETE FROM scheduled_transfer WHERE id = $1",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            async with books.writing("owner") as conn:
                await conn.execute(statement, made)
