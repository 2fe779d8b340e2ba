"""Play a plan to its end and ask the oracles."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import structlog

from chassis.ids import ids_from
from embedded.simulation.faults import do_fault, heal
from embedded.simulation.loop import Endless, VirtualLoop
from embedded.simulation.oracles import ORACLES
from embedded.simulation.people import LEDGER_WISHES, PERSONAL_STEPS, People
from embedded.simulation.plan import Plan, Step
from embedded.simulation.world import World, come_to_rest, id_source, open_world

#: Beyond every deadline that a run can have set.
LATER: Final = timedelta(days=40)


@dataclass
class Outcome:
    """What came of a plan."""

    plan: Plan
    violations: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    digest: str = ""


def play(plan: Plan) -> Outcome:
    """Play a plan; the same plan gives the same outcome, digest and all."""
    outcome = Outcome(plan)
    make_id = id_source(plan.seed)
    with ids_from(make_id), _in_silence(), asyncio.Runner(loop_factory=_make_loop) as runner:
        try:
            runner.run(_play(plan, open_world(plan, make_id), outcome))
        except (Endless, RuntimeError, LookupError) as error:
            outcome.violations.append(f"the run broke off: {error!r}")
    return outcome


def _make_loop() -> VirtualLoop:
    loop = VirtualLoop()
    # What a killed process leaves behind is nobody's to look at.
    loop.set_exception_handler(lambda _loop, _context: None)
    return loop


async def _play(plan: Plan, world: World, outcome: Outcome) -> None:
    people = People(world)
    for process in world.every_process():
        process.start()
    steps = [asyncio.create_task(_take(world, people, step)) for step in plan.steps]
    if steps:
        await asyncio.wait(steps)
    for step in steps:
        if error := step.exception():
            outcome.violations.append(f"O3: a step failed: {error!r}")
    heal(world)
    unrest = await come_to_rest(world)
    world.around.clock.skew += LATER
    unrest += await come_to_rest(world)
    outcome.violations += [f"O4: never came to rest: {one}" for one in unrest]
    for process in world.every_process():
        process.kill()
    for oracle in ORACLES:
        outcome.violations += oracle(world, people.told)
    outcome.seconds = asyncio.get_running_loop().time()
    _count(world, people, outcome)


async def _take(world: World, people: People, step: Step) -> None:
    await asyncio.sleep(step.at)
    if step.kind in LEDGER_WISHES or step.kind in PERSONAL_STEPS:
        await people.wish(step)
    else:
        await do_fault(world, step)


def _count(world: World, people: People, outcome: Outcome) -> None:
    digest = hashlib.sha256()
    for one in people.told:
        kept = (one.step.number, round(one.ended_at, 9), one.bodies, one.refusals, one.tries)
        digest.update(repr(kept).encode())
        outcome.counts["done" if one.done else "refused"] += 1
        outcome.counts["tries"] += one.tries
    for store in world.around.stores.values():
        for name in ("entry", "transfer", "escrow", "trade", "inbox", "published"):
            rows = store.table(name)
            outcome.counts[name] += len(rows)
            digest.update(repr(sorted(map(str, rows))).encode())
    for log in world.around.broker.log.values():
        outcome.counts["messages"] += len(log)
        digest.update(repr([record.headers[1:2] for record in log]).encode())
    wishes = LEDGER_WISHES | PERSONAL_STEPS
    outcome.counts["faults"] += sum(one.kind not in wishes for one in outcome.plan.steps)
    outcome.digest = digest.hexdigest()[:16]


@contextmanager
def _in_silence() -> Iterator[None]:
    """Say nothing of what the services say of simulated faults."""
    before = structlog.get_config()
    structlog.configure(logger_factory=_Nothing, processors=[], wrapper_class=_Nothing)
    try:
        yield
    finally:
        structlog.configure(**before)


class _Nothing:
    """A logger that says nothing."""

    def __init__(self, *_arguments: Any, **_options: Any) -> None:
        """Take whatever a logger is made of."""

    def __getattr__(self, _name: str) -> Any:
        return lambda *_arguments, **_facts: None
