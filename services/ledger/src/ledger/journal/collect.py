"""The journal as concurrent requests meet it: those waiting are posted together.

While one batch is being committed the next one gathers; nobody waits for a timer. A batch is one
database transaction with its idempotency keys, effects, answers and events. When a batch fails
unexpectedly, each of its requests runs alone, so that none harms another.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated, Final

from fastapi import Depends, Response

from chassis.audit.record import Act, act_due, record_acts
from chassis.clock import Clock
from chassis.database import Database, is_transient
from chassis.failpoints import reach
from chassis.idempotency import Answer, KeyedRequest, find_answers, store_answers
from chassis.logs import get_logger
from chassis.problems import Problem, Transient
from chassis.resources import OpenResources
from ledger.journal import queries
from ledger.journal.errors import problem_of
from ledger.journal.heads import Heads
from ledger.journal.models import Declined, Posted, Transfer, Verdict
from ledger.journal.post import WRITTEN_MAX, post_transfers
from ledger.journal.post_decided import Respond, post_decided
from ledger.journal.waiting import Outcome, Record, Render, Settled, Waiting

log = get_logger(__name__)

BATCH_MAX: Final = 200
WAITING_MAX: Final = 10_000
BULKS_MAX: Final = 200
LANES: Final = 2
TRIES_MAX: Final = 5


class Journal:
    """Posts the transfers of concurrent requests in batches. Made by `open_journal`."""

    def __init__(self, database: Database, clock: Clock, *, batch_max: int = BATCH_MAX) -> None:
        """Post into `database`; `batch_max` transfers at most in one transaction."""
        self._database = database
        self._clock = clock
        self._batch_max = batch_max
        self._queue: asyncio.Queue[Waiting | None] = asyncio.Queue()
        self._turns = asyncio.Semaphore(LANES)
        self._bulks = 0
        self._heads = Heads()

    async def post(
        self,
        request: KeyedRequest,
        wanted: Transfer,
        render: Render,
        *,
        record: Record | None = None,
    ) -> Response:
        """Post a transfer once for its key, or answer again what was answered before.

        A refused wish keeps no answer and may be tried again under the same key.

        Args:
            request: Owner, key, route and content.
            wanted: The transfer; on a repeat it is ignored.
            render: Makes the answer; pure, because it runs inside the transaction.
            record: Writes what belongs to the transfer; what it raises undoes the transfer.

        Raises:
            IdempotencyKeyReused: The key was used for another content.
            InsufficientFunds: Or another problem of `journal.errors`; the attempt is recorded.
            Transient: Too many are waiting already.
        """
        if self._queue.qsize() >= WAITING_MAX:
            raise Transient("too many transfers are waiting")
        # Made now, while another batch is being committed, and not under its locks.
        _ = request.content_hash, request.seal
        outcome: asyncio.Future[Settled] = asyncio.get_running_loop().create_future()
        act = act_due(request.route, request.content, request.owner)
        self._queue.put_nowait(Waiting(request, wanted, render, outcome, record, act))
        settled = await outcome
        return settled.answer.response(replayed=settled.replayed)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn to post a bulk: in the database each would wait for others' locks.

        Raises:
            Transient: Too many are waiting already.
        """
        if self._bulks >= BULKS_MAX:
            raise Transient("too many bulks are waiting")
        self._bulks += 1
        try:
            async with self._turns:
                yield
        finally:
            self._bulks -= 1

    async def post_whole(
        self,
        request: KeyedRequest,
        wanted: Sequence[Transfer],
        answer: Callable[[Sequence[Verdict]], Answer | Problem],
    ) -> Answer | None:
        """Post the transfers of one request without a lock before the decision, if all can be.

        Args:
            request: Owner, key, route and content.
            wanted: Few enough for one statement, or it is left to others.
            answer: Makes the answer; a problem, if none is to be posted.

        Returns:
            The answer, now stored; or nothing, when they must be decided under the locks.
        """

        def respond(verdicts: Sequence[Verdict]) -> list[Answer | None]:
            whole = all(isinstance(one, Posted) for one in verdicts)
            made = answer(verdicts) if whole else None
            return [made if isinstance(made, Answer) else None]

        if not 0 < len(wanted) <= WRITTEN_MAX or not self._heads.is_worth_it():
            return None
        if act_due(request.route, request.content, request.owner):
            return None
        return (await self._try([request], wanted, respond))[0]

    @asynccontextmanager
    async def moving(self, wanted: Sequence[Transfer]) -> AsyncIterator[None]:
        """While accounts are moved by others: afterwards nothing is known of them."""
        try:
            yield
        finally:
            self._heads.forget({one.account_id for each in wanted for one in each.movements})

    def stop(self) -> None:
        """End a lane after everything that waits now."""
        self._queue.put_nowait(None)

    async def run_lane(self) -> None:
        """Post batch after batch until stopped."""
        while True:
            batch, last = await self._gather()
            if batch:
                await self._settle(batch)
            if last:
                return

    async def _gather(self) -> tuple[list[Waiting], bool]:
        """Whatever waits, up to a batch; two requests with one key never share a batch."""
        first = await self._queue.get()
        # One turn of the loop: requests that became ready together go together.
        await asyncio.sleep(0)
        batch: list[Waiting] = []
        again: list[Waiting] = []
        keys: set[tuple[str, str]] = set()
        item: Waiting | None = first
        last = False
        while True:
            if item is None:
                last = True
                break
            # Whoever has gone, or was cut off by its deadline, is not posted any more.
            if not item.outcome.done():
                key = (item.request.owner, item.request.key)
                (again if key in keys else batch).append(item)
                keys.add(key)
            if len(batch) >= self._batch_max or self._queue.empty():
                break
            item = self._queue.get_nowait()
        for item in again:
            self._queue.put_nowait(item)
        if last and again:
            self._queue.put_nowait(None)
        return batch, last and not again

    async def _settle(self, batch: Sequence[Waiting]) -> None:
        """Post what can be decided before the lock, and then the rest."""
        plain = [waiting for waiting in batch if waiting.is_plain()]
        if plain and self._heads.is_worth_it():
            answers = await self._post_decided(plain)
            for waiting, answer in zip(plain, answers, strict=True):
                if answer is not None:
                    waiting.settle(Settled(answer, replayed=False))
            done = {id(one) for one, answer in zip(plain, answers, strict=True) if answer}
            batch = [waiting for waiting in batch if id(waiting) not in done]
        if batch:
            await self._settle_locked(batch)

    async def _post_decided(self, batch: Sequence[Waiting]) -> Sequence[Answer | None]:
        """Answers to those that were posted; what fails is told apart under the locks."""

        def respond(verdicts: Sequence[Verdict]) -> list[Answer | None]:
            return [
                waiting.render(verdict) if isinstance(verdict, Posted) else None
                for waiting, verdict in zip(batch, verdicts, strict=True)
            ]

        requests = [waiting.request for waiting in batch]
        return await self._try(requests, [waiting.wanted for waiting in batch], respond)

    async def _try(
        self, requests: Sequence[KeyedRequest], wanted: Sequence[Transfer], respond: Respond
    ) -> Sequence[Answer | None]:
        now = self._clock.now()
        try:
            return await post_decided(
                self._database, self._heads, requests, wanted, respond=respond, now=now
            )
        except Exception as error:  # noqa: BLE001 - the locked way meets it again, or does not
            log.info("journal.undecided", size=len(wanted), error=repr(error))
            return [None] * len(requests)

    async def _settle_locked(self, batch: Sequence[Waiting]) -> None:
        async with self.moving([waiting.wanted for waiting in batch]):
            await self._post_locked(batch)

    async def _post_locked(self, batch: Sequence[Waiting]) -> None:
        try:
            outcomes = await self._commit(batch)
        except Exception as error:  # noqa: BLE001 - told apart when each runs alone
            if len(batch) > 1:
                log.warning("journal.split", size=len(batch), error=repr(error))
            for waiting in batch:
                waiting.settle(await self._alone(waiting))
            return
        for waiting, outcome in zip(batch, outcomes, strict=True):
            waiting.settle(outcome)

    async def _alone(self, waiting: Waiting) -> Outcome | Exception:
        """Run one request by itself; what may pass by is tried again."""
        for attempt in range(TRIES_MAX):
            try:
                [outcome] = await self._commit([waiting])
            except Exception as error:  # noqa: BLE001 - the waiting request gets it
                if problem := problem_of(error):
                    await self._record(Declined(waiting.wanted, problem))
                    return problem
                if not is_transient(error) or attempt == TRIES_MAX - 1:
                    return error
                await asyncio.sleep(0.01 * 2**attempt)
            else:
                return outcome
        raise AssertionError

    async def _record(self, declined: Declined) -> None:
        """Keep an attempt that the database refused: its own transaction has rolled back."""
        try:
            async with self._database.transaction() as conn:
                await queries.insert_refused_attempts(conn, [declined], self._clock.now())
        except Exception:
            log.exception("journal.refusal_lost", transfer_id=str(declined.transfer.id))

    async def _commit(self, batch: Sequence[Waiting]) -> list[Outcome]:
        """One transaction: keys, effects, answers, events."""
        async with self._database.transaction() as conn:
            found = await find_answers(conn, [waiting.request for waiting in batch])
            fresh = [w for w, answer in zip(batch, found, strict=True) if answer is None]
            made: list[Answer | Problem] = []
            verdicts = await post_transfers(
                conn,
                [waiting.wanted for waiting in fresh],
                now=self._clock.now(),
                meanwhile=lambda verdicts: made.extend(map(_answer_to, fresh, verdicts)),
            )
            for waiting, verdict in zip(fresh, verdicts, strict=True):
                if waiting.record and isinstance(verdict, Posted):
                    await waiting.record(conn, verdict)
            await record_acts(conn, *_acts_of(fresh, verdicts))
            await store_answers(
                conn,
                [
                    (waiting.request, answer)
                    for waiting, answer in zip(fresh, made, strict=True)
                    if isinstance(answer, Answer)
                ],
            )
        await reach("journal.after_commit")
        new = iter(made)
        return [_outcome_of(answer, new) for answer in found]


