"""On which side of its line a figure is, and when a crossing is told. Pure.

| kind       | figure                             | beyond         | armed again               |
| ---------- | ---------------------------------- | -------------- | ------------------------- |
| above      | balance                            | > threshold    | <= threshold - hysteresis |
| below      | balance                            | < threshold    | >= threshold + hysteresis |
| soft_limit | available less floor               | < threshold    | >= threshold + hysteresis |
| rise       | balance less balance a window ago  | >= threshold   | < threshold - hysteresis  |
| fall       | balance a window ago less balance  | >= threshold   | < threshold - hysteresis  |

A trend is looked at when the account moves: just before the entry, which can only arm it again,
because the window went on, and just after it.
"""

from collections.abc import Sequence
from dataclasses import replace

from contracts.money import render_amount
from ledger.monitors.models import (
    TRENDS,
    Crossing,
    CrossingAnswer,
    Monitor,
    MonitorAnswer,
    MonitorKind,
    Point,
)


def figure_of(kind: MonitorKind, point: Point) -> int:
    """What is compared with the line."""
    match kind:
        case "above" | "below":
            return point.balance_minor
        case "soft_limit":
            return point.balance_minor - point.held_minor - (point.floor_minor or 0)
        case "rise":
            return point.balance_minor - point.base_minor
        case "fall":
            return point.base_minor - point.balance_minor


def is_beyond(monitor: Monitor, figure: int) -> bool:
    """On which side of the line a figure is, coming from the side where the monitor stands."""
    line, back = monitor.threshold_minor, monitor.hysteresis_minor if monitor.beyond else 0
    match monitor.kind:
        case "above":
            return figure > line - back
        case "below" | "soft_limit":
            return figure < line + back
        case "rise" | "fall":
            return figure >= line - back


def watch(monitor: Monitor, points: Sequence[Point]) -> tuple[Monitor, list[Crossing]]:
    """Follow the account along its entries.

    Args:
        monitor: As it was left.
        points: The entries after the last one that was looked at, in order.

    Returns:
        The monitor as it is left now, and the crossings to be told.
    """
    found: list[Crossing] = []
    for point in points:
        if monitor.beyond and monitor.kind in TRENDS:
            rested = figure_of(monitor.kind, replace(point, balance_minor=point.before_minor))
            monitor = replace(monitor, beyond=is_beyond(monitor, rested))
        figure = figure_of(monitor.kind, point)
        beyond = is_beyond(monitor, figure)
        if beyond and not monitor.beyond:
            found.append(Crossing(point.account_seq, point.transfer_id, figure, point.at))
        monitor = replace(monitor, seen_seq=point.account_seq, beyond=beyond)
    return replace(monitor, crossings=monitor.crossings + len(found)), found


def render_monitor(monitor: Monitor, newest: Sequence[Crossing] = ()) -> MonitorAnswer:
    """A monitor as its owner sees it."""
    asset = monitor.asset
    return MonitorAnswer(
        id=monitor.id,
        account_id=monitor.account_id,
        asset=asset,
        kind=monitor.kind,
        threshold=render_amount(monitor.threshold_minor, asset),
        hysteresis=render_amount(monitor.hysteresis_minor, asset),
        window_seconds=monitor.window_seconds,
        label=monitor.label,
        beyond=monitor.beyond,
        crossings=monitor.crossings,
        created_at=monitor.created_at,
        ended_at=monitor.ended_at,
        newest=[
            CrossingAnswer(
                account_seq=one.account_seq,
                transfer_id=one.transfer_id,
                observed=render_amount(one.observed_minor, asset),
                crossed_at=one.crossed_at,
            )
            for one in newest
        ],
    )
