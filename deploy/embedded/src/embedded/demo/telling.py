"""How the demo is told: each step, what moved, what was heard."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from embedded.demo.actors import Actor, DemoFailed
from localex_client.models import LiveEvent

type Balances = dict[str, dict[str, str]]

_KINDS = ("MAIN", "ESCROW")


class Teller:
    """Prints the story, and remembers the balances so that it can show what moved."""

    def __init__(self, console: Console, people: Sequence[Actor] = ()) -> None:
        """Tell on `console` about `people`."""
        self._console = console
        self._people = people
        self._number = 0
        self._before: Balances = {}

    def meet(self, *people: Actor) -> None:
        """Whose balances are shown from now on."""
        self._people = people

    async def step(self, text: str) -> None:
        """Tell a step, and what moved by it."""
        self._number += 1
        self._console.print(f"[bold]{self._number:>2}[/]  {text}")
        after = {person.name: await person.balances() for person in self._people}
        moved = [
            (name, kind, self._before.get(name, {}).get(kind, "0.00"), balances.get(kind, "0.00"))
            for name, balances in after.items()
            for kind in _KINDS
        ]
        self._before = after
        for name, kind, was, now in moved:
            if was != now:
                self._console.print(f"      {name:<4} {kind:<7} {was:>8} -> [bold]{now:>8}[/]")

    def remark(self, text: str) -> None:
        """Tell a detail of the step before."""
        self._console.print(f"      {text}", markup=False)

    def title(self, text: str) -> None:
        """Begin a chapter."""
        self._console.print(f"\n[bold cyan]{text}[/]")

    def heard(self, trade_id: str) -> None:
        """Show what each heard live of a trade."""
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 6))
        for person in self._people:
            table.add_column(f"{person.name} heard live")
        columns = [_steps(person.heard, trade_id) for person in self._people]
        for row in range(max(map(len, columns), default=0)):
            table.add_row(*(column[row] if row < len(column) else "" for column in columns))
        self._console.print(table)

    async def expect(self, person: Actor, kind: str, amount: str) -> None:
        """Check a balance.

        Raises:
            DemoFailed: It is another.
        """
        found = (await person.balances()).get(kind)
        if found != amount:
            raise DemoFailed(f"{person.name}'s {kind} holds {found}, not {amount}")
        self._console.print(f"      [green]ok[/]   {person.name} {kind} is {amount}")


def _steps(events: Sequence[LiveEvent], trade_id: str) -> list[str]:
    return [event.type for event in events if str(event.data.get("trade_id")) == trade_id]
