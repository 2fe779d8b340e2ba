"""What goes wrong, when the plan says so."""

import asyncio
from datetime import timedelta
from typing import Any

from embedded.simulation.plan import SERVICES, Step
from embedded.simulation.process import ServiceProcess
from embedded.simulation.world import World

PATIENCE_OF_DATABASE_SECONDS = 5.0


async def do_fault(world: World, step: Step) -> None:
    """Let a fault happen; it may last longer than this call takes."""
    facts = step.facts
    if "instance" in facts:
        several = world.processes[facts["service"]]
        await _harm(several[facts["instance"] % len(several)], step)
        return
    broker, loop = world.around.broker, asyncio.get_running_loop()
    match step.kind:
        case "database-away":
            await _without_database(world, facts)
        case "broker-away":
            broker.away_until = loop.time() + facts["for"]
        case "lose-acks":
            broker.acknowledgements_to_lose += facts["count"]
        case "rewind":
            for group in broker.groups.values():
                for place, offset in group.committed.items():
                    group.committed[place] = max(offset - facts["back"], 0)
                group.generation += 1
        case "poison":
            _poison(world, facts["size"])
        case _:
            world.around.clock.skew += timedelta(seconds=facts["seconds"])


async def _harm(process: ServiceProcess, step: Step) -> None:
    facts = step.facts
    match step.kind:
        case "kill":
            if process.alive:
                process.kill()
                await asyncio.sleep(facts["down"])
                process.start()
        case "lose-commit":
            process.pool.lose_next_commit(facts["when"])
        case "lose-sessions":
            process.pool.die()
        case _:
            process.paused_until = asyncio.get_running_loop().time() + facts["for"]
            if facts["for"] > PATIENCE_OF_DATABASE_SECONDS:
                await asyncio.sleep(PATIENCE_OF_DATABASE_SECONDS)
                for session in list(process.pool.sessions):
                    if session.transaction_open:
                        session.die()


async def _without_database(world: World, facts: dict[str, Any]) -> None:
    for process in world.processes[facts["service"]]:
        process.pool.away = True
        process.pool.die()
    await asyncio.sleep(facts["for"])
    for process in world.processes[facts["service"]]:
        process.pool.away = False


def _poison(world: World, size: int) -> None:
    """What is no message of ours, on every topic that somebody hears."""
    for group in world.around.broker.groups.values():
        for topic in group.topics:
            world.around.broker.append(topic, 0, b"poison", b"{" * size)
            world.poisoned.append((topic, b"poison"))


def heal(world: World) -> None:
    """End every fault that still lasts."""
    world.around.broker.away_until = 0.0
    world.around.broker.acknowledgements_to_lose = 0
    for service in SERVICES:
        for process in world.processes[service]:
            process.paused_until = 0.0
            if not process.alive:
                process.start()
            process.pool.away = False
