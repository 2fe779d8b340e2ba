"""What is news to whom."""

from uuid import UUID, uuid4

import pytest

from marketplace.watches.lifecycle import drop_for, learns
from marketplace.watches.models import Notice, Watcher


def notice(price: int | None, asset: str | None = "LXC") -> Notice:
    """An item's price now."""
    return Notice(
        id=1,
        item_id=UUID(int=1),
        kind="cheaper",
        told_until=None,
        title="Bicycle",
        price_minor=price,
        asset=asset,
        on_show=True,
    )


@pytest.mark.parametrize(
    ("known", "asset", "now", "now_in", "told", "learnt"),
    [
        (6000, "LXC", 5000, "LXC", True, True),
        (6000, "LXC", 6000, "LXC", False, False),
        (6000, "LXC", 7000, "LXC", False, False),
        (6000, "LXC", 0, None, True, True),
        (6000, "LXC", None, None, False, False),
        (6000, "INR", 5000, "LXC", False, True),
        (None, None, 5000, "LXC", False, True),
        (0, None, 5000, "LXC", False, True),
        (0, "LXC", 5000, "LXC", False, False),
    ],
)
def test_news_is_what_is_below_what_one_knows(
    known: int | None,
    asset: str | None,
    now: int | None,
    now_in: str | None,
    *,
    told: bool,
    learnt: bool,
) -> None:
    """In the same asset; a gift is below every price; a first price is learnt, not told."""
    watcher = Watcher(uuid4(), known, asset)
    assert (drop_for(watcher, notice(now, now_in)) is not None) is told
    assert learns(watcher, notice(now, now_in)) is learnt
