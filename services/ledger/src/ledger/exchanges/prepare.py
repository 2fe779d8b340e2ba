"""Find the accounts that an exchange moves, opening those that were never used."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import Cause
from contracts.ledger import AccountType
from ledger.accounts.find_many import find_accounts
from ledger.accounts.find_system import find_system_account
from ledger.accounts.models import Account
from ledger.accounts.open_system import open_system_account
from ledger.exchanges.find_terms import Asked
from ledger.exchanges.lifecycle import metadata_of, movements_of
from ledger.exchanges.models import LIQUIDITY, ROUNDING, SPREAD, Exchange
from ledger.fees.find_accounts import fee_places, find_fee_accounts
from ledger.journal.models import Transfer
from ledger.policies.open_own import open_own_account


async def prepare_exchange(
    conn: Connection,
    asked: Asked,
    *,
    owner: UUID,
    memo: str | None = None,
    now: datetime,
    dry_run: bool = False,
) -> tuple[Exchange, Transfer]:
    """The exchange with its accounts, and the transfer that the journal can post.

    What is bought goes to the person's main account in that asset, opened at its first use. A
    community's liquidity may not go below zero: what is not there cannot be bought.

    Args:
        conn: Open transaction: accounts are opened at their first use.
        asked: Whose money, and on which terms.
        owner: The person.
        memo: Kept with the transfer.
        now: The clock's time.
        dry_run: Open none; what is missing is an account that exists nowhere.

    Emits:
        AccountOpened on `ledger.accounts.v1`, for each that was opened.
    """
    rate, made = asked.terms.rate, asked.terms.conversion
    community = asked.source.community

    async def system(kind: AccountType, asset: str, name: str) -> Account:
        if dry_run:
            known = await find_system_account(conn, community, kind, asset, name=name)
            return known or Account(new_id(), None, kind, asset, community, name)
        floor = 0 if name == LIQUIDITY else None
        return await open_system_account(
            conn, community, kind, asset, now=now, name=name, floor_minor=floor
        )

    places = fee_places(community, rate.from_asset, asked.terms.price)
    fees = await find_fee_accounts(conn, places, now=now, dry_run=dry_run)
    exchange = Exchange(
        asked.terms,
        asked.source,
        await _own_account(conn, owner, rate.to_asset, community, now=now, dry_run=dry_run),
        await system("PROVIDER", rate.from_asset, LIQUIDITY),
        await system("PROVIDER", rate.to_asset, LIQUIDITY),
        await system("FEES", rate.to_asset, SPREAD) if made.spread_minor else None,
        await system("FEES", rate.to_asset, ROUNDING) if made.residue_minor else None,
        tuple(fees[place] for place in places),
    )
    kept = {"memo": memo} if memo else {}
    transfer = Transfer(
        new_id(),
        "exchange",
        movements_of(exchange),
        initiated_by=owner,
        metadata={**kept, **metadata_of(asked.terms)},
        cause=Cause.present(),
    )
    return exchange, transfer


async def _own_account(
    conn: Connection, owner: UUID, asset: str, community: str, *, now: datetime, dry_run: bool
) -> Account:
    """The person's main account in an asset."""
    known = await find_accounts(conn, (), [owner])
    wanted = Account(new_id(), owner, "MAIN", asset, community)
    if (owner, asset) not in known.mains and not dry_run:
        await open_own_account(conn, owner, wanted, now=now)
        # Ours, or the one that was opened at the same moment.
        known = await find_accounts(conn, (), [owner])
    return known.mains.get((owner, asset), wanted)
