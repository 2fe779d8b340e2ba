"""State something in a dispute."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace_people import StatementMade
from marketplace.disputes import queries
from marketplace.disputes.errors import EnoughStated, NothingDisputed
from marketplace.disputes.models import STATEMENTS_MAX, Statement, StatementBody
from marketplace.images.check_evidence import check_evidence
from marketplace.trades.hold_part import hold_part
from marketplace.trades.models import Trade


async def make_statement(
    conn: Connection, trade_id: UUID, actor: Caller, body: StatementBody, *, now: datetime
) -> tuple[Trade, Statement]:
    """Add a statement to a disputed trade; both parties and operators read it from then on.

    They see the images that it names, too, which can be deleted no more.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: One of its parties.
        body: What they state.
        now: When.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        NothingDisputed: No operator is asked to decide.
        EnoughStated: The actor has made as many as a party may.
        NoSuchImage, ImageRefused, ImageNotReady: An image that the actor cannot show.

    Emits:
        StatementMade on `marketplace.disputes.v1`, keyed by trade.

    Source:
        spec 1, trading; docs/decisions/0064-disputes-end-in-sums.md
    """
    trade = await hold_part(conn, trade_id, actor)
    if trade.state != "disputed":
        raise NothingDisputed(trade.state)
    before = await queries.select_statements(conn, trade_id)
    if sum(one.by_id == actor.user_id for one in before) >= STATEMENTS_MAX:
        raise EnoughStated(STATEMENTS_MAX)
    await check_evidence(conn, actor.user_id, body.image_ids)
    made = Statement(
        trade_id=trade_id,
        seq=len(before) + 1,
        by_id=actor.user_id,
        text=body.text,
        image_ids=list(body.image_ids),
        said_at=now,
    )
    await queries.insert_statement(conn, made)
    told = StatementMade(
        trade_id=trade_id,
        seq=made.seq,
        by_id=actor.user_id,
        buyer_id=trade.buyer_id,
        seller_id=trade.seller_id,
        said_at=now,
        images=len(made.image_ids),
    )
    await emit(conn, told)
    return trade, made
