"""Which side of a line, and when a crossing is told: tables and properties."""

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from ledger.monitors.lifecycle import figure_of, is_beyond, watch
from ledger.monitors.models import Monitor, MonitorKind, Point
from services.ledger.tests.books import NOW

KINDS = st.sampled_from(get_args(MonitorKind.__value__))
NOBODY = new_id()


def monitor(kind: Any, threshold: int, hysteresis: int = 0, *, beyond: bool = False) -> Monitor:
    """A monitor that has looked at nothing yet."""
    return Monitor(
        NOBODY,
        NOBODY,
        NOBODY,
        "LXC",
        kind,
        threshold,
        hysteresis,
        60,
        None,
        beyond,
        seen_seq=0,
        crossings=0,
        created_at=NOW,
        ended_at=None,
    )


def walk(balances: list[int], base: int = 0) -> list[Point]:
    """Entries with these balances, a second apart."""
    return [
        Point(seq, NOBODY, NOW + timedelta(seconds=seq), after, before, 0, 0, base_minor=base)
        for seq, (before, after) in enumerate(zip([0, *balances], balances, strict=False), 1)
    ]


@pytest.mark.parametrize(
    ("kind", "threshold", "hysteresis", "balances", "told"),
    [
        ("above", 100, 0, [50, 100, 101, 150, 90, 120], [3, 6]),
        ("above", 100, 20, [101, 90, 101, 80, 101], [1, 5]),
        ("below", 100, 0, [99, 50, 100, 99], [1, 4]),
        ("below", 100, 10, [150, 99, 105, 99, 110, 99], [2, 6]),
        ("below", 0, 0, [-1, 0, -5], [1, 3]),
        ("soft_limit", 10, 0, [20, 9, 8, 10, 9], [2, 5]),
        ("rise", 50, 0, [49, 50, 60, 49, 50], [2, 5]),
        ("rise", 50, 10, [50, 41, 50, 39, 50], [1, 5]),
        ("fall", 50, 0, [-50, -60, -40, -51], [1, 4]),
    ],
)
def test_a_crossing_is_told_once_until_the_figure_comes_back(
    kind: str, threshold: int, hysteresis: int, balances: list[int], told: list[int]
) -> None:
    """At the entry that crosses, not while it stays beyond, again after the way back."""
    left, found = watch(monitor(kind, threshold, hysteresis), walk(balances))
    assert [one.account_seq for one in found] == told
    assert (left.seen_seq, left.crossings) == (len(balances), len(told))


def test_what_is_held_counts_for_the_soft_limit() -> None:
    """What can be spent is what is available above the floor, wherever that is."""
    point = Point(1, NOBODY, NOW, 100, 0, 30, -20, 0)
    assert figure_of("soft_limit", point) == 90
    assert figure_of("below", point) == 100


def test_a_trend_is_armed_again_by_the_window_going_on() -> None:
    """Two falls of 50 with hours between are two crossings, though no entry came in between."""
    first = Point(1, NOBODY, NOW, 50, 100, 0, 0, base_minor=100)
    later = Point(2, NOBODY, NOW + timedelta(hours=9), 0, 50, 0, 0, base_minor=50)
    _, found = watch(monitor("fall", 50), [first, later])
    assert [one.account_seq for one in found] == [1, 2]


def test_a_fall_that_goes_on_is_told_once() -> None:
    """Within one window it is one fall."""
    points = [
        Point(1, NOBODY, NOW, 50, 100, 0, 0, base_minor=100),
        Point(2, NOBODY, NOW, 20, 50, 0, 0, base_minor=100),
        Point(3, NOBODY, NOW, 0, 20, 0, 0, base_minor=100),
    ]
    left, found = watch(monitor("fall", 50), points)
    assert ([one.account_seq for one in found], left.beyond) == ([1], True)


WALKS = st.lists(st.integers(-200, 200), min_size=1, max_size=40)


@given(KINDS, st.integers(1, 150), st.integers(0, 149), WALKS, st.lists(st.integers(1, 39)))
def test_it_does_not_matter_how_the_entries_are_cut(
    kind: Any, threshold: int, hysteresis: int, balances: list[int], cuts: list[int]
) -> None:
    """All at once, or a page at a time: the same crossings."""
    start = monitor(kind, threshold, min(hysteresis, threshold - 1))
    points = walk(balances)
    whole, found = watch(start, points)
    edges = sorted({0, len(points), *(cut for cut in cuts if cut < len(points))})
    left, parts = start, []
    for begin, end in itertools.pairwise(edges):
        left, some = watch(left, points[begin:end])
        parts += some
    assert (left, parts) == (whole, found)


@given(KINDS, st.integers(1, 150), WALKS)
def test_without_hysteresis_each_step_across_is_told(
    kind: Any, threshold: int, balances: list[int]
) -> None:
    """As many as there are entries beyond the line after one that was not."""
    start = monitor(kind, threshold)
    points = walk(balances)
    sides = [is_beyond(start, figure_of(kind, point)) for point in points]
    steps = [i for i, (a, b) in enumerate(zip([False, *sides], sides, strict=False), 1) if b > a]
    _, found = watch(start, points)
    assert [one.account_seq for one in found] == steps


@given(KINDS, st.integers(1, 150), st.integers(0, 149), WALKS)
def test_hysteresis_only_silences(
    kind: Any, threshold: int, hysteresis: int, balances: list[int]
) -> None:
    """A crossing told with hysteresis is one without it, too."""
    points = walk(balances)
    _, loud = watch(monitor(kind, threshold), points)
    _, calm = watch(monitor(kind, threshold, min(hysteresis, threshold - 1)), points)
    assert {one.account_seq for one in calm} <= {one.account_seq for one in loud}


def test_beyond_from_the_start_is_not_told() -> None:
    """Whoever begins to watch knows where the account stands."""
    start = replace(monitor("below", 100), beyond=True)
    assert watch(start, walk([50, 40]))[1] == []
