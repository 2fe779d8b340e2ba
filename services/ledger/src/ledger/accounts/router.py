"""HTTP edge of accounts: balances and entries, one's own; operators see their community's."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Response

from chassis.access import ALL_ROLES, Person
from chassis.context import look
from chassis.express import Call, ExpressRoute
from chassis.service import Now, OpenDatabase
from contracts.ledger import AccountType
from contracts.money import render_amount
from ledger.accounts.browse import browse_accounts
from ledger.accounts.errors import NotYourAccounts
from ledger.accounts.models import (
    AccountAnswer,
    AccountsAnswer,
    BalanceAtAnswer,
    EntriesAnswer,
    Times,
)
from ledger.accounts.read import read_account
from ledger.accounts.read_balance_at import read_balance_at
from ledger.accounts.read_entries import read_entries
from ledger.accounts.read_together import BalanceReader
from ledger.accounts.render import render_balance, render_entry
from ledger.moments import Moment
from ledger.reach import Reach, reach_of
from ledger.text import AssetText, Line

router = APIRouter(tags=["accounts"])

Limit = Annotated[int, Query(ge=1, le=200)]


def _times(effective_at: Moment | None = None, known_at: Moment | None = None) -> Times:
    return Times(effective_at, known_at)


AtTimes = Annotated[Times, Depends(_times)]


@router.get("/accounts")
async def list_accounts(  # noqa: PLR0913, PLR0917 - each filter is a parameter of the address
    caller: Person,
    database: OpenDatabase,
    owner_id: UUID | None = None,
    type: AccountType | None = None,  # noqa: A002 - the client's word
    asset: AssetText | None = None,
    community: Line | None = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> AccountsAnswer:
    """One's own accounts; operators see others' when they name owner, type, asset or community."""
    reach = reach_of(caller)
    others = any((owner_id, type, asset, community)) and reach.has_power
    if owner_id and owner_id != caller.user_id and not others:
        raise NotYourAccounts("leave owner_id out to see your own accounts")
    async with database.connection() as conn:
        page, following = await browse_accounts(
            conn,
            reach=Reach(owner_id, reach.community) if others else Reach(caller.user_id),
            account_type=type,
            asset=asset,
            community=community,
            after=cursor,
            limit=limit,
        )
    if others:
        look(*(one.owner_id for one in page))
    return AccountsAnswer(accounts=[render_balance(one) for one in page], next_cursor=following)


@router.get("/accounts/{account_id}")
async def get_account(account_id: UUID, caller: Person, database: OpenDatabase) -> AccountAnswer:
    """An account with its balance, what is available and what is held."""
    async with database.connection() as conn:
        return render_balance(await read_account(conn, account_id, reach=reach_of(caller)))


async def read_plainly(call: Call) -> Response:
    """The express way of a balance: as it is now."""
    reader: BalanceReader = call.resources.extra["balances"]
    found = await reader.read(call.id, reach=reach_of(call.caller))
    now = call.resources.clock.now()
    described = {
        "account_id": found.account_id,
        "asset": found.asset,
        "effective_at": now,
        "known_at": now,
        "balance": render_amount(found.balance_minor, found.asset),
        "available": render_amount(found.balance_minor - found.held_minor, found.asset),
        "held": render_amount(found.held_minor, found.asset),
    }
    body = orjson.dumps(described, default=str, option=orjson.OPT_UTC_Z)
    return Response(body, media_type="application/json")


#: Answered without the framework.
express = (ExpressRoute("GET", "/v1/accounts/{id}/balance", ALL_ROLES, read_plainly),)


@router.get("/accounts/{account_id}/balance")
async def get_balance(
    account_id: UUID, caller: Person, database: OpenDatabase, times: AtTimes, now: Now
) -> BalanceAtAnswer:
    """What an account had at `effective_at`, as far as it was known at `known_at`."""
    async with database.connection() as conn:
        found = await read_balance_at(conn, account_id, times, reach=reach_of(caller))
    asset, left = found.account.asset, found.balance_minor - found.held_minor
    return BalanceAtAnswer(
        account_id=account_id,
        asset=asset,
        effective_at=times.effective_at or times.known_at or now,
        known_at=times.known_at or now,
        balance=render_amount(found.balance_minor, asset),
        available=render_amount(left, asset),
        held=render_amount(found.held_minor, asset),
    )


@router.get("/accounts/{account_id}/entries")
async def list_entries(
    account_id: UUID,
    caller: Person,
    database: OpenDatabase,
    times: AtTimes,
    cursor: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Limit = 50,
) -> EntriesAnswer:
    """An account's entries, newest first; at a time, those that were effective and known."""
    async with database.connection() as conn:
        page, following = await read_entries(
            conn, account_id, reach=reach_of(caller), before=cursor, limit=limit, at=times
        )
    return EntriesAnswer(entries=[render_entry(line) for line in page], next_cursor=following)
