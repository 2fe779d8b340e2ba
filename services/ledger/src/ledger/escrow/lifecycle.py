"""Which move a command makes from which state. Pure.

| state              | fund                | release, split  | refund                  |
| ------------------ | ------------------- | --------------- | ----------------------- |
| unknown            | FUNDED or REFUSED   | EscrowNotFunded | REFUNDED, without terms |
| FUNDED             | nothing             | RELEASED        | REFUNDED                |
| REFUSED            | nothing             | EscrowNotFunded | REFUNDED, empty         |
| RELEASED           | nothing             | nothing         | EscrowSettled           |
| REFUNDED           | nothing             | EscrowNotFunded | nothing                 |
| REFUNDED, no terms | REFUNDED, terms set | EscrowNotFunded | nothing                 |

Funding an escrow that has other terms is EscrowTermsDiffer, whatever its state. A split whose parts
are not the whole is EscrowPartsDiffer; of what was released in other parts it is EscrowSettled.
"""

from collections.abc import Sequence
from uuid import UUID

from contracts.ledger import FundEscrow, FundEscrowWithGifts, RefundEscrow, SplitEscrow
from ledger.escrow.errors import (
    EscrowNotFunded,
    EscrowPartsDiffer,
    EscrowSettled,
    EscrowTermsDiffer,
)
from ledger.escrow.models import (
    CloseEmpty,
    CloseUnknown,
    Escrow,
    EscrowCommand,
    Fund,
    Move,
    Refund,
    RefuseLate,
    Release,
    Terms,
)


def terms_of(command: FundEscrow) -> Terms:
    """The terms that a command to fund sets."""
    return Terms(
        command.payer_id,
        command.payee_id,
        command.asset,
        command.amount_minor,
        command.gift_minor if isinstance(command, FundEscrowWithGifts) else 0,
    )


def plan(escrow: Escrow | None, command: EscrowCommand) -> Move | None:
    """The move that a command makes; nothing for a repeat.

    Raises:
        EscrowTermsDiffer: To fund, but with other terms than the escrow has.
        EscrowNotFunded: To release what is not there.
        EscrowPartsDiffer: To split another sum.
        EscrowSettled: To refund what was released, or to split what was released otherwise.
    """
    if isinstance(command, FundEscrow):
        return _plan_fund(escrow, command)
    if isinstance(command, RefundEscrow):
        return _plan_refund(escrow, command)
    if escrow is None or escrow.terms is None or escrow.state in ("REFUSED", "REFUNDED"):
        state = escrow.state if escrow else "unknown"
        raise EscrowNotFunded(f"escrow {command.escrow_id} is {state}: nothing to release")
    if isinstance(command, SplitEscrow):
        return _plan_split(escrow, escrow.terms, command)
    return Release(escrow, escrow.terms) if escrow.state == "FUNDED" else None


def _plan_split(escrow: Escrow, terms: Terms, command: SplitEscrow) -> Move | None:
    parts = command.payee_minor + command.payer_minor
    if parts != terms.amount_minor:
        raise EscrowPartsDiffer(
            f"the parts are {parts} minor units together, in escrow are {terms.amount_minor}",
            parts_minor=str(parts),
            amount_minor=str(terms.amount_minor),
        )
    if escrow.state == "FUNDED":
        return Release(escrow, terms, command.payer_minor, command.reason)
    if escrow.refunded_minor != command.payer_minor:
        raise EscrowSettled(f"escrow {escrow.id} was released in other parts")
    return None


def _plan_fund(escrow: Escrow | None, command: FundEscrow) -> Move | None:
    terms = terms_of(command)
    if escrow is None:
        return Fund(command.escrow_id, terms)
    if escrow.terms is None:
        return RefuseLate(escrow, terms)
    if escrow.terms != terms:
        raise EscrowTermsDiffer(f"escrow {escrow.id} has other people, amount, gifts or asset")
    return None


def _plan_refund(escrow: Escrow | None, command: RefundEscrow) -> Move | None:
    if escrow is None:
        return CloseUnknown(command.escrow_id, command.reason)
    if escrow.state == "RELEASED":
        raise EscrowSettled(f"escrow {escrow.id} was released: the payee has the money")
    if escrow.terms and escrow.state == "FUNDED":
        return Refund(escrow, escrow.terms, command.reason)
    if escrow.terms and escrow.state == "REFUSED":
        return CloseEmpty(escrow, escrow.terms, command.reason)
    return None


def rounds_of[C](commands: Sequence[tuple[UUID, C]]) -> list[list[C]]:
    """Split commands so that each round has one a key at most and a key's keep their order."""
    rounds: list[list[C]] = []
    seen: dict[UUID, int] = {}
    for key, command in commands:
        number = seen.get(key, 0)
        seen[key] = number + 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(command)
    return rounds
