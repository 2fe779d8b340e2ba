"""The course of a reservation, pure: a table of moves, and a naive model that must agree."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis.outbox import Cause
from chassis.problems import Problem
from ledger.journal.lifecycle import decide
from ledger.journal.models import Declined, Movement, Position, Posted, Transfer
from ledger.reservations import errors, lifecycle
from ledger.reservations.models import Capture, Reservation, Wanted
from ledger.reservations.moves import event_of, transfer_of
from services.ledger.tests.books import NOW

ANA, BEN, CLEO = UUID(int=1), UUID(int=2), UUID(int=3)
DUE = NOW + timedelta(minutes=30)


def held(**other: object) -> Reservation:
    """100 of Ana's, all set aside."""
    wanted = Wanted(UUID(int=9), ANA, "LXC", 100, DUE)
    return replace(lifecycle.begin(wanted, UUID(int=10), NOW), **other)  # type: ignore[arg-type] # any field


def pay(amount_minor: int = 40, to: UUID | None = BEN, *, final: bool = False) -> Capture:
    """A wish to capture."""
    return Capture(amount_minor, to, final)


@pytest.mark.parametrize(
    ("wish", "state", "captured", "released"),
    [
        (pay(40), "ACTIVE", 40, 0),
        (pay(100), "COMPLETED", 100, 0),
        (pay(40, final=True), "COMPLETED", 40, 60),
        (pay(100, final=True), "COMPLETED", 100, 0),
    ],
)
def test_a_capture_leads_on(wish: Capture, state: str, captured: int, released: int) -> None:
    """Partly captured it stays active; the last part or the word `final` completes it."""
    after = lifecycle.capture(held(), wish, UUID(int=11), NOW)
    assert (after.state, after.captured_minor, after.released_minor) == (state, captured, released)
    assert (after.version, after.moved_by) == (2, UUID(int=11))


WRONG: list[tuple[Reservation, Capture, datetime, type[Problem]]] = [
    (held(), pay(101), NOW, errors.NotSoMuchReserved),
    (held(), pay(0), NOW, errors.NotSoMuchReserved),
    (held(), pay(-1), NOW, errors.NotSoMuchReserved),
    (held(captured_minor=70), pay(31), NOW, errors.NotSoMuchReserved),
    (held(), pay(to=None), NOW, errors.OtherPayee),
    (held(), pay(to=ANA), NOW, errors.OtherPayee),
    (held(to_account=CLEO), pay(), NOW, errors.OtherPayee),
    (held(), pay(101, None), DUE, errors.ReservationDue),
    (held(state="RELEASED"), pay(101, None), DUE, errors.ReservationOver),
    (held(state="COMPLETED"), pay(), NOW, errors.ReservationOver),
    (held(state="EXPIRED"), pay(), NOW, errors.ReservationOver),
]


@pytest.mark.parametrize(("before", "wish", "now", "problem"), WRONG)
def test_what_cannot_be_captured(
    before: Reservation, wish: Capture, now: datetime, problem: type[Problem]
) -> None:
    """Each has its problem, in the documented order."""
    with pytest.raises(Problem) as refused:
        lifecycle.capture(before, wish, UUID(int=11), now)
    assert type(refused.value) is problem


def test_the_last_moment_is_before_the_due_time() -> None:
    """Until it is due it can be used and not expire; from then on the other way round."""
    before = DUE - timedelta(microseconds=1)
    assert lifecycle.release(held(), UUID(int=11), before).state == "RELEASED"
    assert lifecycle.expire(held(), UUID(int=11), before) is None
    with pytest.raises(errors.ReservationDue):
        lifecycle.release(held(), UUID(int=11), DUE)
    expired = lifecycle.expire(held(captured_minor=30), UUID(int=11), DUE)
    assert expired
    assert (expired.state, expired.captured_minor, expired.released_minor) == ("EXPIRED", 30, 70)
    assert lifecycle.expire(expired, UUID(int=12), DUE) is None


