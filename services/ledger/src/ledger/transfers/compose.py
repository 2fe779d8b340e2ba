"""Make a template into a transfer that the journal can post."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import Cause
from chassis.problems import Forbidden
from ledger.accounts.find_many import find_accounts
from ledger.accounts.find_system import find_system_account
from ledger.accounts.models import Account
from ledger.accounts.open_system import open_system_account
from ledger.fees.find_accounts import fee_places, find_fee_accounts
from ledger.fees.models import TIERS, Fee, Price
from ledger.journal.models import Movement, Transfer
from ledger.journal.templates import pay, split
from ledger.reach import Reach
from ledger.text import read_amount
from ledger.transfers import queries
from ledger.transfers.corrections import plan_refund
from ledger.transfers.errors import NoSuchTransfer, SameAccount
from ledger.transfers.models import SendMoney
from ledger.transfers.plan import Sender, require_main
from ledger.transfers.prepare import Known, prepare_transfers
from ledger.transfers.templates import (
    Deposit,
    Payment,
    Refund,
    Split,
    Template,
    Withdrawal,
)


@dataclass(frozen=True, slots=True)
class Maker:
    """Who wishes, at which prices, when, and whether accounts may be opened for it."""

    sender: Sender
    known: Known
    now: datetime
    dry_run: bool = False

    @property
    def viewer(self) -> UUID | None:
        """Sees the balances of their own accounts; nothing for operators, who see all."""
        return self.sender.reach.owner


@dataclass(frozen=True, slots=True)
class Composed:
    """A transfer, and the system's accounts that it needs."""

    transfer: Transfer
    system_accounts: Sequence[Account] = field(default_factory=tuple)


async def compose_transfer(wish: Template, maker: Maker) -> Composed:
    """Find the accounts of a template, price it and balance it.

    Limits and balances are judged by the journal, under lock.

    Args:
        wish: What the client wants.
        maker: Who wishes, and with what; accounts of the system are opened at their first use.

    Raises:
        Forbidden: Deposits and withdrawals are the operators'.
        Malformed: An amount is none, or the asset is unknown.
        NoSuchAccount: An account does not exist, or is beyond the sender's reach, or another is of
            another community.
        NotAMainAccount: Or SameAccount: money goes from one main account to another.
        NoSuchTransfer: Or NotRefundable, ReversalExceedsOriginal: there is nothing to refund.
        NoSuchQuote: Or QuoteDiffers, QuoteExpired: the promise does not hold for this.

    Emits:
        AccountOpened on `ledger.accounts.v1`, for each that was opened.
    """
    if isinstance(wish, Payment):
        return await _payment(wish, maker)
    async with maker.known.database.transaction() as conn:
        match wish:
            case Split():
                source, parts = await _split(conn, wish, maker)
                return await _priced(conn, maker, source, parts, wish)
            case Refund():
                return await _refund(conn, wish, maker)
            case Deposit() | Withdrawal():
                return await _through_transit(conn, wish, maker)


async def _payment(wish: Payment, maker: Maker) -> Composed:
    plain = SendMoney.model_validate(wish.model_dump(exclude={"template"}))
    prepared = await prepare_transfers(
        maker.known, [plain], sender=maker.sender, now=maker.now, dry_run=maker.dry_run
    )
    [made] = prepared.transfers
    if isinstance(made, Transfer):
        return Composed(made, prepared.fee_accounts)
    raise made


async def _split(
    conn: Connection, wish: Split, maker: Maker
) -> tuple[Account, list[tuple[Account, int]]]:
    ids = [part.to_account for part in wish.parts if part.to_account]
    known = await find_accounts(
        conn, [wish.from_account, *ids], [part.to_user for part in wish.parts if part.to_user]
    )
    amounts = [read_amount(part.amount, wish.asset) for part in wish.parts]
    source = known.of(
        "from_account", account_id=wish.from_account, reach=Reach(maker.sender.user_id)
    )
    require_main("from_account", source)
    parts: list[tuple[Account, int]] = []
    for part, amount_minor in zip(wish.parts, amounts, strict=True):
        destination = known.of(
            "parts",
            account_id=part.to_account,
            main_of=part.to_user,
            asset=wish.asset,
            payer=source,
        )
        require_main("parts", destination)
        if destination.id in {source.id, *(one.id for one, _ in parts)}:
            raise SameAccount("each part goes to another account", field="parts")
        parts.append((destination, amount_minor))
    return source, parts


