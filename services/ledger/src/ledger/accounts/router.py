"""HTTP edge of accounts: balances and entries, one's own; operators see all."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.access import Person
from chassis.service import OpenDatabase
from chassis.tokens import Caller
from contracts.ledger import AccountType
from contracts.money import render_amount
from ledger.accounts.browse import browse_accounts
from ledger.accounts.errors import NotYourAccounts
from ledger.accounts.models import (
    AccountAnswer,
    AccountsAnswer,
    Balance,
    EntriesAnswer,
    EntryAnswer,
    EntryLine,
)
from ledger.accounts.read import read_account
from ledger.accounts.read_entries import read_entries
from ledger.text import AssetText, Line

router = APIRouter(tags=["accounts"])

Limit = Annotated[int, Query(ge=1, le=200)]


def _is_operator(caller: Caller) -> bool:
    return caller.has("OPERATOR", "ADMIN")


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
    others = any((owner_id, type, asset, community)) and _is_operator(caller)
    if owner_id and owner_id != caller.user_id and not others:
        raise NotYourAccounts("leave owner_id out to see your own accounts")
    async with database.connection() as conn:
        page, following = await browse_accounts(
            conn,
            owner=owner_id if others else caller.user_id,
            account_type=type,
            asset=asset,
            community=community,
            after=cursor,
            limit=limit,
        )
    return AccountsAnswer(accounts=[render_balance(one) for one in page], next_cursor=following)


@router.get("/accounts/{account_id}")
async def get_account(account_id: UUID, caller: Person, database: OpenDatabase) -> AccountAnswer:
    """An account with its balance, what is available and what is held."""
    owner = None if _is_operator(caller) else caller.user_id
    async with database.connection() as conn:
        return render_balance(await read_account(conn, account_id, owner=owner))


@router.get("/accounts/{account_id}/entries")
async def list_entries(
    account_id: UUID,
    caller: Person,
    database: OpenDatabase,
    cursor: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Limit = 50,
) -> EntriesAnswer:
    """An account's entries, newest first."""
    owner = None if _is_operator(caller) else caller.user_id
    async with database.connection() as conn:
        page, following = await read_entries(
            conn, account_id, owner=owner, before=cursor, limit=limit
        )
    return EntriesAnswer(entries=[_render_entry(line) for line in page], next_cursor=following)


def render_balance(balance: Balance) -> AccountAnswer:
    """An account as a client sees it."""

    def amount(minor: int | None) -> str | None:
        return None if minor is None else render_amount(minor, balance.asset)

    return AccountAnswer(
        id=balance.id,
        owner_id=balance.owner_id,
        type=balance.type,
        asset=balance.asset,
        community=balance.community,
        balance=render_amount(balance.balance_minor, balance.asset),
        available=render_amount(balance.available_minor, balance.asset),
        held=render_amount(balance.held_minor, balance.asset),
        version=balance.version,
        floor=amount(balance.floor_minor),
        ceiling=amount(balance.ceiling_minor),
        frozen=balance.frozen,
        closed=balance.closed,
        created_at=balance.created_at,
        moved_at=balance.moved_at,
    )


def _render_entry(line: EntryLine) -> EntryAnswer:
    return EntryAnswer(
        seq=line.account_seq,
        transfer_id=line.transfer_id,
        kind=line.kind,
        amount=render_amount(line.amount_minor, line.asset),
        asset=line.asset,
        balance_after=render_amount(line.balance_after_minor, line.asset),
        held=render_amount(line.held_minor, line.asset),
        held_after=render_amount(line.held_after_minor, line.asset),
        memo=line.metadata.get("memo"),
        effective_at=line.effective_at,
        posted_at=line.posted_at,
    )
