"""Make wishes to send money into transfers that the journal can post."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Database
from chassis.ids import new_id
from chassis.outbox import Cause
from chassis.problems import Problem
from ledger.accounts.find_many import Directory
from ledger.accounts.known import KnownAccounts
from ledger.accounts.models import Account
from ledger.fees.find_accounts import fee_places
from ledger.fees.find_quotes import find_quotes
from ledger.fees.known_accounts import KnownFeeAccounts
from ledger.fees.models import Quote
from ledger.fees.price_list import PriceList
from ledger.journal.models import Declined, Transfer
from ledger.journal.templates import pay
from ledger.transfers.errors import OnlyOperatorsBackdate
from ledger.transfers.models import SendMoney
from ledger.transfers.plan import Catalogue, Payment, Sender, operation_of, plan_payment


@dataclass(frozen=True, slots=True)
class Known:
    """What wishes are understood with: mostly in this process's memory, the rest from the books."""

    database: Database
    accounts: KnownAccounts
    fee_accounts: KnownFeeAccounts
    prices: PriceList


@dataclass(frozen=True, slots=True)
class Prepared:
    """Transfers, or why there can be none, in the order of the wishes; and where fees go.

    `refusals` are those of the problems that are kept as refused attempts.
    """

    transfers: list[Transfer | Problem]
    payments: list[Payment | Problem]
    fee_accounts: list[Account]
    refusals: list[Declined]


async def prepare_transfers(
    known: Known,
    wishes: Sequence[SendMoney],
    *,
    sender: Sender,
    now: datetime,
    dry_run: bool = False,
) -> Prepared:
    """Find the accounts, check that this person may send from one to the other, and price it.

    What is read here never changes, so it is read before the journal's transaction, and mostly
    known already; limits and balances are judged there, under lock.

    Args:
        known: Accounts and prices; a FEES account is opened at its first use.
        wishes: What the client wants.
        sender: The person; the accounts that are debited must be theirs, unless an operator
            enters a transfer late, which is a correction of the books.
        now: The clock's time.
        dry_run: Open no account.

    Returns:
        For each wish its transfer, or the first of these problems: Malformed,
        OnlyOperatorsBackdate, NoSuchAccount,
        NotAMainAccount, SameAccount, NoSuchQuote, QuoteDiffers, QuoteExpired.
    """
    ids = [one for wish in wishes for one in (wish.from_account, wish.to_account) if one]
    mains = [(wish.to_user, wish.asset) for wish in wishes if wish.to_user]
    directory = await known.accounts.find(known.database, ids, mains)
    quotes: dict[UUID, Quote] = {}
    if promised := [wish.fee_quote for wish in wishes if wish.fee_quote]:
        async with known.database.connection() as conn:
            quotes = await find_quotes(conn, promised, owner=sender.user_id)
    catalogue = Catalogue(directory, quotes, known.prices, now)
    payments: list[Payment | Problem] = []
    refusals: list[Declined] = []
    cause = Cause.present()
    for wish in wishes:
        try:
            payments.append(plan_payment(wish, sender, catalogue))
        except Problem as problem:
            payments.append(problem)
            if isinstance(problem, OnlyOperatorsBackdate):
                refusals.append(_refusal(wish, problem, sender, directory, cause))
    places = [
        place
        for one in payments
        if isinstance(one, Payment)
        for place in fee_places(one.source.community, one.source.asset, one.price)
    ]
    accounts = await known.fee_accounts.find(known.database, places, now=now, dry_run=dry_run)

    def transfer(payment: Payment) -> Transfer:
        source, asset = payment.source, payment.asset
        fees = [
            (accounts[source.community, asset, fee.tier].id, fee.amount_minor)
            for fee in payment.price.fees
        ]
        amount_minor = payment.price.amount_minor
        memo = {"memo": payment.memo} if payment.memo else {}
        return Transfer(
            id=new_id(),
            kind=operation_of(payment.effective_at),
            movements=pay(source.id, payment.destination.id, asset, amount_minor, fees),
            initiated_by=sender.user_id,
            effective_at=payment.effective_at,
            not_before=sender.not_before,
            metadata={**memo, **payment.price.metadata()},
            cause=cause,
        )

    made = [one if isinstance(one, Problem) else transfer(one) for one in payments]
    return Prepared(made, payments, list(accounts.values()), refusals)


def _refusal(
    wish: SendMoney, problem: Problem, sender: Sender, directory: Directory, cause: Cause
) -> Declined:
    """An attempt to be kept: with the account only if it is the sender's own."""
    account = directory.accounts.get(wish.from_account)
    mine = account if account and account.owner_id == sender.user_id else None
    tried = Transfer(
        new_id(),
        operation_of(wish.effective_at),
        (),
        initiated_by=sender.user_id,
        effective_at=wish.effective_at,
        cause=cause,
    )
    return Declined(tried, problem, mine.id if mine else None, mine.asset if mine else None)
