"""What a wish to send money means: from where to where, and at what price. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.accounts.find_many import Directory
from ledger.accounts.models import Account
from ledger.fees.lifecycle import keep_promise
from ledger.fees.models import Price, Quote
from ledger.fees.price_list import PriceList
from ledger.text import read_amount
from ledger.transfers.errors import NotAMainAccount, OnlyOperatorsBackdate, SameAccount
from ledger.transfers.models import SendMoney


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asks, and what they may."""

    user_id: UUID
    #: Whether they may enter transfers late, and then between any two people.
    corrects: bool
    not_before: datetime


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What wishes are understood with."""

    directory: Directory
    quotes: Mapping[UUID, Quote]
    prices: PriceList
    now: datetime


@dataclass(frozen=True, slots=True)
class Payment:
    """A wish that is understood and priced."""

    source: Account
    destination: Account
    asset: str
    price: Price
    memo: str | None
    effective_at: datetime | None = None


def operation_of(effective_at: datetime | None) -> str:
    """What is done, as fees are told apart by: a late entry corrects the books."""
    return "correction" if effective_at else "transfer"


def plan_payment(wish: SendMoney, sender: Sender, known: Catalogue) -> Payment:
    """Understand and price a wish.

    Args:
        wish: What the client wants.
        sender: Whose account is debited, unless they correct the books.
        known: Accounts, quotes and prices.

    Raises:
        OnlyOperatorsBackdate: Somebody else gave a time.
        Malformed: The amount is none, or the asset is unknown.
        NoSuchAccount: An account does not exist, or the sender's is somebody else's.
        NotAMainAccount: One of the two is no main account.
        SameAccount: The money would stay where it is.
        NoSuchQuote: Or QuoteDiffers, QuoteExpired: the promise does not hold for this.
    """
    amount_minor = read_amount(wish.amount, wish.asset)
    if wish.effective_at and not sender.corrects:
        raise OnlyOperatorsBackdate("leave effective_at out: it takes effect now")
    owner = None if wish.effective_at else sender.user_id
    source = known.directory.of("from_account", account_id=wish.from_account, owner=owner)
    destination = known.directory.of(
        "to_account" if wish.to_account else "to_user",
        account_id=wish.to_account,
        main_of=wish.to_user,
        asset=wish.asset,
    )
    require_main("from_account", source)
    require_main("to_account", destination)
    if source.id == destination.id:
        raise SameAccount("send to another account than the money comes from")
    price = _price(wish, amount_minor, source, known)
    return Payment(source, destination, wish.asset, price, wish.memo, wish.effective_at)


def _price(wish: SendMoney, amount_minor: int, source: Account, known: Catalogue) -> Price:
    if wish.fee_quote is None:
        return known.prices.price(
            amount_minor,
            operation_of(wish.effective_at),
            asset=wish.asset,
            community=source.community,
        )
    return keep_promise(
        known.quotes.get(wish.fee_quote),
        operation=operation_of(wish.effective_at),
        amount_minor=amount_minor,
        asset=wish.asset,
        community=source.community,
        at=known.now,
    )


def require_main(field: str, account: Account) -> None:
    """Money between people goes from one main account to another.

    Raises:
        NotAMainAccount: It is of another type.
    """
    if account.type != "MAIN":
        raise NotAMainAccount(f"{field} is of type {account.type}", field=field)
