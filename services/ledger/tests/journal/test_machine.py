"""Random people, operators and a clock over HTTP: the books agree with a plain model of them."""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from chassis.clock import FixedClock
from chassis.database import Database, prepare_connection
from chassis.ids import new_id
from contracts.money import render_amount
from services.ledger.tests.books import NOW, Books, Person
from services.ledger.tests.conftest import Api, open_api
from services.ledger.tests.reservations import moves
from tests.stack.database import ScratchDatabase

#: `LOCALEX_MACHINES=2000` tries as many others; without it the same ones, which do everything.
MACHINES: Final = int(os.environ.get("LOCALEX_MACHINES", "0"))
STEPS: Final = 25
PEOPLE: Final = 3
BEGIN_MINOR: Final = 100
OPERATOR: Final = new_id()
WHO: Final = st.integers(0, PEOPLE - 1)
#: Mostly what may be there.
AMOUNTS: Final = st.one_of(st.integers(1, 30), st.integers(1, 30), st.integers(0, 130))


@dataclass
class Purse:
    """What a person's account should hold."""

    balance: int
    held: int = 0
    frozen: bool = False

    def may_pay(self, amount: int) -> bool:
        """Whether so much may leave it that is not held."""
        return not self.frozen and 0 < amount <= self.balance - self.held


@dataclass
class Hold:
    """What a reservation should be."""

    id: str
    of: int
    left: int
    until: datetime


@dataclass
class Paid:
    """A payment, and how much of it was given back."""

    id: str
    source: int
    to: int
    left: int


