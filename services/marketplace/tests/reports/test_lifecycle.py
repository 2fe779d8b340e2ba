"""What a decision makes of an item."""

from typing import Any

import pytest

from marketplace.reports.errors import NothingToDecide
from marketplace.reports.lifecycle import hidden_after


@pytest.mark.parametrize(
    ("decision", "hidden", "open_reports", "after"),
    [
        ("dismiss", False, 2, False),
        ("dismiss", True, 1, True),
        ("hide", False, 0, True),
        ("hide", False, 3, True),
        ("restore", True, 0, False),
    ],
)
def test_a_decision_leads_on(decision: Any, hidden: bool, open_reports: int, after: bool) -> None:
    """Dismissing leaves the item as it is; hiding needs no report."""
    assert hidden_after(decision, hidden=hidden, open_reports=open_reports) is after


@pytest.mark.parametrize(
    ("decision", "hidden", "open_reports"),
    [("dismiss", False, 0), ("hide", True, 4), ("restore", False, 1)],
)
def test_what_changes_nothing_is_refused(decision: Any, hidden: bool, open_reports: int) -> None:
    """With how the item stands."""
    with pytest.raises(NothingToDecide) as refused:
        hidden_after(decision, hidden=hidden, open_reports=open_reports)
    assert refused.value.facts["hidden"] is hidden
