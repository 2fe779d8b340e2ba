"""How long people may write. Pure."""

from datetime import datetime, timedelta
from typing import Final

from marketplace.messages.errors import ConversationFull, ConversationOver
from marketplace.trades.lifecycle import awaited
from marketplace.trades.models import Trade

MESSAGES_MAX: Final = 1_000
OPEN_AFTER: Final = timedelta(days=14)


def check_open(trade: Trade, seq: int, now: datetime) -> None:
    """Check that the next message may be written.

    Raises:
        ConversationOver: The trade ended more than 14 days ago.
        ConversationFull: There are as many as there may be.
    """
    if awaited(trade) is None and now > trade.changed_at + OPEN_AFTER:
        raise ConversationOver(trade.changed_at)
    if seq > MESSAGES_MAX:
        raise ConversationFull(MESSAGES_MAX)
