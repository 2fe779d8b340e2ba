"""Say what would become of an exchange now, and write nothing."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.problems import Problem
from ledger.exchanges.errors import NotEnoughLiquidity
from ledger.exchanges.find_terms import find_terms
from ledger.exchanges.models import LIQUIDITY
from ledger.exchanges.prepare import prepare_exchange
from ledger.exchanges.requests import ExchangeWish
from ledger.fees.price_list import PriceList
from ledger.transfers.foresee import foresee_transfer
from ledger.transfers.models import ForeseenAnswer
from ledger.transfers.previews import unopened_position


async def foresee_exchange(
    conn: Connection, wish: ExchangeWish, *, owner: UUID, prices: PriceList, now: datetime
) -> ForeseenAnswer:
    """The terms, fees, problem and one's balances as they would be.

    Args:
        conn: Any connection.
        wish: What the person wants.
        owner: The person.
        prices: Fees in force.
        now: The clock's time.
    """
    try:
        asked = await find_terms(
            conn, wish, quote_id=wish.quote, owner=owner, prices=prices, now=now
        )
    except Problem as problem:
        return await foresee_transfer(conn, problem, viewer=owner, now=now)
    wanted, transfer = await prepare_exchange(
        conn, asked, owner=owner, memo=wish.memo, now=now, dry_run=True
    )
    unopened = [
        unopened_position(account, 0 if account.name == LIQUIDITY else None)
        for account in wanted.accounts()
    ]
    seen = await foresee_transfer(conn, transfer, unopened=unopened, viewer=owner, now=now)
    short = seen.problem is not None and seen.problem.get("account_id") == wanted.liquidity_to.id
    if not short:
        return seen
    asset = wanted.terms.rate.to_asset
    short_of = NotEnoughLiquidity(f"the community has less {asset} than that", asset=asset)
    return seen.model_copy(update={"problem": short_of.document()})
