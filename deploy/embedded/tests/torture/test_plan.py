"""A seed draws one run, always the same."""

import pytest

from embedded.torture.plan import BACKEND, ENGINES, KINDS, SERVICES, draw_plan

FIVE_MINUTES = 210.0


def test_a_seed_draws_the_same_run() -> None:
    """Everything about it: the world, the mix, and every fault with its time."""
    assert draw_plan(7, 60, KINDS) == draw_plan(7, 60, KINDS)
    assert draw_plan(7, 60, KINDS) != draw_plan(8, 60, KINDS)


def test_leaving_a_kind_of_fault_out_changes_no_other() -> None:
    """So a run can be narrowed down: the rest of it stays as it was."""
    whole = draw_plan(7, 60, KINDS)
    kills = draw_plan(7, 60, ["kill"])
    assert [f for f in whole.faults if f.kind == "kill"] == list(kills.faults)
    assert whole.world == kills.world


@pytest.mark.parametrize("seed", range(5))
def test_a_run_of_ci_breaks_enough(seed: int) -> None:
    """At least 60 kills over all kinds of processes and 200 faults of the network."""
    faults = draw_plan(seed, FIVE_MINUTES, KINDS).faults
    kills = [fault.target for fault in faults if fault.kind == "kill"]
    assert len(kills) >= 60
    assert set(kills) >= {*SERVICES, "postgres", BACKEND, "kafka", "valkey"}
    assert set(kills) <= {*SERVICES, *ENGINES, BACKEND}
    assert sum(fault.kind == "net" for fault in faults) >= 200


def test_worlds_differ_widely() -> None:
    """From a few people to thousands, from evenly spread to nearly one hot account."""
    worlds = [draw_plan(seed, 60, KINDS).world for seed in range(200)]
    assert min(world.people for world in worlds) < 10
    assert max(world.people for world in worlds) > 5_000
    assert min(world.skew for world in worlds) < 0.1
    assert max(world.skew for world in worlds) > 1.4
    assert all(2 <= world.people <= 10_000 for world in worlds)


def test_faults_leave_a_quiet_end() -> None:
    """What was broken last has time to mend."""
    assert all(fault.at_seconds <= 50 for fault in draw_plan(3, 60, KINDS).faults)


def test_a_run_to_a_goal_is_broken_all_the_way() -> None:
    """Its faults last as long as it may; until its time is up they are those of any run."""
    short, long = draw_plan(3, 60, KINDS), draw_plan(3, 60, KINDS, transfers_min=1_000)
    assert long.longest_seconds == 240
    assert max(fault.at_seconds for fault in long.faults) > 220
    assert [one for one in long.faults if one.at_seconds <= 50] == list(short.faults)
    later = [one for one in long.faults if one.at_seconds > 60]
    assert len(short.faults) / 50 > 4 * len(later) / 180
