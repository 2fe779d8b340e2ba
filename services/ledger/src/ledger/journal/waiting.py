"""Who waits for the journal, and what they are told."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chassis.audit.record import Act
from chassis.database import Connection
from chassis.idempotency import Answer, KeyedRequest
from chassis.problems import Problem
from ledger.journal.models import Posted, Transfer

type Render = Callable[[Posted], Answer]
#: Writes what belongs to a transfer, in its transaction and under its locks.
type Record = Callable[[Connection, Posted], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Settled:
    """An answer, and whether it was given before."""

    answer: Answer
    replayed: bool


type Outcome = Settled | Problem


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A request until it is told."""

    request: KeyedRequest
    wanted: Transfer
    render: Render
    outcome: asyncio.Future[Settled]
    record: Record | None = None
    #: What goes into the audit log with it: only what people with power do.
    act: Act | None = None

    def is_plain(self) -> bool:
        """Whether it may be decided before the lock."""
        more = self.record or self.act
        return not more and not any(one.held_minor for one in self.wanted.movements)

    def settle(self, outcome: Outcome | Exception) -> None:
        """Tell the request, unless its client has gone."""
        if self.outcome.done():
            return
        if isinstance(outcome, Settled):
            self.outcome.set_result(outcome)
        else:
            self.outcome.set_exception(outcome)
