"""Decide on a reported item."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.ids import new_id
from chassis.operators import Office, keep_action
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace import ItemHidden, ItemRestored, ReportDecided
from marketplace.items.hide import hide_item
from marketplace.reports import queries
from marketplace.reports.errors import NotYourDecision
from marketplace.reports.lifecycle import hidden_after
from marketplace.reports.models import DECIDED_MAX, Decided, DecisionBody

#: How the audit log calls a decision.
ACTS: Final = {"dismiss": "reports.dismissed", "hide": "item.hidden", "restore": "item.restored"}


async def decide_reports(
    conn: Connection, item_id: UUID, operator: Caller, body: DecisionBody, *, now: datetime
) -> Decided:
    """Dismiss what was reported, hide the item, or put it back; open reports are settled by it.

    Operators may hide what nobody has reported. Trades over the item go on.

    Args:
        conn: Open transaction; the caller commits.
        item_id: Which item.
        operator: Who decides; kept with the reason for good.
        body: What, and why.
        now: When.

    Raises:
        NoSuchItem: There is none in the operator's community.
        NotYourDecision: The item is the operator's own.
        NothingToDecide: The item is so already, or has no open report to dismiss.
        TooManyActions: Operators decided more than anybody should within a minute.

    Emits:
        ItemHidden or ItemRestored on `marketplace.reports.v1`, for the seller, and ItemChanged;
        neither when reports are dismissed. ReportDecided to each who reported.
    """
    before, _ = await hide_item(conn, item_id, operator.community, hidden=None, now=now)
    if before.seller_id == operator.user_id:
        raise NotYourDecision
    reports = await queries.lock_open(conn, item_id, DECIDED_MAX)
    hidden = hidden_after(body.decision, hidden=before.hidden, open_reports=len(reports))
    _, after = await hide_item(conn, item_id, operator.community, hidden=hidden, now=now)
    decided = Decided(
        id=new_id(),
        item_id=item_id,
        item_version=after.version,
        seller_id=after.seller_id,
        community=after.community,
        decision=body.decision,
        reason=body.reason,
        reports=len(reports),
        decided_by=operator.user_id,
        decided_at=now,
    )
    await queries.insert_decision(conn, decided, list(reports))
    office = Office(str(operator.user_id), body.reason)
    await keep_action(conn, office, f"item.{body.decision}", str(item_id))
    act = Act(
        ACTS[body.decision],
        "item",
        str(item_id),
        before={"hidden": before.hidden, "version": before.version, "open_reports": len(reports)},
        after={"hidden": after.hidden, "version": after.version, "open_reports": 0},
        reason=body.reason,
    )
    await record_acts(conn, act)
    if after.hidden != before.hidden:
        ruling = ItemHidden if after.hidden else ItemRestored
        told = ruling(
            item_id=item_id,
            item_title=after.listing.title,
            seller_id=after.seller_id,
            reason=body.reason,
            decided_at=now,
        )
        await emit(conn, told)
    await emit(
        conn,
        *(
            ReportDecided(
                reporter_id=reporter,
                item_id=item_id,
                item_title=after.listing.title,
                decision=body.decision,
                decided_at=now,
            )
            for reporter in reports.values()
        ),
    )
    return decided
