"""What each move does to the money and to the escrow, and what is said about it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from chassis.outbox import Cause
from chassis.problems import Problem
from contracts.ledger import (
    AccountType,
    EscrowFunded,
    EscrowRefunded,
    EscrowRefused,
    EscrowReleased,
)
from contracts.messages import Event
from ledger.accounts.models import Account
from ledger.escrow.errors import EscrowClosed, NoAccountForEscrow, PayerIsPayee
from ledger.escrow.models import (
    AcceptedPrice,
    CloseEmpty,
    CloseUnknown,
    Escrow,
    EscrowState,
    Fund,
    Move,
    Refund,
    RefuseLate,
    Release,
    Terms,
)
from ledger.fees.find_accounts import FeePlace
from ledger.fees.lifecycle import choose_schedule, price, share
from ledger.fees.models import Price, Schedule
from ledger.journal.models import Movement, Posted, Transfer
from ledger.journal.templates import split

type People = Mapping[tuple[UUID, AccountType, str], Account]
type Outcome = tuple[Escrow, tuple[Event, ...]]


@dataclass(frozen=True, slots=True)
class Books:
    """The accounts that moves may need, and what a release costs."""

    people: People
    schedules: Sequence[Schedule]
    fee_bps: int
    now: datetime
    fees: Mapping[FeePlace, Account] = field(default_factory=dict)
    accepted: Mapping[UUID, AcceptedPrice] = field(default_factory=dict)

    def of(self, owner: UUID, account_type: AccountType, asset: str) -> Account:
        """A person's account.

        Raises:
            NoAccountForEscrow: The person has none in this asset.
        """
        found = self.people.get((owner, account_type, asset))
        if found is None:
            raise NoAccountForEscrow(f"user {owner} has no {account_type} account in {asset}")
        return found

    def price(self, escrow_id: UUID, terms: Terms, community: str, paid_minor: int) -> Price:
        """What a release costs: as the payee accepted it, else by the schedule in force.

        Of a split only the payee's part is priced; what was accepted for the whole is taken in
        proportion, each fee rounded down.
        """
        if accepted := self.accepted.get(escrow_id):
            return share(accepted.price, paid_minor)
        schedule = choose_schedule(
            self.schedules,
            "escrow.release",
            asset=terms.asset,
            community=community,
            at=self.now,
            fee_bps=self.fee_bps,
        )
        return price(paid_minor, schedule)


def transfer_of(move: Move, books: Books, transfer_id: UUID, cause: Cause) -> Transfer | None:
    """The transfer that a move needs; nothing when no money moves.

    Raises:
        NoAccountForEscrow: Payer or payee has no account in the asset.
        PayerIsPayee: The payer would pay themselves.
    """
    priced: Mapping[str, object] = {}
    match move:
        case Fund(escrow_id, terms):
            if terms.payer_id == terms.payee_id:
                raise PayerIsPayee("payer and payee are the same person")
            books.of(terms.payee_id, "MAIN", terms.asset)
            kind = "gift.fund" if terms.gift_minor else "escrow.fund"
            movements = _fund(books, terms)
        case Refund(escrow, terms):
            escrow_id = escrow.id
            kind = "gift.refund" if terms.gift_minor else "escrow.refund"
            source = books.of(terms.payer_id, "ESCROW", terms.asset).id
            movements = split(
                source, terms.asset, _back(books, terms, terms.amount_minor, terms.gift_minor)
            )
        case Release(escrow):
            escrow_id = escrow.id
            kind = "escrow.split" if move.refund_minor else "escrow.release"
            kind = "gift.split" if move.gift_back_minor else kind
            movements, priced = _release(books, move)
        case _:
            return None
    metadata = {"escrow_id": str(escrow_id), **priced}
    return Transfer(transfer_id, kind, movements, metadata=metadata, cause=cause)


def _fund(books: Books, terms: Terms) -> tuple[Movement, ...]:
    """The whole amount into escrow, out of gifts as far as the terms say."""
    asset, payer = terms.asset, terms.payer_id
    parts: dict[AccountType, int] = {
        "GIFT": terms.gift_minor,
        "MAIN": terms.amount_minor - terms.gift_minor,
    }
    return (
        *(
            Movement(books.of(payer, source, asset).id, asset, -minor)
            for source, minor in parts.items()
            if minor
        ),
        Movement(books.of(payer, "ESCROW", asset).id, asset, terms.amount_minor),
    )


def _back(books: Books, terms: Terms, back_minor: int, gift_minor: int) -> list[tuple[UUID, int]]:
    """Where what the payer has back goes: into gifts as much as is said, the rest into MAIN."""
    parts: dict[AccountType, int] = {"MAIN": back_minor - gift_minor, "GIFT": gift_minor}
    return [
        (books.of(terms.payer_id, destination, terms.asset).id, minor)
        for destination, minor in parts.items()
        if minor
    ]


def _release(books: Books, move: Release) -> tuple[tuple[Movement, ...], Mapping[str, object]]:
    """What moves, and the itemised fees."""
    terms, asset = move.terms, move.terms.asset
    source = books.of(terms.payer_id, "ESCROW", asset)
    payee = books.of(terms.payee_id, "MAIN", asset)
    priced = books.price(move.escrow.id, terms, source.community, move.paid_minor)
    parts = [
        (books.fees[source.community, asset, fee.tier].id, fee.amount_minor) for fee in priced.fees
    ]
    parts.insert(0, (payee.id, move.paid_minor - priced.fee_minor))
    parts += _back(books, terms, move.refund_minor, move.gift_back_minor)
    return split(source.id, asset, parts), priced.metadata()


def outcome_of(move: Move, posted: Posted | Problem | None) -> Outcome:
    """The escrow after a move, and the events that tell of it.

    Args:
        move: Any.
        posted: Its transfer, or why there could be none; nothing when no money moves.

    Raises:
        Problem: A release or refund was declined: nothing changes.
    """
    if isinstance(move, Fund):
        return _funded(move, posted)
    if isinstance(posted, Problem):
        raise posted
    by = posted.transfer.id if posted else None
    match move:
        case Release(escrow, terms):
            entries = posted.entries if posted else ()
            fee = sum(one.amount_minor for one in entries if one.account_type == "FEES")
            refunded = move.refund_minor or None
            after = replace(
                _next(escrow, "RELEASED"),
                settled_by=by,
                fee_minor=fee,
                refunded_minor=refunded,
                reason=move.reason,
            )
            said = {"transfer_id": by, "fee_minor": fee, **_fees_said(posted)}
            said["refunded_minor"] = refunded
            return after, (_event(EscrowReleased, after, terms, **said),)
        case Refund(escrow, terms, reason) | CloseEmpty(escrow, terms, reason):
            after = replace(_next(escrow, "REFUNDED"), settled_by=by, reason=reason)
            return after, (_event(EscrowRefunded, after, terms, transfer_id=by, reason=reason),)
        case CloseUnknown(escrow_id, reason):
            return Escrow(escrow_id, None, "REFUNDED", 1, reason=reason), ()
        case RefuseLate(escrow, terms):
            return _refused_late(escrow, terms)


def _fees_said(posted: Posted | None) -> dict[str, object]:
    """Fees by tier, and the promise that was kept, as the transfer keeps them."""
    kept = posted.transfer.metadata.get("fees", {}) if posted else {}
    items = [{"tier": tier, "amount_minor": minor} for tier, minor in kept.get("items", ())]
    return {"fees": items, "quote_id": kept.get("quote_id")}


def _funded(move: Fund, posted: Posted | Problem | None) -> Outcome:
    terms = move.terms
    if isinstance(posted, Posted):
        by = posted.transfer.id
        escrow = Escrow(move.escrow_id, terms, "FUNDED", 1, funded_by=by)
        return escrow, (_event(EscrowFunded, escrow, terms, transfer_id=by),)
    problem = posted or NoAccountForEscrow("there was nothing to fund it from")
    reason = f"{problem.slug()}: {problem.detail}"
    escrow = Escrow(move.escrow_id, terms, "REFUSED", 1, reason=reason)
    return escrow, (_refused(escrow, terms, problem),)


def _refused_late(escrow: Escrow, terms: Terms) -> Outcome:
    """A funding after the refund: refused, and only now can the refund be told to its parties.

    Nobody heard of the version that the escrow has: the refusal is told as that, so that whoever
    takes versions in turn waits for none.
    """
    after = replace(_next(escrow, "REFUNDED"), terms=terms)
    closed = EscrowClosed("the escrow was closed before it could be funded")
    refunded = _event(EscrowRefunded, after, terms, transfer_id=None, reason=escrow.reason or "")
    return after, (_refused(escrow, terms, closed), refunded)


def _next(escrow: Escrow, state: EscrowState) -> Escrow:
    return replace(escrow, state=state, version=escrow.version + 1)


def _refused(escrow: Escrow, terms: Terms, problem: Problem) -> Event:
    return _event(EscrowRefused, escrow, terms, problem=problem.slug(), detail=problem.detail)


def _event[E: Event](event: type[E], escrow: Escrow, terms: Terms, **said: object) -> E:
    return event.model_validate(
        {
            "escrow_id": escrow.id,
            "version": escrow.version,
            "payer_id": terms.payer_id,
            "payee_id": terms.payee_id,
            "amount_minor": terms.amount_minor,
            "asset": terms.asset,
            "gift_minor": terms.gift_minor,
            **said,
        }
    )