def _acts_of(fresh: Sequence[Waiting], verdicts: Sequence[Verdict]) -> list[Act]:
    """What goes into the audit log, under the transfer that came of it."""
    return [
        replace(waiting.act, entity="transfer", entity_id=str(verdict.transfer.id))
        for waiting, verdict in zip(fresh, verdicts, strict=True)
        if waiting.act and isinstance(verdict, Posted)
    ]


def _answer_to(waiting: Waiting, verdict: Verdict) -> Answer | Problem:
    return verdict.problem if isinstance(verdict, Declined) else waiting.render(verdict)


def _outcome_of(stored: Answer | Problem | None, new: Iterator[Answer | Problem]) -> Outcome:
    made = next(new) if stored is None else stored
    if isinstance(made, Problem):
        return made
    return Settled(made, replayed=stored is not None)


@asynccontextmanager
async def open_journal(
    database: Database, clock: Clock, *, batch_max: int = BATCH_MAX, lanes: int = LANES
) -> AsyncIterator[Journal]:
    """A running journal; at the end, whatever waits is still posted.

    Args:
        database: Where the books are.
        clock: Tells when transfers are posted.
        batch_max: Transfers in one transaction.
        lanes: Batches in progress at a time: one commits while the next is being prepared.
    """
    journal = Journal(database, clock, batch_max=batch_max)
    running = [asyncio.create_task(journal.run_lane()) for _ in range(lanes)]
    try:
        yield journal
    finally:
        for _ in running:
            journal.stop()
        await asyncio.gather(*running)


async def _journal_of(resources: OpenResources) -> Journal:
    journal: Journal = resources.extra["journal"]
    return journal


#: A route's parameter.
OpenJournal = Annotated[Journal, Depends(_journal_of)]
