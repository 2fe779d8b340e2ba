"""The journal under concurrent requests: batches, hot accounts, keys that are used again."""

import asyncio
import random
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from fastapi import Response

from chassis.idempotency import Answer, IdempotencyKeyReused, KeyedRequest
from chassis.ids import new_id
from chassis.problems import Transient
from ledger.journal import collect
from ledger.journal.collect import Journal, open_journal
from ledger.journal.errors import InsufficientFunds, TransferMalformed
from ledger.journal.models import Movement, Posted, Transfer
from services.ledger.tests.books import Books, transfer
from tests.stack.said import lines_of

END_BACKENDS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE usename = 'ledger' AND datname = current_database()
"""


def render(posted: Posted) -> Answer:
    """The transfer's id, so that two effects never look alike."""
    return Answer.of(201, {"id": str(posted.transfer.id)})


def keyed(key: str, owner: str = "ana", **content: object) -> KeyedRequest:
    """A request as a route would identify it."""
    return KeyedRequest(owner, key, "POST /v1/transfers", content)


async def send(
    journal: Journal, source: UUID, destination: UUID, amount: int, key: str | None = None
) -> Response:
    """One transfer with a key of its own unless given."""
    request = keyed(key or uuid4().hex, to=str(destination), amount=amount)
    return await journal.post(request, transfer(source, destination, amount), render)


async def test_a_hot_account_keeps_its_books_under_many_tasks(own_books: Books) -> None:
    """2,000 transfers by 64 tasks out of one account that cannot pay them all."""
    hot = await own_books.open_person(1_000)
    others = [await own_books.open_person() for _ in range(5)]
    wishes = [random.randint(1, 3) for _ in range(2_000)]
    paid: list[int] = []

    async with open_journal(own_books.database, own_books.clock) as journal:

        async def task() -> None:
            while wishes:
                amount = wishes.pop()
                try:
                    await send(journal, hot.main, random.choice(others).main, amount)
                except InsufficientFunds:
                    continue
                paid.append(amount)

        await asyncio.gather(*(task() for _ in range(64)))

    counts = await own_books.check()
    assert counts["transfers"] == len(paid) + 1
    assert await own_books.balance(hot.main) == 1_000 - sum(paid) == 0
    refused = await own_books.value("SELECT count(*) FROM refused_attempt")
    assert refused == 2_000 - len(paid)


async def test_two_journals_share_accounts_without_deadlock(own_books: Books) -> None:
    """Several processes post over the same few accounts; nothing is lost or done twice."""
    people = [await own_books.open_person(10_000) for _ in range(4)]
    async with (
        open_journal(own_books.database, own_books.clock) as one,
        open_journal(own_books.database, own_books.clock) as other,
    ):
        sides = [random.sample(people, 2) for _ in range(600)]
        await asyncio.gather(
            *(
                send(random.choice((one, other)), source.main, destination.main, 1)
                for source, destination in sides
            )
        )
    counts = await own_books.check()
    assert counts["transfers"] == 600 + 4
    assert sum([await own_books.balance(person.main) for person in people]) == 40_000


async def test_concurrent_requests_share_transactions(own_books: Books) -> None:
    """A hundred requests at once need far fewer than a hundred commits."""
    ana, ben = await own_books.open_person(1_000), await own_books.open_person()
    async with open_journal(own_books.database, own_books.clock) as journal:
        await asyncio.gather(*(send(journal, ana.main, ben.main, 1) for _ in range(100)))
    rows = await own_books.rows("SELECT DISTINCT xmin::text FROM transfer WHERE kind = 'transfer'")
    assert len(rows) <= 10


async def test_the_same_key_gives_the_same_bytes(books: Books) -> None:
    """A repeat is answered from what was kept, says so, and moves nothing."""
    ana, ben = await books.open_person(100), await books.open_person()
    async with open_journal(books.database, books.clock) as journal:
        first = await send(journal, ana.main, ben.main, 60, "again")
        second = await send(journal, ana.main, ben.main, 60, "again")
    assert (second.status_code, second.body) == (first.status_code, first.body)
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert await books.balance(ben.main) == 60


async def test_another_content_under_the_same_key_is_refused(books: Books) -> None:
    """The answer names the fields that differ."""
    ana, ben = await books.open_person(100), await books.open_person()
    async with open_journal(books.database, books.clock) as journal:
        await send(journal, ana.main, ben.main, 60, "other")
        with pytest.raises(IdempotencyKeyReused) as reused:
            await send(journal, ana.main, ben.main, 6, "other")
    assert reused.value.facts["differs"] == ["amount"]
    assert await books.balance(ben.main) == 60


async def test_another_persons_key_never_collides(books: Books) -> None:
    """Keys belong to who sends them."""
    ana, ben = await books.open_person(100), await books.open_person()
    async with open_journal(books.database, books.clock) as journal:
        for owner in ("ana", "ben"):
            await journal.post(
                keyed("shared", owner, amount=len(owner)), transfer(ana.main, ben.main, 5), render
            )
    assert await books.balance(ben.main) == 10


