"""What a wish to send money means: from where to where, and at what price. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.outbox import Cause
from ledger.accounts.find_many import Directory
from ledger.accounts.models import Account
from ledger.fees.lifecycle import keep_promise
from ledger.fees.models import Price, Quote
from ledger.fees.price_list import PriceList
from ledger.reach import Reach
from ledger.scheduled_transfers.models import Wanted
from ledger.text import read_amount
from ledger.transfers.errors import (
    NoQuoteForLater,
    NotAMainAccount,
    OnlyOperatorsBackdate,
    SameAccount,
)
from ledger.transfers.models import SendMoney


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asks, and what they may."""

    user_id: UUID
    #: With power over others' accounts they may enter transfers late, and then between any two
    #: people in it.
    reach: Reach
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


def is_for_later(wish: SendMoney, now: datetime) -> bool:
    """Whether a transfer is to take effect in the future."""
    return wish.effective_at is not None and wish.effective_at > now


def for_later(payment: Payment, *, scheduled_id: UUID, owner: UUID) -> Wanted:
    """A payment that is to be carried out at its time.

    Args:
        payment: With `effective_at`.
        scheduled_id: UUIDv7, new for this wish.
        owner: The person whose account it leaves.
    """
    if payment.effective_at is None:
        raise ValueError("a payment for later has a time")
    return Wanted(
        id=scheduled_id,
        owner_id=owner,
        from_account=payment.source.id,
        to_account=payment.destination.id,
        asset=payment.asset,
        amount_minor=payment.price.amount_minor,
        memo=payment.memo,
        effective_at=payment.effective_at,
        correlation_id=Cause.present().correlation_id,
    )


def operation_of(effective_at: datetime | None) -> str:
    """What is done, as fees are told apart by: a late entry corrects the books."""
    return "correction" if effective_at else "transfer"


def plan_payment(wish: SendMoney, sender: Sender, known: Catalogue) -> Payment:
    """Understand and price a wish.

    Args:
        wish: What the client wants.
        sender: Whose account is debited, unless they correct the books by a late entry.
        known: Accounts, quotes and prices.

    Raises:
        NoQuoteForLater: It has a quote, which would be over when it is due.
        OnlyOperatorsBackdate: Somebody else gave a time that is past.
        Malformed: The amount is none, or the asset is unknown.
        NoSuchAccount: An account does not exist, or the sender's is somebody else's, or the other
            is of another community.
        NotAMainAccount: One of the two is no main account.
        SameAccount: The money would stay where it is.
        NoSuchQuote: Or QuoteDiffers, QuoteExpired: the promise does not hold for this.
    """
    amount_minor = read_amount(wish.amount, wish.asset)
    if wish.fee_quote and is_for_later(wish, known.now):
        raise NoQuoteForLater("leave fee_quote out: it costs what is in force when it is due")
    late = wish.effective_at is not None and not is_for_later(wish, known.now)
    if late and not sender.reach.has_power:
        raise OnlyOperatorsBackdate("leave effective_at out, or give a time after now")
    reach = sender.reach if late else Reach(sender.user_id)
    source = known.directory.of("from_account", account_id=wish.from_account, reach=reach)
    destination = known.directory.of(
        "to_account" if wish.to_account else "to_user",
        account_id=wish.to_account,
        main_of=wish.to_user,
        asset=wish.asset,
        payer=source,
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
