"""Find what would come of a wish: as it was promised, or as of now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.accounts.find import find_account
from ledger.accounts.models import Account
from ledger.exchanges import queries
from ledger.exchanges.errors import ExchangeQuoteUsed, SameAsset
from ledger.exchanges.lifecycle import keep_promise, make_terms
from ledger.exchanges.models import Terms
from ledger.exchanges.requests import QuoteWish, require_asset
from ledger.fees.price_list import PriceList
from ledger.journal.errors import WrongAsset
from ledger.reach import Reach
from ledger.text import read_amount
from ledger.transfers.errors import NotAMainAccount


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish that is understood: whose money, and on which terms."""

    source: Account
    terms: Terms


async def find_terms(
    conn: Connection,
    wish: QuoteWish,
    *,
    quote_id: UUID | None = None,
    owner: UUID,
    prices: PriceList,
    now: datetime,
) -> Asked:
    """The terms of a wish, in this order of problems.

    Args:
        conn: Any connection.
        wish: What the person wants.
        quote_id: The promise to be kept; nothing for the rate and fees in force.
        owner: The person: the money must be theirs.
        prices: Fees in force.
        now: The clock's time.

    Raises:
        Malformed: The amount is none, or an asset is unknown.
        SameAsset: There is nothing to exchange.
        NoSuchAccount: The account does not exist, or is somebody else's.
        NotAMainAccount: Money is exchanged from main accounts.
        WrongAsset: The account holds another asset.
        ExchangeQuoteUsed: Or NoSuchExchangeQuote, ExchangeQuoteDiffers, ExchangeQuoteExpired.
        NoExchangeRate: Nobody has said one, or it is over.
        ExchangeTooSmall: Or ExchangeTooLarge.
    """
    amount_minor = read_amount(wish.amount, wish.asset)
    require_asset("to_asset", wish.to_asset)
    if wish.asset == wish.to_asset:
        raise SameAsset(f"choose another asset than {wish.asset} as to_asset")
    source = await find_account(
        conn, field="from_account", account_id=wish.from_account, reach=Reach(owner)
    )
    if source.type != "MAIN":
        raise NotAMainAccount(f"from_account is of type {source.type}", field="from_account")
    if source.asset != wish.asset:
        raise WrongAsset(f"the account holds {source.asset}, not {wish.asset}")
    pair = (wish.asset, wish.to_asset)
    if quote_id:
        quote = await queries.select_quote(conn, quote_id, owner)
        # Asked again under the locks; here, so that a repeat does not disturb a batch.
        if quote and await queries.is_used(conn, quote_id):
            raise ExchangeQuoteUsed("a quote is for one exchange: ask for another")
        terms = keep_promise(
            quote, from_account=source.id, amount_minor=amount_minor, pair=pair, at=now
        )
        return Asked(source, terms)
    price = prices.price(amount_minor, "exchange", asset=wish.asset, community=source.community)
    rate = await queries.select_rate(conn, *pair, now)
    return Asked(source, make_terms(price, rate, now, pair))
