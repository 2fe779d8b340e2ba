"""What a decision makes of an item. Pure."""

from marketplace.reports.errors import NothingToDecide
from marketplace.reports.models import Decision


def hidden_after(decision: Decision, *, hidden: bool, open_reports: int) -> bool:
    """Whether the item is hidden after a decision.

    | decision | in sight         | hidden           |
    | -------- | ---------------- | ---------------- |
    | dismiss  | settles reports  | settles reports  |
    | hide     | hidden           | nothing          |
    | restore  | nothing          | in sight         |

    Raises:
        NothingToDecide: The item is so already, or there is no open report to dismiss.
    """
    after = {"dismiss": hidden, "hide": True, "restore": False}[decision]
    if after == hidden and (decision != "dismiss" or open_reports == 0):
        raise NothingToDecide(decision, hidden=hidden, open_reports=open_reports)
    return after
