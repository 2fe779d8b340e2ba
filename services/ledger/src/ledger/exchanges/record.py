"""Record an exchange with the transfer that makes it."""

from chassis.database import Connection
from chassis.outbox import emit_each
from contracts.ledger import MoneyExchanged
from ledger.exchanges import queries
from ledger.exchanges.errors import ExchangeQuoteExpired, ExchangeQuoteUsed
from ledger.exchanges.lifecycle import render_rate
from ledger.exchanges.models import Exchange
from ledger.journal.models import Posted


async def record_exchange(conn: Connection, posted: Posted, wanted: Exchange) -> None:
    """Write the record that SQL compares with the transfer, and say that money was exchanged.

    The accounts are locked by now: two exchanges of one promise meet here, and one is undone.

    Args:
        conn: The transaction in which the transfer was posted.
        posted: The transfer.
        wanted: Terms and accounts.

    Raises:
        ExchangeQuoteUsed: The promise was kept already.
        ExchangeQuoteExpired: Its time was over when the exchange came into the books.

    Emits:
        MoneyExchanged on `ledger.exchanges.v1`, keyed by transfer.

    Source:
        docs/decisions/0023-exchanges-at-exact-rates.md
    """
    terms = wanted.terms
    if terms.quote_id and await queries.is_used(conn, terms.quote_id):
        raise ExchangeQuoteUsed("a quote is for one exchange: ask for another")
    if terms.expires_at and posted.posted_at >= terms.expires_at:
        raise ExchangeQuoteExpired("it expired while the exchange was waiting: ask again")
    source, destination = wanted.source.id, wanted.destination.id
    await queries.insert_exchange(conn, posted.transfer.id, terms, source, destination)
    await emit_each(conn, [(_event(posted, wanted), posted.transfer.cause)])


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
