"""Carry out commands over escrows, a batch in one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.failpoints import reach
from chassis.ids import new_id
from chassis.outbox import Cause, emit_each
from chassis.problems import Problem
from contracts.ledger import FundEscrow, FundEscrowWithGifts, ReleaseEscrow, SplitEscrow
from contracts.messages import Message
from ledger.accounts.find_people import find_accounts_of_people
from ledger.escrow import queries
from ledger.escrow.lifecycle import plan, rounds_of, terms_of
from ledger.escrow.models import Escrow, EscrowCommand, Fund, Move, Refund, Release, Terms
from ledger.escrow.moves import Books, People, outcome_of, transfer_of
from ledger.fees.find_accounts import FeePlace, fee_places, find_fee_accounts
from ledger.fees.load import load_schedules
from ledger.gifts.put_back import put_gifts_back
from ledger.gifts.set_aside import set_gifts_aside
from ledger.journal.hold import hold_accounts
from ledger.journal.models import Declined, Posted, Transfer, Verdict
from ledger.journal.post import post_transfers

type Caused = tuple[EscrowCommand, Cause]
type Step = tuple[Move, UUID, Cause]


async def carry_out_commands(
    conn: Connection, commands: Sequence[Caused], *, now: datetime, fee_bps: int
) -> None:
    """Fund, release, split and refund escrows in the order of the commands.

    Escrows are locked first, then every account that any command may move, each in id order. Gifts
    are moved one escrow after the other, after the rest: which gifts are there is read in between.
    A command that was carried out before changes nothing. Funding that is declined closes the
    escrow as REFUSED; that is an outcome, not a failure.

    Args:
        conn: Open transaction; the caller commits.
        commands: Each with what set it off.
        now: The clock's time.
        fee_bps: The platform's share of what is released, where no fee schedule is in force.

    Raises:
        EscrowTermsDiffer: To fund an escrow that has other terms.
        EscrowNotFunded: To release or split what is not there.
        EscrowPartsDiffer: To split another sum than is there.
        EscrowSettled: To refund what was released, or split what was released otherwise.
        AccountClosed: Or another problem of the journal: a release or refund was declined.

    Emits:
        EscrowFunded, EscrowRefused, EscrowReleased or EscrowRefunded on `ledger.escrow.v1`, keyed
        by escrow, TransferPosted for what moved, and GiftSpent or GiftReturned; not on a repeat.

    Source:
        docs/decisions/0009-escrow-by-commands.md
    """
    ids = sorted({command.escrow_id for command, _ in commands})
    escrows = await queries.lock_escrows(conn, ids)
    await reach("escrow.after_locks")
    books = await _open_books(conn, commands, escrows, now=now, fee_bps=fee_bps)
    rounds = rounds_of([(caused[0].escrow_id, caused) for caused in commands])
    if len(rounds) > 1 or _touch_gifts(commands, escrows):
        await hold_accounts(
            conn, [account.id for account in (*books.people.values(), *books.fees.values())]
        )
    for one in rounds:
        escrows |= await _carry_out_round(conn, one, escrows, books, now)


def _touch_gifts(commands: Sequence[Caused], escrows: dict[UUID, Escrow]) -> bool:
    return any(one.terms and one.terms.gift_minor for one in escrows.values()) or any(
        isinstance(command, FundEscrowWithGifts) for command, _ in commands
    )


async def _open_books(
    conn: Connection,
    commands: Sequence[Caused],
    escrows: dict[UUID, Escrow],
    *,
    now: datetime,
    fee_bps: int,
) -> Books:
    """Find the accounts of everyone concerned, and of the fees that may be taken."""
    terms: dict[UUID, Terms] = {e.id: e.terms for e in escrows.values() if e.terms}
    for command, _ in commands:
        if isinstance(command, FundEscrow):
            terms.setdefault(command.escrow_id, terms_of(command))
    people = await find_accounts_of_people(
        conn, [person for one in terms.values() for person in (one.payer_id, one.payee_id)]
    )
    releases = [
        (command.escrow_id, terms[command.escrow_id], command)
        for command, _ in commands
        if isinstance(command, ReleaseEscrow | SplitEscrow) and command.escrow_id in terms
    ]
    schedules = await load_schedules(conn, at=now) if releases else ()
    accepted = await queries.select_prices(conn, [one[0] for one in releases]) if releases else {}
    books = Books(people, schedules, fee_bps, now, accepted=accepted)
    places: list[FeePlace] = []
    for escrow_id, one, command in releases:
        if community := _community_of(people, one):
            paid = command.payee_minor if isinstance(command, SplitEscrow) else one.amount_minor
            places += fee_places(community, one.asset, books.price(escrow_id, one, community, paid))
    return replace(books, fees=await find_fee_accounts(conn, places, now=now))


def _community_of(people: People, terms: Terms) -> str | None:
    source = people.get((terms.payer_id, "ESCROW", terms.asset))
    return source.community if source else None


async def _carry_out_round(
    conn: Connection,
    commands: Sequence[Caused],
    escrows: dict[UUID, Escrow],
    books: Books,
    now: datetime,
) -> dict[UUID, Escrow]:
    """One command an escrow at most; returns the escrows that changed."""
    planned = [
        (plan(escrows.get(command.escrow_id), command), command.escrow_id, cause)
        for command, cause in commands
    ]
    steps = [(move, escrow_id, cause) for move, escrow_id, cause in planned if move]
    moved = await _move_money(conn, steps, books, now)
    await reach("escrow.after_money")
    events: list[tuple[Message, Cause]] = []
    changed: dict[UUID, Escrow] = {}
    for move, escrow_id, cause in steps:
        changed[escrow_id], said = outcome_of(move, moved.get(escrow_id))
        events += [(event, cause) for event in said]
    # What moved money is told by its transfer's time, which a chain ahead of the clock moves on.
    times = {of: done.posted_at for of, done in moved.items() if isinstance(done, Posted)}
    rows = [(escrow, times.get(of, now)) for of, escrow in changed.items()]
    await queries.insert_escrows(conn, [row for row in rows if row[0].id not in escrows])
    await queries.update_escrows(conn, [row for row in rows if row[0].id in escrows])
    await reach("escrow.after_rows")
    await emit_each(conn, events)
    return changed


async def _move_money(
    conn: Connection, steps: Sequence[Step], books: Books, now: datetime
) -> dict[UUID, Posted | Problem]:
    """Post what the steps need, together; what cannot be posted gets the problem."""
    found: dict[UUID, Posted | Problem] = {}
    wanted: dict[UUID, Transfer] = {}
    of_gifts: list[tuple[Move, UUID, Transfer]] = []
    for move, escrow_id, cause in steps:
        try:
            transfer = transfer_of(move, books, new_id(), cause)
        except Problem as problem:
            found[escrow_id] = problem
        else:
            if transfer and transfer.kind.startswith("gift."):
                of_gifts.append((move, escrow_id, transfer))
            elif transfer:
                wanted[escrow_id] = transfer
    verdicts = await post_transfers(conn, list(wanted.values()), now=now)
    for escrow_id, verdict in zip(wanted, verdicts, strict=True):
        found[escrow_id] = verdict.problem if isinstance(verdict, Declined) else verdict
    for move, escrow_id, transfer in of_gifts:
        gifted = await _move_gifts(conn, move, transfer, books, now)
        found[escrow_id] = gifted.problem if isinstance(gifted, Declined) else gifted
    return found


async def _move_gifts(
    conn: Connection, move: Move, transfer: Transfer, books: Books, now: datetime
) -> Verdict:
    """Post a transfer that takes from gifts, or gives back to those it was funded from."""
    if isinstance(move, Fund):
        terms = move.terms
        purse = books.of(terms.payer_id, "GIFT", terms.asset)
        escrow = books.of(terms.payer_id, "ESCROW", terms.asset)
        return await set_gifts_aside(
            conn, transfer, purse, terms.gift_minor, into=escrow.id, now=now
        )
    assert isinstance(move, Refund | Release)  # noqa: S101 - no other move has a transfer
    assert move.escrow.funded_by  # noqa: S101 - what has terms to give back was funded
    purse = books.of(move.terms.payer_id, "GIFT", move.terms.asset)
    back = move.gift_back_minor if isinstance(move, Release) else move.terms.gift_minor
    return await put_gifts_back(
        conn, transfer, purse, back, taken_by=move.escrow.funded_by, now=now
    )