async def _priced(
    conn: Connection,
    maker: Maker,
    source: Account,
    parts: Sequence[tuple[Account, int]],
    wish: Split,
) -> Composed:
    """What goes between people costs what a transfer costs, each part by itself."""
    asset, community = wish.asset, source.community
    prices = [
        maker.known.prices.price(minor, "transfer", asset=asset, community=community)
        for _, minor in parts
    ]
    whole = _together(prices)
    places = fee_places(community, asset, whole)
    accounts = await find_fee_accounts(conn, places, now=maker.now, dry_run=maker.dry_run)
    nets = [(account.id, one.net_minor) for (account, _), one in zip(parts, prices, strict=True)]
    fees = [
        (accounts[place].id, fee.amount_minor)
        for place, fee in zip(places, whole.fees, strict=True)
    ]
    transfer = _transfer(
        maker,
        wish.template,
        split(source.id, asset, [*nets, *fees]),
        {**({"memo": wish.memo} if wish.memo else {}), **whole.metadata()},
    )
    return Composed(transfer, list(accounts.values()))


def _together(prices: Sequence[Price]) -> Price:
    """The parts as one: each tier's fees added up."""
    taken = {
        tier: sum(fee.amount_minor for one in prices for fee in one.fees if fee.tier == tier)
        for tier in TIERS
    }
    fees = tuple(Fee(tier, minor) for tier, minor in taken.items() if minor)
    return Price(sum(one.amount_minor for one in prices), fees, prices[0].schedule_id)


async def _refund(conn: Connection, wish: Refund, maker: Maker) -> Composed:
    person = maker.sender.user_id
    original = await queries.select_transfer(conn, wish.transfer_id, Reach(person))
    if original is None:
        raise NoSuchTransfer("there is no transfer with this id among those that you may see")
    part = None if wish.amount is None else read_amount(wish.amount, original.sides[0].asset)
    given_back = await queries.select_reversed(conn, original.id)
    payee, payer, amount_minor = plan_refund(original, given_back, person, part)
    transfer = _transfer(
        maker,
        "refund",
        pay(payee.account_id, payer.account_id, payee.asset, amount_minor),
        {"memo": wish.memo} if wish.memo else {},
        reverses=original.id,
    )
    return Composed(transfer)


async def _through_transit(conn: Connection, wish: Deposit | Withdrawal, maker: Maker) -> Composed:
    if not maker.sender.reach.has_power:
        raise Forbidden("this needs the role OPERATOR or ADMIN", needs=["OPERATOR", "ADMIN"])
    amount_minor = read_amount(wish.amount, wish.asset)
    going_in = isinstance(wish, Deposit)
    account_id = wish.to_account if isinstance(wish, Deposit) else wish.from_account
    person = wish.to_user if isinstance(wish, Deposit) else None
    known = await find_accounts(
        conn, [account_id] if account_id else (), [person] if person else ()
    )
    where = ("to_user" if person else "to_account") if going_in else "from_account"
    account = known.of(
        where,
        account_id=account_id,
        main_of=person,
        asset=wish.asset,
        reach=maker.sender.reach,
    )
    require_main(where, account)
    transit = await _transit(conn, account.community, wish, maker)
    source, destination = (transit, account) if going_in else (account, transit)
    transfer = _transfer(
        maker,
        wish.template,
        pay(source.id, destination.id, wish.asset, amount_minor),
        {"reason": wish.reason, "channel": wish.channel},
    )
    return Composed(transfer, [transit])


async def _transit(
    conn: Connection, community: str, wish: Deposit | Withdrawal, maker: Maker
) -> Account:
    """The channel's account: what the world outside owes the community, or is owed."""
    if maker.dry_run:
        known = await find_system_account(conn, community, "TRANSIT", wish.asset, name=wish.channel)
        return known or Account(new_id(), None, "TRANSIT", wish.asset, community, wish.channel)
    return await open_system_account(
        conn, community, "TRANSIT", wish.asset, now=maker.now, name=wish.channel
    )


def _transfer(
    maker: Maker,
    kind: str,
    movements: tuple[Movement, ...],
    metadata: Mapping[str, Any],
    *,
    reverses: UUID | None = None,
) -> Transfer:
    return Transfer(
        new_id(),
        kind,
        movements,
        initiated_by=maker.sender.user_id,
        reverses=reverses,
        metadata=metadata,
        cause=Cause.present(),
    )
