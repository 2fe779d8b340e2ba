"""Say how an account is reconciled."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.http import amount_problem
from chassis.problems import Malformed
from contracts.money import SCALES, AmountError, parse_amount
from ledger.accounts.find import find_account
from ledger.reach import EVERYTHING, Reach
from ledger.reconciliation import queries
from ledger.reconciliation.errors import NotOneOfOurs, SetupFixed
from ledger.reconciliation.models import Setup
from ledger.reconciliation.wishes import SetupWish


async def set_up_account(
    conn: Connection,
    account_id: UUID,
    wish: SetupWish,
    *,
    operator: UUID,
    reach: Reach = EVERYTHING,
    now: datetime,
) -> Setup:
    """Write a version of an account's setup; runs that have begun keep theirs.

    Args:
        conn: Open transaction; the caller commits.
        account_id: A system account, such as a provider's or one of transit.
        wish: What the operator wants.
        operator: Who answers for it.
        reach: Only if the account is in it.
        now: The clock's time.

    Raises:
        NoSuchAccount: There is none, or it is beyond the reach.
        NotOneOfOurs: It is a person's.
        Malformed: An amount is none, or two rules have one name.
        SetupFixed: Sign or external account differ from the first version's.
    """
    account = await find_account(conn, field="account_id", account_id=account_id, reach=reach)
    if account.owner_id is not None:
        raise NotOneOfOurs(f"the account is of type {account.type}")
    names = [rule.name for rule in wish.rules]
    if len(set(names)) < len(names):
        message = "each rule has a name of its own"
        raise Malformed(
            f"check rules: {message}",
            errors=[{"field": "rules", "rule": "unique", "message": message}],
        )
    for place, rule in enumerate(wish.rules):
        _read(rule.amount_tolerance, account.asset, f"rules.{place}.amount_tolerance")
    await queries.lock_account(conn, account_id)
    before = await queries.select_setup(conn, account_id)
    if before and (before.mirrored, before.external_account) != (
        wish.mirrored,
        wish.external_account,
    ):
        raise SetupFixed(
            f"mirrored is {before.mirrored}, external_account is {before.external_account!r}: "
            "statements and items were read by them",
            mirrored=before.mirrored,
            external_account=before.external_account,
        )
    setup = Setup(
        account_id,
        before.version + 1 if before else 1,
        account.asset,
        account.community,
        wish.mirrored,
        wish.external_account,
        wish.csv_mapping,
        wish.rules,
        wish.group_days,
        wish.reference_key,
        _read(wish.write_off_limit, account.asset, "write_off_limit"),
        wish.reason,
        operator,
        now,
    )
    await queries.insert_setup(conn, setup)
    return setup


def _read(text: str, asset: str, field: str) -> int:
    if asset not in SCALES:
        raise Malformed(f"asset {asset} is unknown here")
    try:
        return parse_amount(text, asset)
    except AmountError as error:
        raise amount_problem(field, error) from None
