"""Exchange one asset for another."""

from datetime import datetime

from chassis.database import Connection
from chassis.outbox import emit
from contracts.ledger import MoneyExchanged
from ledger.exchanges import queries
from ledger.exchanges.errors import (
    ExchangeQuoteExpired,
    ExchangeQuoteUsed,
    NotEnoughLiquidity,
)
from ledger.exchanges.lifecycle import render_rate
from ledger.exchanges.models import Exchange
from ledger.journal.errors import InsufficientFunds
from ledger.journal.hold import hold_accounts
from ledger.journal.models import Declined, Posted, Transfer
from ledger.journal.post import post_transfers


async def exchange_money(
    conn: Connection, wanted: Exchange, transfer: Transfer, *, now: datetime
) -> Posted | Declined:
    """Sell into the community's liquidity and buy from it, in one transfer and with a record.

    The accounts are locked before it is asked whether the quote was used: two exchanges of one
    promise meet there. What is declined is recorded, so let the transaction commit.

    Args:
        conn: Open transaction; the caller commits, also when it is declined.
        wanted: Terms and accounts.
        transfer: What moves them.
        now: The clock's time.

    Returns:
        The transfer as posted, or why it was declined.

    Raises:
        ExchangeQuoteUsed: The promise was kept already.
        ExchangeQuoteExpired: Its time was over when the exchange came into the books.

    Emits:
        MoneyExchanged on `ledger.exchanges.v1`, and TransferPosted, both keyed by transfer.

    Source:
        docs/decisions/0121-exchanges-at-exact-rates.md
    """
    terms = wanted.terms
    if terms.quote_id:
        await hold_accounts(conn, [account.id for account in wanted.accounts()])
        if await queries.is_used(conn, terms.quote_id):
            raise ExchangeQuoteUsed("a quote is for one exchange: ask for another")
    [verdict] = await post_transfers(conn, [transfer], now=now)
    if isinstance(verdict, Declined):
        return _without_our_figures(verdict, wanted)
    if terms.expires_at and verdict.posted_at >= terms.expires_at:
        raise ExchangeQuoteExpired("it expired while the exchange was waiting: ask again")
    source, destination = wanted.source.id, wanted.destination.id
    await queries.insert_exchange(conn, transfer.id, terms, source, destination)
    await emit(conn, _event(verdict, wanted))
    return verdict


def _without_our_figures(declined: Declined, wanted: Exchange) -> Declined:
    """How much the community has is not the customer's business."""
    ours = declined.account_id == wanted.liquidity_to.id
    if not (ours and isinstance(declined.problem, InsufficientFunds)):
        return declined
    asset = wanted.terms.rate.to_asset
    problem = NotEnoughLiquidity(f"the community has less {asset} than that", asset=asset)
    return Declined(declined.transfer, problem, declined.account_id, asset)


def _event(posted: Posted, wanted: Exchange) -> MoneyExchanged:
    terms, rate, made = wanted.terms, wanted.terms.rate, wanted.terms.conversion
    return MoneyExchanged.model_validate(
        {
            "transfer_id": posted.transfer.id,
            "owner_id": wanted.source.owner_id,
            "from_account": wanted.source.id,
            "to_account": wanted.destination.id,
            "from_asset": rate.from_asset,
            "to_asset": rate.to_asset,
            "amount_minor": terms.price.amount_minor,
            "fee_minor": terms.price.fee_minor,
            "sold_minor": made.sold_minor,
            "bought_minor": made.bought_minor,
            "spread_minor": made.spread_minor,
            "residue_minor": made.residue_minor,
            "rate": render_rate(rate.numerator, rate.denominator),
            "rate_id": rate.id,
            "source": rate.source,
            "quote_id": terms.quote_id,
            "exchanged_at": posted.posted_at,
        }
    )
