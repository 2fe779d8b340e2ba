"""Change what an account may and may not."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.outbox import Cause, emit
from chassis.preconditions import require_version
from contracts.ledger_accounts import PolicyChange
from ledger.accounts.errors import NoSuchAccount
from ledger.journal.models import Declined, Transfer
from ledger.journal.refuse import keep_refusals
from ledger.policies import queries
from ledger.policies.lifecycle import decline_change, event_of, told_of
from ledger.policies.models import Policy
from ledger.reach import EVERYTHING, Reach


@dataclass(frozen=True, slots=True)
class Change:
    """A change that somebody wants.

    Attributes:
        account_id: Of which account.
        what: The change by its name.
        make: The policy after it, before its version; pure.
        accepted: Versions that it may change; nothing for any.
        by: Who answers for it.
        reason: Why.
        reach: Only if the account is in it.
    """

    account_id: UUID
    what: PolicyChange
    make: Callable[[Policy], Policy]
    accepted: Collection[int] | None
    by: UUID
    reason: str
    reach: Reach = EVERYTHING


async def change_policy(
    conn: Connection, wanted: Change, *, attempt_id: UUID, now: datetime
) -> Policy | Declined:
    """Make the next version of an account's policies; what changes nothing makes none.

    The account is locked as the journal locks it: a transfer is decided before the change or after.
    A declined change leaves nothing but a row of `refused_attempt`, so let the transaction commit
    and tell the problem after it.

    Args:
        conn: Open transaction; the caller commits.
        wanted: The change.
        attempt_id: UUIDv7, new for this wish; names it where it is refused.
        now: The clock's time.

    Returns:
        The policies as they are now, or why they cannot be: AccountNotEmpty, AccountAwaited or
        FloorAboveAvailable.

    Raises:
        NoSuchAccount: There is none.
        StaleVersion: They were changed since they were read.
        Malformed: A limit is none.

    Emits:
        AccountPolicyChanged on `ledger.accounts.v1`, keyed by account, if something changed.

    Source:
        docs/decisions/0019-policies-have-versions.md
    """
    before = await queries.lock_policy(conn, wanted.account_id, wanted.reach)
    if before is None:
        raise NoSuchAccount("there is no account with this id")
    require_version(before.version, None if wanted.accepted is None else frozenset(wanted.accepted))
    after = wanted.make(before)
    if after == before:
        return before
    standing = await queries.select_standing(conn, before.account_id)
    if declined := decline_change(before, after, standing):
        problem, limit, beyond = declined
        attempt = Transfer(
            attempt_id,
            f"account.{wanted.what}",
            (),
            initiated_by=wanted.by,
            cause=Cause.present(),
        )
        refused = Declined(attempt, problem, before.account_id, before.asset, limit, beyond)
        await keep_refusals(conn, [refused], now=now)
        return refused
    after = replace(
        after,
        version=before.version + 1,
        changed_at=now,
        changed_by=wanted.by,
        reason=wanted.reason,
    )
    await queries.update_policy(conn, after)
    await record_acts(
        conn,
        Act(
            f"account.{wanted.what}",
            "account",
            str(after.account_id),
            by=wanted.by,
            before=told_of(before),
            after=told_of(after),
            reason=wanted.reason,
        ),
    )
    await emit(conn, event_of(after, wanted.what))
    return after
