"""The journal as concurrent requests meet it: those waiting are posted together.

While one batch is being committed the next one gathers; nobody waits for a timer. A batch is one
database transaction with its idempotency keys, effects, answers and events. When a batch fails
unexpectedly, each of its requests runs alone, so that none harms another.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Final

from fastapi import Depends, Response

from chassis.audit.record import Act, act_due, record_acts
from chassis.clock import Clock
from chassis.database import Connection, Database, is_transient
from chassis.failpoints import reach
from chassis.idempotency import Answer, KeyedRequest, find_answers, store_answers
from chassis.logs import get_logger
from chassis.problems import Problem, Transient
from chassis.resources import OpenResources
from ledger.journal import queries
from ledger.journal.errors import problem_of
from ledger.journal.models import Declined, Posted, Transfer, Verdict
from ledger.journal.post import post_transfers

log = get_logger(__name__)

BATCH_MAX: Final = 200
WAITING_MAX: Final = 10_000
BULKS_MAX: Final = 200
LANES: Final = 2
TRIES_MAX: Final = 5

type Render = Callable[[Posted], Answer]
#: Writes what belongs to a transfer, in its transaction and under its locks.
type Record = Callable[[Connection, Posted], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Settled:
    answer: Answer
    replayed: bool


type _Outcome = _Settled | Problem


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    request: KeyedRequest
    wanted: Transfer
    render: Render
    outcome: asyncio.Future[_Settled]
    record: Record | None = None
    #: What goes into the audit log with it: only what people with power do.
    act: Act | None = None

    def settle(self, outcome: _Outcome | Exception) -> None:
        """Tell the request, unless its client has gone."""
        if self.outcome.done():
            return
        if isinstance(outcome, _Settled):
            self.outcome.set_result(outcome)
        else:
            self.outcome.set_exception(outcome)


class Journal:
    """Posts the transfers of concurrent requests in batches. Made by `open_journal`."""

    def __init__(self, database: Database, clock: Clock, *, batch_max: int = BATCH_MAX) -> None:
        """Post into `database`; `batch_max` transfers at most in one transaction."""
        self._database = database
        self._clock = clock
        self._batch_max = batch_max
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue()
        self._turns = asyncio.Semaphore(LANES)
        self._bulks = 0

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
        outcome: asyncio.Future[_Settled] = asyncio.get_running_loop().create_future()
        act = act_due(request.route, request.content, request.owner)
        self._queue.put_nowait(_Waiting(request, wanted, render, outcome, record, act))
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

    async def _gather(self) -> tuple[list[_Waiting], bool]:
        """Whatever waits, up to a batch; two requests with one key never share a batch."""
        first = await self._queue.get()
        # One turn of the loop: requests that became ready together go together.
        await asyncio.sleep(0)
        batch: list[_Waiting] = []
        again: list[_Waiting] = []
        keys: set[tuple[str, str]] = set()
        item: _Waiting | None = first
        last = False
        while True:
            if item is None:
                last = True
                break
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

    async def _settle(self, batch: Sequence[_Waiting]) -> None:
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

    async def _alone(self, waiting: _Waiting) -> _Outcome | Exception:
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

    async def _commit(self, batch: Sequence[_Waiting]) -> list[_Outcome]:
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


def _acts_of(fresh: Sequence[_Waiting], verdicts: Sequence[Verdict]) -> list[Act]:
    """What goes into the audit log, under the transfer that came of it."""
    return [
        replace(waiting.act, entity="transfer", entity_id=str(verdict.transfer.id))
        for waiting, verdict in zip(fresh, verdicts, strict=True)
        if waiting.act and isinstance(verdict, Posted)
    ]


def _answer_to(waiting: _Waiting, verdict: Verdict) -> Answer | Problem:
    return verdict.problem if isinstance(verdict, Declined) else waiting.render(verdict)


def _outcome_of(stored: Answer | Problem | None, new: Iterator[Answer | Problem]) -> _Outcome:
    made = next(new) if stored is None else stored
    if isinstance(made, Problem):
        return made
    return _Settled(made, replayed=stored is not None)


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
