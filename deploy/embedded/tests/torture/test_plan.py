"""A seed draws one run, always the same."""

import pytest

from embedded.torture.detours import USERS
from embedded.torture.plan import (
    BACKEND,
    ENGINES,
    KINDS,
    LONG_MUTE_SECONDS,
    LONG_STOP_SECONDS,
    PARTITION_SECONDS,
    SERVICES,
    SHORT_PARTITION_SECONDS,
    STANDBY,
    STOP_SECONDS,
    Fault,
    Plan,
    draw_plan,
)
from embedded.torture.run import replay_command

#: As CI runs it.
CI_SECONDS = 168.0
DETOURED = {"postgres", "kafka", "valkey", "opensearch", "s3", "ledger", "marketplace", "search"}
PROCESSES = {*SERVICES, *ENGINES, BACKEND, STANDBY}


def faults_of(plan: Plan, kind: str) -> list[Fault]:
    """Those of one kind that happen in the time that was asked for."""
    return [one for one in plan.faults if one.kind == kind and one.at_seconds < plan.seconds]


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


@pytest.mark.parametrize("seed", range(200))
def test_a_run_of_ci_breaks_everything(seed: int) -> None:
    """Whatever its seed: each kind of process killed and stopped, each disk filled, each way."""
    plan = draw_plan(seed, CI_SECONDS, KINDS, transfers_min=1)
    kills = [fault.target for fault in faults_of(plan, "kill")]
    assert set(kills) == PROCESSES
    assert {fault.target for fault in faults_of(plan, "stop")} == PROCESSES
    assert {fault.target for fault in faults_of(plan, "disk")} == {
        "postgres",
        "kafka",
        "opensearch",
    }
    assert {fault.target for fault in faults_of(plan, "clock")} == {*SERVICES, "all services"}
    ways = {(fault.target, fault.way) for fault in faults_of(plan, "net")}
    assert {("postgres", "commit answer lost"), ("kafka", "produce answer lost")} <= ways
    assert {("postgres", f"call {end}") for end in ("answer lost", "cut off", "lost")} <= ways
    for way in ("slow", "mute new", "partition"):
        assert {target for target, found in ways if found == way} == DETOURED
    assert len(ways) == 80
    assert len({fault.way for fault in faults_of(plan, "messages")}) == 16


def test_a_run_of_ci_breaks_enough() -> None:
    """At least 60 kills and 200 faults of the network, with the seed that CI has."""
    plan = draw_plan(48, CI_SECONDS, KINDS, transfers_min=1)
    assert len(faults_of(plan, "kill")) >= 60
    assert len(faults_of(plan, "net")) >= 200


def test_a_long_run_stops_some_for_long() -> None:
    """Up to half a minute, one in ten; a short run has no time for it."""
    short = [one.seconds for one in faults_of(draw_plan(2, CI_SECONDS, KINDS), "stop")]
    assert STOP_SECONDS[0] <= min(short) <= max(short) <= STOP_SECONDS[1]
    long = [one.seconds for one in faults_of(draw_plan(2, 3600, KINDS), "stop")]
    assert STOP_SECONDS[1] < max(long) <= LONG_STOP_SECONDS
    assert 0.01 < sum(one > STOP_SECONDS[1] for one in long) / len(long) < 0.2


def lasting(plan: Plan, way: str) -> list[float]:
    """How long the faults of the network of one way last."""
    return [one.seconds for one in faults_of(plan, "net") if one.way == way]


def test_a_hole_may_outlast_anybody_s_patience() -> None:
    """Some for up to 20 s, which harms one connection; most are short."""
    muted = lasting(draw_plan(2, 3600, KINDS), "mute")
    assert LONG_MUTE_SECONDS / 2 < max(muted) <= LONG_MUTE_SECONDS
    assert 0.05 < sum(one > 3 for one in muted) / len(muted) < 0.3


def test_a_service_is_parted_for_seconds() -> None:
    """Longer where there is time for it: meanwhile its part of the load stands still."""
    short = lasting(draw_plan(2, CI_SECONDS, KINDS), "partition")
    assert SHORT_PARTITION_SECONDS[0] <= min(short) <= max(short) <= SHORT_PARTITION_SECONDS[1]
    long = lasting(draw_plan(2, 3600, KINDS), "partition")
    assert PARTITION_SECONDS[0] <= min(long)
    assert SHORT_PARTITION_SECONDS[1] < max(long) <= PARTITION_SECONDS[1]


def test_every_detour_has_a_door_for_each_who_uses_it() -> None:
    """The gateway comes to services, services to engines; the plan cuts each."""
    assert set(USERS) == DETOURED
    assert {user for users in USERS.values() for user in users} == set(SERVICES)
    assert USERS["ledger"] == ("gateway",)


@pytest.mark.parametrize(("people", "skew"), [(2, 0.0), (5, 1.5), (10_000, 0.75)])
def test_a_world_can_be_asked_for(people: int, skew: float) -> None:
    """Its size, its unevenness, or both; all else is as drawn, and the replay says so."""
    asked = draw_plan(7, 60, KINDS, people=people, skew=skew)
    drawn = draw_plan(7, 60, KINDS)
    assert (asked.world.people, asked.world.skew) == (people, skew)
    assert asked.world.weights == drawn.world.weights
    assert asked.faults == drawn.faults
    assert draw_plan(7, 60, KINDS, people=people).world.skew == drawn.world.skew
    assert replay_command(asked, KINDS, people, skew).endswith(f" --people {people} --skew {skew}")
    assert "--people" not in replay_command(drawn, KINDS)


@pytest.mark.parametrize("people", [-1, 0, 1, 10_001])
def test_a_world_has_two_to_ten_thousand_people(people: int) -> None:
    """Others are refused before anything is started."""
    with pytest.raises(ValueError, match="people: from 2 to 10,000"):
        draw_plan(7, 60, KINDS, people=people)


@pytest.mark.parametrize("skew", [-0.1, 1.51, float("nan")])
def test_a_world_is_skewed_by_at_most_one_and_a_half(skew: float) -> None:
    """Others are refused before anything is started."""
    with pytest.raises(ValueError, match=r"skew: from 0 to 1.5"):
        draw_plan(7, 60, KINDS, skew=skew)


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
    assert max(fault.at_seconds for fault in long.faults) > 200
    assert [one for one in long.faults if one.at_seconds <= 50] == list(short.faults)
    later = [one for one in long.faults if one.at_seconds > 60]
    assert len(short.faults) / 50 > 4 * len(later) / 180
