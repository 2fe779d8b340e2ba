"""`localex demo`: play a trade on the running system and check every figure."""

import asyncio
import sys
import time

from cyclopts import App

from embedded.commands.options import DataOption
from embedded.connecting import Gateway, LogIn
from embedded.places import Places


def register(app: App) -> None:
    """Add the command."""
    app.command(demo)


def demo(*, url: str | None = None, data: DataOption = None) -> None:
    """Let Ana sell Ben a bicycle, step by step. Exit code 1 when a figure is not as it should be.

    Args:
        url: Gateway, when it is not the one that runs here.
        data: Data folder.
    """
    from embedded.connecting import find_gateway, operator_log_in
    from embedded.demo.actors import DemoFailed
    from embedded.show import console
    from localex_client import ProblemError, Unreachable

    places = Places.of(data)
    gateway, operator = find_gateway(places, url), operator_log_in(places)
    try:
        asyncio.run(_play(gateway, operator))
    except (DemoFailed, ProblemError, Unreachable) as error:
        console.print(f"The demo failed: {error}", style="red", markup=False)
        sys.exit(1)


async def _play(gateway: Gateway, operator: LogIn) -> None:
    from embedded.demo import story
    from embedded.demo.actors import known_actor, new_actor
    from embedded.demo.telling import Teller
    from embedded.show import console

    started = time.perf_counter()
    teller = Teller(console)
    teller.title(f"A bicycle changes hands at {gateway.url}")
    async with (
        known_actor(gateway, operator) as bank,
        new_actor(gateway, "Ana") as ana,
        new_actor(gateway, "Ben") as ben,
    ):
        teller.meet(ana, ben)
        await teller.step("Ana and Ben register, log in and listen.")
        await story.issue_credits(bank, (ana, ben), teller)
        bicycle = await story.list_bicycle(ana, ben, teller)
        trade = await story.trade_bicycle(ana, ben, bicycle, teller)
        await story.check_figures(ana, ben, trade, teller)
        await story.rate_each_other(ana, ben, trade, teller)
        teller.title("What is refused, and what a repeat does")
        await story.run_out_of_money(ana, ben, teller)
        await story.repeat_a_key(ana, ben, teller)
    console.print(f"\nEvery figure is right ({time.perf_counter() - started:.1f} s).")