class ReservationsAgreeWithAModel(RuleBasedStateMachine):
    """Reservations over decided transfers, beside plain sums kept the simple way."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.count = 100
        self.positions: dict[UUID, Position] = {}
        self.reservations: dict[UUID, Reservation] = {}
        self.balance = {ANA: 0, BEN: 0}
        self.frozen = False
        #: Reservation -> what is left of it, and when it is due.
        self.left: dict[UUID, tuple[int, datetime]] = {}

    @initialize(balance=st.integers(0, 100), floor=st.integers(-30, 0))
    def open(self, balance: int, floor: int) -> None:
        """Ana has some money and may owe some."""
        self.floor = floor
        self.balance[ANA] = balance
        for account, amount in self.balance.items():
            low = floor if account == ANA else 0
            self.positions[account] = Position(
                account, account, "MAIN", "LXC", low, None, False, False, 0, amount, 0, None
            )

    def available(self) -> int:
        """What Ana can spend, by the model."""
        return self.balance[ANA] - sum(left for left, _ in self.left.values()) - self.floor

    def fresh(self) -> UUID:
        """A new id."""
        self.count += 1
        return UUID(int=self.count)

    def post(self, wanted: Transfer) -> Posted | None:
        """Decide a transfer, and let the positions follow."""
        [verdict] = decide(self.positions, [wanted], self.now)
        if isinstance(verdict, Declined):
            return None
        for entry in verdict.entries:
            self.positions[entry.account_id] = replace(
                self.positions[entry.account_id],
                account_seq=entry.account_seq,
                balance_minor=entry.balance_after_minor,
                held_minor=entry.held_after_minor,
                posted_at=verdict.posted_at,
            )
        return verdict

    def move(self, before: Reservation | None, after: Reservation) -> bool:
        """Post what leads from one version to the next; whether it could be."""
        posted = self.post(transfer_of(before, after, payee=BEN, cause=Cause()))
        if posted:
            self.reservations[after.id] = after
            event_of(before, after, posted)
        return posted is not None

    @rule(amount=st.integers(1, 60), minutes=st.integers(1, 5))
    def reserve(self, amount: int, minutes: int) -> None:
        """Succeeds if, and only if, that much is available."""
        due = self.now + timedelta(minutes=minutes)
        wanted = Wanted(self.fresh(), ANA, "LXC", amount, due)
        allowed = amount <= self.available() and not self.frozen
        assert self.move(None, lifecycle.begin(wanted, self.fresh(), self.now)) is allowed
        if allowed:
            self.left[wanted.id] = (amount, due)

    @rule(amount=st.integers(1, 60))
    def spend(self, amount: int) -> None:
        """Other spending never touches what is held."""
        movements = (Movement(ANA, "LXC", -amount), Movement(BEN, "LXC", amount))
        allowed = amount <= self.available() and not self.frozen
        assert (self.post(Transfer(self.fresh(), "transfer", movements)) is not None) is allowed
        if allowed:
            self.balance[ANA] -= amount
            self.balance[BEN] += amount

    @rule(which=st.integers(0, 30), amount=st.integers(1, 60), final=st.booleans())
    def capture(self, which: int, amount: int, final: bool) -> None:
        """Works for what is left, until it is due."""
        if not self.reservations:
            return
        before = list(self.reservations.values())[which % len(self.reservations)]
        left, due = self.left.get(before.id, (0, self.now))
        allowed = amount <= left and self.now < due
        try:
            after = lifecycle.capture(before, Capture(amount, BEN, final), self.fresh(), self.now)
        except Problem:
            assert not allowed
            return
        assert allowed
        if not self.move(before, after):
            assert self.frozen
            return
        assert not self.frozen
        self.balance[ANA] -= amount
        self.balance[BEN] += amount
        self.left[before.id] = (left - amount, due)
        if final or left == amount:
            del self.left[before.id]

    @rule(which=st.integers(0, 30))
    def release(self, which: int) -> None:
        """Works until it is due, and once."""
        if not self.reservations:
            return
        before = list(self.reservations.values())[which % len(self.reservations)]
        allowed = before.id in self.left and self.now < self.left[before.id][1]
        try:
            after = lifecycle.release(before, self.fresh(), self.now)
        except Problem:
            assert not allowed
            return
        assert allowed
        assert self.move(before, after)
        del self.left[before.id]

    @rule(minutes=st.integers(0, 4))
    def wait(self, minutes: int) -> None:
        """Time passes, and what is due expires."""
        self.now += timedelta(minutes=minutes)
        for before in list(self.reservations.values()):
            after = lifecycle.expire(before, self.fresh(), self.now)
            due = before.id in self.left and self.now >= self.left[before.id][1]
            assert (after is not None) is due
            if after:
                assert self.move(before, after)
                del self.left[before.id]

    @rule(low=st.integers(-30, 0), frozen=st.booleans())
    def change_policies(self, low: int, frozen: bool) -> None:
        """An operator changes limits while money is held."""
        self.floor, self.frozen = low, frozen
        self.positions[ANA] = replace(self.positions[ANA], floor_minor=low, frozen=frozen)

    @invariant()
    def the_chain_says_what_the_model_says(self) -> None:
        """Balance and held agree; nothing is held that no reservation holds."""
        for account, balance in self.balance.items():
            if account in self.positions:
                assert self.positions[account].balance_minor == balance
        if ANA in self.positions:
            held_minor = self.positions[ANA].held_minor
            assert held_minor == sum(left for left, _ in self.left.values()) >= 0
            assert held_minor == sum(r.remaining_minor for r in self.reservations.values())

    @invariant()
    def parts_add_up_to_the_whole(self) -> None:
        """Captured, released and remaining are the amount, always."""
        for one in self.reservations.values():
            parts = (one.captured_minor, one.released_minor, one.remaining_minor)
            assert min(parts) >= 0
            assert sum(parts) == one.amount_minor
            assert (one.remaining_minor > 0) is (one.state == "ACTIVE")


TestReservationsAgreeWithAModel = ReservationsAgreeWithAModel.TestCase
TestReservationsAgreeWithAModel.settings = settings(max_examples=150, stateful_step_count=40)
