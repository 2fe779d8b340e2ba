"""The counter where people send money: understands a wish, and hands it to the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import Depends, Response

from chassis.database import Connection
from chassis.express import Call
from chassis.idempotency import Answer, KeyedRequest, answer_once, find_answer
from chassis.ids import new_id
from chassis.problems import Problem
from chassis.resources import OpenResources, Resources
from chassis.tokens import Caller
from ledger.journal.collect import Journal
from ledger.journal.models import Declined
from ledger.journal.refuse import keep_refusals
from ledger.reach import reach_of
from ledger.scheduled_transfers.lifecycle import render_scheduled
from ledger.scheduled_transfers.schedule import schedule_transfer
from ledger.transfers.compose import Maker, compose_transfer
from ledger.transfers.dry_run import preview_bulk
from ledger.transfers.foresee_template import foresee_template
from ledger.transfers.lifecycle import answer_to
from ledger.transfers.models import ForeseenAnswer, PreviewAnswer, SendBulk, SendMoney
from ledger.transfers.plan import Sender, for_later, is_for_later
from ledger.transfers.prepare import Known, Prepared, prepare_transfers
from ledger.transfers.templates import Template

POST_TRANSFERS: Final = "POST /v1/transfers"
POST_TEMPLATES: Final = "POST /v1/transfers/templates"


@dataclass(frozen=True, slots=True)
class Counter:
    """Understands wishes with what the process knows."""

    resources: Resources

    @property
    def journal(self) -> Journal:
        """Where transfers are posted."""
        journal: Journal = self.resources.extra["journal"]
        return journal

    async def prepare(
        self,
        wishes: tuple[SendMoney, ...],
        caller: Caller,
        *,
        dry_run: bool = False,
        now: datetime | None = None,
    ) -> Prepared:
        """Transfers that the journal can post, or why there can be none."""
        known: Known = self.resources.extra["known"]
        await known.prices.refresh(known.database)
        return await prepare_transfers(
            known,
            wishes,
            sender=self._sender(caller),
            now=now or self.resources.clock.now(),
            dry_run=dry_run,
        )

    def _sender(self, caller: Caller) -> Sender:
        """Who asks; operators may enter transfers late, within the window."""
        window = timedelta(days=self.resources.settings.backdating_days)
        not_before = self.resources.clock.now() - window
        return Sender(caller.user_id, reach_of(caller), not_before)

    async def preview(self, bulk: SendBulk, caller: Caller) -> PreviewAnswer:
        """What would become of wishes now."""
        prepared = await self.prepare(bulk.transfers, caller, dry_run=True)
        now = self.resources.clock.now()
        async with self.resources.database.connection() as conn:
            return await preview_bulk(conn, bulk, prepared, viewer=caller.user_id, now=now)

    async def send(self, wish: SendMoney, caller: Caller, key: str) -> Response:
        """Post one transfer once for its key; the answer, or the answer that was given before.

        One with a time after now is kept for later instead.

        Raises:
            Problem: Why not, as `prepare_transfers` and the journal tell.
        """
        if wish.effective_at and is_for_later(wish, now := self.resources.clock.now()):
            return await self._schedule(wish, caller, key, now)
        prepared = await self.prepare((wish,), caller)
        [wanted] = prepared.transfers
        request = KeyedRequest(str(caller.user_id), key, POST_TRANSFERS, wish.content())
        if isinstance(wanted, Problem):
            return await self._answered_before(request, wanted, prepared.refusals)
        viewer = None if wish.effective_at else caller.user_id
        return await self.journal.post(request, wanted, lambda posted: answer_to(posted, viewer))

    async def _schedule(self, wish: SendMoney, caller: Caller, key: str, now: datetime) -> Response:
        """Keep a transfer for later, once for its key."""
        [payment] = (await self.prepare((wish,), caller, dry_run=True, now=now)).payments
        request = KeyedRequest(str(caller.user_id), key, POST_TRANSFERS, wish.content())
        if isinstance(payment, Problem):
            return await self._answered_before(request, payment)
        wanted = for_later(payment, scheduled_id=new_id(), owner=caller.user_id)

        async def perform(conn: Connection) -> Answer:
            made = await schedule_transfer(conn, wanted, now=now)
            content = render_scheduled(made).model_dump(mode="json")
            return Answer.of(202, content, Location=f"/v1/scheduled-transfers/{made.id}")

        return await answer_once(self.resources.database, request, perform)

    async def foresee(self, wish: Template, caller: Caller) -> ForeseenAnswer:
        """What would become of a template now."""
        maker = await self._maker(caller, dry_run=True)
        return await foresee_template(wish, maker, viewer=maker.viewer)

    async def send_by_template(self, wish: Template, caller: Caller, key: str) -> Response:
        """Post a template's transfer once for its key.

        Raises:
            Problem: Why not, as `compose_transfer` and the journal tell.
        """
        maker = await self._maker(caller)
        content = wish.model_dump(mode="json")
        request = KeyedRequest(str(caller.user_id), key, POST_TEMPLATES, content)
        try:
            composed = await compose_transfer(wish, maker)
        except Problem as problem:
            return await self._answered_before(request, problem)
        return await self.journal.post(
            request, composed.transfer, lambda posted: answer_to(posted, maker.viewer)
        )

    async def _maker(self, caller: Caller, *, dry_run: bool = False) -> Maker:
        known: Known = self.resources.extra["known"]
        await known.prices.refresh(known.database)
        return Maker(self._sender(caller), known, self.resources.clock.now(), dry_run)

    async def _answered_before(
        self, request: KeyedRequest, problem: Problem, refusals: Sequence[Declined] = ()
    ) -> Response:
        """The answer to a wish that was carried out before its quote expired; else its problem."""
        async with self.resources.database.transaction() as conn:
            stored = await find_answer(conn, request)
            if stored is None and refusals:
                await keep_refusals(conn, refusals, now=self.resources.clock.now())
        if stored is None:
            raise problem
        return stored.response(replayed=True)


async def send_plainly(call: Call) -> Response:
    """The express way of `POST /v1/transfers`."""
    return await Counter(call.resources).send(call.body, call.caller, call.key)


async def _counter_of(resources: OpenResources) -> Counter:
    return Counter(resources)


#: A route's parameter.
OpenCounter = Annotated[Counter, Depends(_counter_of)]