class Trading(RuleBasedStateMachine):
    """Three people with a little money each, written the simple way and kept beside the ledger."""

    runner: asyncio.Runner
    books: Books
    api: Api
    told: Counter[str]

    @initialize()
    def open(self) -> None:
        """Everybody has the same."""
        self.people: list[Person] = [
            self.runner.run(self.books.open_person(BEGIN_MINOR)) for _ in range(PEOPLE)
        ]
        self.purses = [Purse(BEGIN_MINOR) for _ in self.people]
        self.holds: list[Hold] = []
        self.payments: list[Paid] = []
        self.asked: list[tuple[str, UUID, str, dict[str, Any], Any]] = []

    def ask(self, path: str, who: UUID, body: dict[str, Any], role: str = "MEMBER") -> Any:
        """Ask once, and remember what was done."""
        key = uuid4().hex
        answer = self.runner.run(self.api.post(path, who, body, role=role, key=key))
        assert answer.status_code < 500, answer.text
        if role == "MEMBER" and answer.is_success:
            self.asked.append((path, who, key, body, answer))
        kind = path.split("/")[2] if path.count("/") == 2 else path.rsplit("/", 1)[1]
        self.told[f"{kind} {answer.status_code}"] += 1
        return answer

    @rule(source=WHO, to=WHO, amount=AMOUNTS)
    def pay(self, source: int, to: int, amount: int) -> None:
        """Somebody pays somebody, perhaps more than there is, perhaps oneself."""
        sides = {
            "from_account": str(self.people[source].main),
            "to_account": str(self.people[to].main),
        }
        answer = self.ask("/v1/transfers", self.people[source].id, sides | money(amount))
        allowed = source != to and self.purses[source].may_pay(amount)
        assert (answer.status_code == 201) is allowed, answer.text
        if allowed:
            self.move(source, to, amount)
            self.payments.append(Paid(answer.json()["id"], source, to, amount))

    @rule(of=WHO, amount=AMOUNTS, minutes=st.integers(5, 120))
    def reserve(self, of: int, amount: int, minutes: int) -> None:
        """Somebody sets money aside for a while."""
        until = self.books.clock.now() + timedelta(minutes=minutes)
        body = {"account_id": str(self.people[of].main), "expires_in_seconds": 60 * minutes}
        answer = self.ask("/v1/reservations", self.people[of].id, body | money(amount))
        allowed = self.purses[of].may_pay(amount)
        assert (answer.status_code == 201) is allowed, answer.text
        if allowed:
            self.purses[of].held += amount
            self.holds.append(Hold(answer.json()["id"], of, amount, until))

    @rule(which=st.integers(0, 5), to=WHO, amount=AMOUNTS.filter(bool))
    def capture(self, which: int, to: int, amount: int) -> None:
        """A part of what is set aside, or more, is paid."""
        hold = self.hold(which)
        if hold is None:
            return
        body = {"amount": render_amount(amount, "LXC"), "to_account": str(self.people[to].main)}
        answer = self.ask(f"/v1/reservations/{hold.id}/capture", self.people[hold.of].id, body)
        allowed = (to != hold.of and self.alive(hold) and amount <= hold.left) and not self.purses[
            hold.of
        ].frozen
        assert (answer.status_code == 200) is allowed, answer.text
        if allowed:
            hold.left -= amount
            self.purses[hold.of].held -= amount
            self.move(hold.of, to, amount)

    @rule(which=st.integers(0, 5))
    def release(self, which: int) -> None:
        """What is set aside is free again, once."""
        hold = self.hold(which)
        if hold is None:
            return
        answer = self.ask(f"/v1/reservations/{hold.id}/release", self.people[hold.of].id, {})
        allowed = self.alive(hold)
        assert (answer.status_code == 200) is allowed, answer.text
        if allowed:
            self.let_go(hold)

    @rule(which=st.integers(0, 5), part=st.one_of(st.none(), st.integers(1, 130)))
    def reverse(self, which: int, part: int | None) -> None:
        """An operator gives a payment back, whole or in part, as long as something is left."""
        if not self.payments:
            return
        paid = self.payments[which % len(self.payments)]
        body = {} if part is None else {"amount": render_amount(part, "LXC")}
        path = f"/v1/transfers/{paid.id}/reverse"
        answer = self.ask(path, OPERATOR, body, role="OPERATOR")
        amount = paid.left if part is None else part
        allowed = 0 < amount <= paid.left and self.purses[paid.to].may_pay(amount)
        assert (answer.status_code == 201) is allowed, answer.text
        if allowed:
            paid.left -= amount
            self.move(paid.to, paid.source, amount)

    @rule(of=WHO, often=st.integers(0, 5))
    def freeze(self, of: int, often: int) -> None:
        """Now and then an operator freezes an account, or gives the one that is frozen free."""
        if often:
            return
        of = next((n for n, purse in enumerate(self.purses) if purse.frozen), of)
        what = "unfreeze" if self.purses[of].frozen else "freeze"
        path = f"/v1/accounts/{self.people[of].main}/policy/{what}"
        answer = self.ask(path, OPERATOR, {"reason": "because"}, role="OPERATOR")
        assert answer.status_code == 200, answer.text
        self.purses[of].frozen = not self.purses[of].frozen

    @rule(minutes=st.integers(1, 45))
    def wait(self, minutes: int) -> None:
        """Time passes: what is due expires, even of a frozen account."""
        self.books.clock.move(timedelta(minutes=minutes))
        self.runner.run(moves.worker(self.books).fire_due())
        for hold in self.holds:
            if hold.left and not self.alive(hold):
                self.let_go(hold)

    @rule(which=st.integers(0, 50))
    def repeat(self, which: int) -> None:
        """What was done is answered the same, byte by byte, and not done again."""
        if not self.asked:
            return
        path, who, key, body, before = self.asked[which % len(self.asked)]
        again = self.runner.run(self.api.post(path, who, body, key=key))
        assert (again.status_code, again.content) == (before.status_code, before.content)

    @invariant()
    def figures_agree(self) -> None:
        """Balance and money held of everybody."""
        for person, purse in zip(self.people, self.purses, strict=True):
            found = self.runner.run(moves.figures(self.books, person.main))
            assert found == (purse.balance, purse.held, purse.balance - purse.held)

    def teardown(self) -> None:
        """Sums, chains, floors and events of all that was written."""
        self.runner.run(self.books.check())

    def hold(self, which: int) -> Hold | None:
        """One of them, whatever became of it."""
        return self.holds[which % len(self.holds)] if self.holds else None

    def alive(self, hold: Hold) -> bool:
        """Whether something is left, and time."""
        return hold.left > 0 and self.books.clock.now() < hold.until

    def let_go(self, hold: Hold) -> None:
        """It holds nothing any more."""
        self.purses[hold.of].held -= hold.left
        hold.left = 0

    def move(self, source: int, to: int, amount: int) -> None:
        """Money changes hands."""
        self.purses[source].balance -= amount
        self.purses[to].balance += amount


def money(amount_minor: int) -> dict[str, str]:
    """A sum as a client writes it."""
    return {"amount": render_amount(amount_minor, "LXC"), "asset": "LXC"}


@pytest.mark.slow
def test_the_books_agree_with_a_plain_model(
    scratch_database: ScratchDatabase, tmp_path: Path
) -> None:
    """Who may do what, what everybody has then, and the same answer to whoever asks again."""
    told: Counter[str] = Counter()
    with asyncio.Runner() as runner:
        pool = runner.run(
            asyncpg.create_pool(
                scratch_database.url("ledger"), min_size=1, max_size=4, init=prepare_connection
            ).__aenter__()
        )
        books = Books(scratch_database, Database(pool), FixedClock(NOW))
        opened = open_api(books, tmp_path)
        api = runner.run(opened.__aenter__())
        machine = type(
            "Machine",
            (Trading,),
            {"runner": runner, "books": books, "api": api, "told": told},
        )
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=MACHINES or 25,
                    stateful_step_count=STEPS,
                    derandomize=not MACHINES,
                    suppress_health_check=list(HealthCheck),
                    # A failure names its steps: no need to spend minutes on making them fewer.
                    phases=[Phase.reuse, Phase.generate],
                    print_blob=True,
                ),
            )
        finally:
            runner.run(opened.__aexit__(None, None, None))
            runner.run(pool.close())
    for kind in ("transfers 201", "reservations 201", "capture 200", "release 200", "reverse 201"):
        assert told[kind], (kind, told)
