"""Transfers for later when they are due: once, in order, in time, whatever goes wrong."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson
import pytest

from chassis.database import Database, prepare_connection
from chassis.ids import new_id
from chassis.timers import TimerWorker, set_timer
from ledger.scheduled_transfers.carry_out import CarryOut
from ledger.scheduled_transfers.models import Wanted
from ledger.scheduled_transfers.schedule import DUE, schedule_transfer
from services.ledger.tests.books import NOW, Books, transfer
from services.ledger.tests.conftest import Api
from services.ledger.tests.scheduled_transfers.words import (
    HOUR,
    OPERATOR,
    schedule,
    states,
    worker,
)


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
    made = await api.post("/v1/fee-schedules", OPERATOR, version, role="ADMIN")
    assert made.status_code == 201, made.text
    books.clock.move(HOUR)
    await worker(books).fire_due()
    assert (await books.balance(ana.main), await books.balance(ben.main)) == (4_000, 5_850)
    await books.check()


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
                # It is gone before the next one looks: until then it may hold its locks.
                assert await conn.fetchval("SELECT pg_terminate_backend($1, 10000)", victim)
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


async def test_a_timer_that_comes_early_or_late_changes_nothing(
    own_books: Books, own_api: Api
) -> None:
    """Early it is set again; for what is over, or was never there, it does nothing."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(1_000), await books.open_person()
    early, over = [(await schedule(api, ana, ben, "1.00")).json()["id"] for _ in range(2)]
    await api.post(f"/v1/scheduled-transfers/{over}/cancel", ana.id, {})
    async with books.transaction() as conn:
        for key in (early, over, str(new_id())):
            await set_timer(conn, DUE, key, NOW)
    while await worker(books).fire_due():
        pass
    assert await states(books, ana) == [("PENDING", None), ("CANCELLED", None)]
    [timer] = await books.rows("SELECT key, due_at, attempts FROM timer")
    assert (timer["key"], timer["due_at"], timer["attempts"]) == (early, NOW + HOUR, 0)


class Running:
    """A clock that runs on from a time."""

    def __init__(self, begin: datetime) -> None:
        """Begin now."""
        self._offset = begin - datetime.now(UTC)

    def now(self) -> datetime:
        """The time it shows."""
        return datetime.now(UTC) + self._offset


async def test_it_is_carried_out_within_a_second(own_books: Books, own_api: Api) -> None:
    """By the running worker, whose clock comes to the time: two hundred at once, and one."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(100_000), await books.open_person()
    async with books.transaction() as conn:
        for _ in range(200):
            wanted = Wanted(new_id(), ana.id, ana.main, ben.main, "LXC", 10, None, NOW + HOUR, None)
            await schedule_transfer(conn, wanted, now=NOW)
    await schedule(api, ana, ben, "1.00", NOW + HOUR + timedelta(seconds=1))
    running = worker(books, Running(NOW + HOUR - timedelta(milliseconds=300)))
    task = asyncio.create_task(running.run())
    try:
        await asyncio.sleep(0.1)
        assert await books.balance(ben.main) == 0
        async with asyncio.timeout(10):
            while await books.balance(ben.main) < 2_100:  # noqa: ASYNC110 - the database has no event
                await asyncio.sleep(0.02)
    finally:
        running.stop()
        await task
    late = await books.value(
        "SELECT max(posted_at - effective_at) FROM transfer WHERE kind = 'transfer'"
    )
    assert timedelta(0) <= late < timedelta(seconds=1)


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
