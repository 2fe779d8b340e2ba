"""Which move a command makes: the whole table, and how commands are split into rounds."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.problems import Problem
from contracts.ledger import FundEscrow, RefundEscrow, ReleaseEscrow, SplitEscrow
from ledger.escrow import models as m
from ledger.escrow.errors import (
    EscrowNotFunded,
    EscrowPartsDiffer,
    EscrowSettled,
    EscrowTermsDiffer,
)
from ledger.escrow.lifecycle import plan, rounds_of

ID, PAYER, PAYEE = UUID(int=1), UUID(int=2), UUID(int=3)
TERMS = m.Terms(PAYER, PAYEE, "LXC", 7500)
FUND = FundEscrow(escrow_id=ID, payer_id=PAYER, payee_id=PAYEE, amount_minor=7500, asset="LXC")
RELEASE = ReleaseEscrow(escrow_id=ID)
SPLIT = SplitEscrow(escrow_id=ID, payee_minor=5000, payer_minor=2500, reason="a bell is missing")
MORE = SPLIT.model_copy(update={"payee_minor": 5001})
LESS = SPLIT.model_copy(update={"payee_minor": 4999})
REFUND = RefundEscrow(escrow_id=ID, reason="cancelled")

UNKNOWN = None
FUNDED = m.Escrow(ID, TERMS, "FUNDED", 1, funded_by=ID)
REFUSED = m.Escrow(ID, TERMS, "REFUSED", 1)
RELEASED = m.Escrow(ID, TERMS, "RELEASED", 2, 75, ID, ID)
PARTED = m.Escrow(ID, TERMS, "RELEASED", 2, 50, ID, ID, "a bell is missing", 2500)
REFUNDED = m.Escrow(ID, TERMS, "REFUNDED", 2, None, ID, ID)
CLOSED = m.Escrow(ID, None, "REFUNDED", 1, reason="cancelled")

TABLE: list[tuple[m.Escrow | None, m.EscrowCommand, m.Move | type[Problem] | None]] = [
    (UNKNOWN, FUND, m.Fund(ID, TERMS)),
    (UNKNOWN, RELEASE, EscrowNotFunded),
    (UNKNOWN, REFUND, m.CloseUnknown(ID, "cancelled")),
    (FUNDED, FUND, None),
    (FUNDED, RELEASE, m.Release(FUNDED, TERMS)),
    (UNKNOWN, SPLIT, EscrowNotFunded),
    (FUNDED, SPLIT, m.Release(FUNDED, TERMS, 2500, "a bell is missing")),
    (FUNDED, MORE, EscrowPartsDiffer),
    (FUNDED, LESS, EscrowPartsDiffer),
    (REFUSED, SPLIT, EscrowNotFunded),
    (RELEASED, SPLIT, EscrowSettled),
    (PARTED, SPLIT, None),
    (PARTED, SPLIT.model_copy(update={"payee_minor": 4000, "payer_minor": 3500}), EscrowSettled),
    (PARTED, RELEASE, None),
    (PARTED, REFUND, EscrowSettled),
    (REFUNDED, SPLIT, EscrowNotFunded),
    (CLOSED, SPLIT, EscrowNotFunded),
    (FUNDED, REFUND, m.Refund(FUNDED, TERMS, "cancelled")),
    (REFUSED, FUND, None),
    (REFUSED, RELEASE, EscrowNotFunded),
    (REFUSED, REFUND, m.CloseEmpty(REFUSED, TERMS, "cancelled")),
    (RELEASED, FUND, None),
    (RELEASED, RELEASE, None),
    (RELEASED, REFUND, EscrowSettled),
    (REFUNDED, FUND, None),
    (REFUNDED, RELEASE, EscrowNotFunded),
    (REFUNDED, REFUND, None),
    (CLOSED, FUND, m.RefuseLate(CLOSED, TERMS)),
    (CLOSED, RELEASE, EscrowNotFunded),
    (CLOSED, REFUND, None),
]


@pytest.mark.parametrize(("escrow", "command", "wanted"), TABLE)
def test_the_table_of_moves(
    escrow: m.Escrow | None, command: m.EscrowCommand, wanted: m.Move | type[Problem] | None
) -> None:
    """Every command in every state."""
    if isinstance(wanted, type):
        with pytest.raises(wanted):
            plan(escrow, command)
    else:
        assert plan(escrow, command) == wanted


@pytest.mark.parametrize("escrow", [FUNDED, REFUSED, RELEASED, REFUNDED])
@pytest.mark.parametrize(
    "other", [{"amount_minor": 1}, {"asset": "EUR"}, {"payer_id": ID}, {"payee_id": ID}]
)
def test_other_terms_are_no_repeat(escrow: m.Escrow, other: dict[str, object]) -> None:
    """The same escrow with other terms is refused in every state."""
    with pytest.raises(EscrowTermsDiffer):
        plan(escrow, FUND.model_copy(update=other))


@given(st.lists(st.tuples(st.sampled_from([ID, PAYER, PAYEE]), st.integers())))
def test_rounds_keep_the_order_of_each_key(commands: list[tuple[UUID, int]]) -> None:
    """Nothing is lost, no round has a key twice, and a key's commands stay in order."""
    keyed = [(key, (key, value)) for key, value in commands]
    rounds = rounds_of(keyed)
    assert all(len({key for key, _ in one}) == len(one) for one in rounds)
    for key in (ID, PAYER, PAYEE):
        assert [v for one in rounds for k, v in one if k == key] == [
            v for k, v in commands if k == key
        ]
