"""Put money into a community's liquidity, or take it out."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import Cause
from contracts.ledger import AccountType
from ledger.accounts.models import LOCAL_ASSET
from ledger.accounts.open_system import open_system_account
from ledger.exchanges.models import LIQUIDITY
from ledger.exchanges.requests import SupplyWish
from ledger.journal.models import Transfer
from ledger.journal.templates import pay
from ledger.text import read_amount


async def supply_liquidity(
    conn: Connection, wish: SupplyWish, *, operator: UUID, community: str, now: datetime
) -> Transfer:
    """The transfer between a community's liquidity and the world outside.

    Local credits come from where credits are issued, every other asset through transit.

    Args:
        conn: Open transaction: accounts are opened at their first use.
        wish: What the operator wants.
        operator: Who answers for it.
        community: Whose liquidity.
        now: The clock's time.

    Raises:
        Malformed: The amount is none, or the asset is unknown.

    Emits:
        AccountOpened on `ledger.accounts.v1`, for each that was opened.
    """
    amount_minor = read_amount(wish.amount, wish.asset)
    local = wish.asset == LOCAL_ASSET
    kind: AccountType = "ISSUANCE" if local else "TRANSIT"
    world = await open_system_account(
        conn, community, kind, wish.asset, now=now, name="" if local else LIQUIDITY
    )
    pool = await open_system_account(
        conn, community, "PROVIDER", wish.asset, now=now, name=LIQUIDITY, floor_minor=0
    )
    source, destination = (world, pool) if wish.direction == "in" else (pool, world)
    return Transfer(
        new_id(),
        f"liquidity.{wish.direction}",
        pay(source.id, destination.id, wish.asset, amount_minor),
        initiated_by=operator,
        metadata={"reason": wish.reason},
        cause=Cause.present(),
    )