async def test_twenty_at_once_with_one_key_are_one_effect(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is second waits, and gets the first one's answer."""
    ana, ben = await books.open_person(100), await books.open_person()
    said = lines_of(monkeypatch, "ledger.journal.collect")
    async with open_journal(books.database, books.clock) as journal:
        answers = await asyncio.gather(
            *(send(journal, ana.main, ben.main, 5, "at once") for _ in range(20))
        )
    assert [line for line in said if line["event"] == "journal.split"] == []
    assert len({bytes(answer.body) for answer in answers}) == 1
    assert await books.balance(ben.main) == 5


async def test_who_was_cut_off_while_waiting_is_not_posted(books: Books) -> None:
    """Nobody waits for it any more: its turn passes, and the same key may do it later."""
    ana, ben = await books.open_person(100), await books.open_person()
    journal = Journal(books.database, books.clock)
    cut = asyncio.create_task(send(journal, ana.main, ben.main, 5, "cut off"))
    other = asyncio.create_task(send(journal, ana.main, ben.main, 7))
    await asyncio.sleep(0)
    cut.cancel()
    journal.stop()
    await journal.run_lane()
    assert (await other).status_code == 201
    assert cut.cancelled()
    assert await books.balance(ben.main) == 7
    async with open_journal(books.database, books.clock) as later:
        assert (await send(later, ana.main, ben.main, 5, "cut off")).status_code == 201
    assert await books.balance(ben.main) == 12


async def test_a_refused_wish_may_be_tried_again_with_its_key(books: Books) -> None:
    """What was refused kept no answer; once there is money the same key works."""
    ana, ben = await books.open_person(), await books.open_person()
    async with open_journal(books.database, books.clock) as journal:
        with pytest.raises(InsufficientFunds):
            await send(journal, ana.main, ben.main, 5, "later")
        await books.issue(ana.main, 5)
        answer = await send(journal, ana.main, ben.main, 5, "later")
    assert answer.status_code == 201
    assert await books.balance(ben.main) == 5


async def test_a_defect_in_one_request_spares_the_rest_of_its_batch(books: Books) -> None:
    """When a batch fails, each runs alone; only the defective one fails."""
    ana, ben = await books.open_person(100), await books.open_person()

    def broken(_posted: Posted) -> Answer:
        raise RuntimeError("cannot render")

    async with open_journal(books.database, books.clock, lanes=1) as journal:
        outcomes = await asyncio.gather(
            send(journal, ana.main, ben.main, 5),
            journal.post(keyed("broken"), transfer(ana.main, ben.main, 50), broken),
            send(journal, ana.main, ben.main, 6),
            return_exceptions=True,
        )
    assert isinstance(outcomes[1], RuntimeError)
    assert [type(outcomes[0]), type(outcomes[2])] == [Response, Response]
    assert await books.balance(ben.main) == 11


async def test_what_only_the_database_refuses_is_a_problem_and_is_recorded(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the decision wrong, the trigger would still hold, and the attempt would be kept."""
    ana, ben = await books.open_person(100), await books.open_person()
    wanted = Transfer(
        new_id(), "transfer", (Movement(ana.main, "LXC", -5), Movement(ben.main, "LXC", 6))
    )
    _skip_form(monkeypatch)
    async with open_journal(books.database, books.clock) as journal:
        with pytest.raises(TransferMalformed, match="transfer_sums_to_zero"):
            await journal.post(keyed("unbalanced"), wanted, render)
    rows = await books.rows("SELECT rule FROM refused_attempt WHERE transfer_id = $1", wanted.id)
    assert [row["rule"] for row in rows] == ["transfer-malformed"]
    assert await books.balance(ben.main) == 0


def _skip_form(monkeypatch: pytest.MonkeyPatch) -> None:
    allow: Callable[..., None] = lambda *_: None  # noqa: E731 - says nothing on purpose
    monkeypatch.setattr("ledger.journal.lifecycle._decline_form", allow)


async def test_a_full_queue_says_try_again(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a limit to who may wait; beyond it the client is told at once."""
    monkeypatch.setattr(collect, "WAITING_MAX", 0)
    async with open_journal(books.database, books.clock) as journal:
        with pytest.raises(Transient, match="waiting"):
            await send(journal, new_id(), new_id(), 5)


async def test_what_waits_is_posted_before_the_journal_closes(books: Books) -> None:
    """A drain loses nobody."""
    ana, ben = await books.open_person(100), await books.open_person()
    async with open_journal(books.database, books.clock) as journal:
        waiting = [asyncio.create_task(send(journal, ana.main, ben.main, 1)) for _ in range(9)]
        await asyncio.sleep(0)
    assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [201] * 9


async def test_a_client_that_leaves_does_not_stop_the_others(books: Books) -> None:
    """Cancelling one request changes nothing for those beside it."""
    ana, ben = await books.open_person(100), await books.open_person()
    async with open_journal(books.database, books.clock) as journal:
        leaving = asyncio.create_task(send(journal, ana.main, ben.main, 1))
        staying = asyncio.create_task(send(journal, ana.main, ben.main, 1))
        await asyncio.sleep(0)
        leaving.cancel()
        assert (await staying).status_code == 201


async def test_a_lost_connection_is_tried_again(books: Books) -> None:
    """Killing the backends in the middle: every transfer is done, and none twice."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    async with open_journal(books.database, books.clock) as journal:
        sending = [asyncio.create_task(send(journal, ana.main, ben.main, 1)) for _ in range(300)]
        async with books.scratch.connect("admin") as admin:
            for _ in range(6):
                await asyncio.sleep(0.02)
                await admin.execute(END_BACKENDS)
        answers = await asyncio.gather(*sending, return_exceptions=True)
    assert [answer for answer in answers if isinstance(answer, BaseException)] == []
    done = [answer for answer in answers if isinstance(answer, Response)]
    assert await books.balance(ben.main) == len(done) == 300
    assert len({bytes(answer.body) for answer in done}) == 300
    await books.check()
