"""Post transfers that are decided before their accounts are locked, in one round trip."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from chassis.database import Connection, Database
from chassis.failpoints import reach
from chassis.idempotency import Answer, KeyedRequest, answer_in_columns, ask_in_columns
from chassis.outbox import Cause, Written, events_in_columns, prepare_events
from contracts.messages import Message
from ledger.journal import queries
from ledger.journal.heads import Heads
from ledger.journal.limits import soft_floor_crossings
from ledger.journal.models import Posted, Transfer, Verdict
from ledger.journal.write_event import write_event

#: Writes answers: one for each request, nothing for one that must go the locked way.
type Respond = Callable[[Sequence[Verdict]], Sequence[Answer | None]]


async def post_decided(
    database: Database,
    heads: Heads,
    requests: Sequence[KeyedRequest],
    wanted: Sequence[Transfer],
    *,
    respond: Respond,
    now: datetime,
) -> Sequence[Answer | None]:
    """Decide on what is known of the accounts, and write it if that holds under their locks.

    Whatever it does not post is left as it was, for `post_transfers` to decide under the locks.

    Args:
        database: Where the books are: the call is a transaction of its own.
        heads: What is known of accounts; goes on with what is posted.
        requests: Whose wishes they are; no key twice.
        wanted: Their transfers, none of which holds money.
        respond: Makes the answers from the verdicts, in order; without any, nothing is written.
        now: The clock's time.

    Returns:
        For each request its answer, now stored, or nothing where it was not posted: what it wants
        was declined, was done before, or needs more than positions to be decided.

    Raises:
        Exception: What the database says, such as a broken rule; then nothing was written, or its
            outcome is unknown, and the keys tell.

    Emits:
        TransferPosted on `ledger.transfers.v1`, keyed by transfer, for each that is posted, and
        SoftFloorCrossed on `ledger.accounts.v1`, keyed by account, for each crossing.

    Source:
        docs/decisions/0046-decided-before-the-lock.md
    """
    ids = sorted({movement.account_id for one in wanted for movement in one.movements})
    none: list[Answer | None] = [None] * len(requests)
    async with database.at_once() as conn:
        await heads.learn(conn, ids)
        if not all(map(heads.is_plain, ids)):
            return none
        try:
            answers = await _call(conn, heads, ids, requests, wanted, respond, now)
        except BaseException:
            heads.forget(ids)
            raise
        if answers is None:
            heads.forget(ids)
            return none
    await reach("journal.after_commit")
    return answers


async def _call(
    conn: Connection,
    heads: Heads,
    ids: Sequence[UUID],
    requests: Sequence[KeyedRequest],
    wanted: Sequence[Transfer],
    respond: Respond,
    now: datetime,
) -> Sequence[Answer | None] | None:
    """Nothing is awaited between decision and call: calls leave in the order of decisions."""
    decided_on = heads.seen(ids)
    verdicts = heads.decide(ids, wanted, now)
    answers = respond(verdicts)
    answered = [(r, a) for r, a in zip(requests, answers, strict=True) if a is not None]
    if not answered:
        return None
    posted = [one for one in verdicts if isinstance(one, Posted)]
    said: list[tuple[Message | Written, Cause]] = [
        (write_event(one), one.transfer.cause) for one in posted
    ]
    said += soft_floor_crossings(heads.positions(), posted)
    call = partial(
        queries.post_decided,
        conn,
        decided_on,
        posted,
        asked=ask_in_columns([request for request, _ in answered]),
        events=events_in_columns(prepare_events(said)),
        answers=answer_in_columns(answered),
    )
    with heads.calling() as before:
        await reach("journal.before_call")
        found = await call()
        if found == "moved" and before:
            # It may have come before one that it goes on from: once more, after that one.
            await asyncio.wait(before)
            found = await call() if heads.knows(ids) else found
    if found == "moved":
        heads.miss()
    elif found == "posted":
        heads.hit()
        return answers
    return None
