"""One report over everything that is reconciled."""

from typing import Any
from uuid import UUID

from localex_client import LocalEx, ProblemError

type Report = dict[str, Any]


async def make_report(client: LocalEx, account: UUID | None) -> Report:
    """Ask ledger and search how things stand.

    Args:
        client: Logged in as an operator.
        account: Only this account, with its suspense list; nothing means all.

    Returns:
        `accounts`, `trades` and `index`; with an account, only the first.
    """
    ids = [account] if account else []
    if account is None:
        ids = [UUID(one["account_id"]) for one in await client.reconciled_accounts()]
    made: Report = {"accounts": [await _account(client, one) for one in ids]}
    if account:
        made["suspense"] = {
            side: await client.suspense(account, side) for side in ("LINE", "ENTRY")
        }
        return made
    made["trades"] = await client.trade_differences()
    try:
        made["index"] = await client.index_parity()
    except ProblemError as error:
        made["index"] = {"away": str(error)}
    return made


async def _account(client: LocalEx, account: UUID) -> Report:
    try:
        return await client.summary(account)
    except ProblemError as error:
        if error.slug != "no-statement":
            raise
        return {"account_id": str(account), "ties_out": True, "statement": None}


def is_clean(made: Report) -> bool:
    """Whether nothing differs. Unmatched items are work, not damage: they are explained."""
    return (
        all(one["ties_out"] for one in made["accounts"])
        and not any(made.get("trades", {}).get("open", {}).values())
        and not any(made.get("index", {}).get("open", {}).values())
    )


def tell_report(made: Report) -> None:
    """Print a report for a person."""
    for one in made["accounts"]:
        _tell_account(one)
    for side, items in made.get("suspense", {}).items():
        for item in items:
            print(
                f"  {side} {item['number']:>8}  {item['booked_on']}  {item['amount']:>16}  "
                f"{item['reference']}  {item['details'][:60]}"
            )
    if trades := made.get("trades"):
        print(f"trades and escrows: {trades['trades_known']} known, {trades['waiting']} waiting")
        for difference in trades["differences"]:
            print(f"  {difference['trade_id']}  {difference['kind']}: {difference['detail']}")
    if index := made.get("index"):
        _tell_index(index)
    print("Everything agrees." if is_clean(made) else "SOMETHING DOES NOT AGREE.")


def _tell_account(one: Report) -> None:
    if one["statement"] is None:
        print(f"{one['account_id']}: no statement yet")
        return
    print(f"{one['account_id']} ({one['asset']}), statement {one['statement']}, {one['closed_on']}")
    print(f"  closing balance of the bank {one['closing']:>24}")
    for name, sign in (("unmatched_entries", "+"), ("unmatched_lines", "-")):
        group = one[name]
        label = f"{sign} {name.replace('_', ' ')} ({group['count']})"
        print(f"  {label:<28}{group['sum']:>24}")
    for name, sign in (("ignored_entries", "+"), ("ignored_lines", "-")):
        if one[name]["count"]:
            label = f"{sign} {name.replace('_', ' ')} ({one[name]['count']})"
            print(f"  {label:<28}{one[name]['sum']:>24}")
    for name in ("opening_difference", "tolerated", "in_transit", "not_looked_at", "unexplained"):
        if one[name].strip("-0."):
            print(f"  + {name.replace('_', ' '):<26}{one[name]:>24}")
    print(f"  balance in the books        {one['balance']:>24}")


def _tell_index(index: Report) -> None:
    if "away" in index:
        print(f"index: {index['away']}")
        return
    print(
        f"index: {index['items_told']} items told, "
        f"{index['completed_items']} compared until {index['completed_at'] or 'now'}"
    )
    for one in index["differences"]:
        told, indexed = one["told_version"], one["indexed_version"]
        print(f"  {one['item_id']}  {one['kind']}: told {told}, indexed {indexed}")
