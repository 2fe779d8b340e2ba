"""The words the services share: commands, events, topics and money."""

from contracts import (
    gateway,
    ledger,
    ledger_accounts,
    marketplace,
    marketplace_interests,
    marketplace_inventories,
    marketplace_people,
    marketplace_trades,
    search,
    topics,
)
from contracts.messages import MESSAGES, Command, Event, Message

__all__ = [
    "MESSAGES",
    "Command",
    "Event",
    "Message",
    "gateway",
    "ledger",
    "ledger_accounts",
    "marketplace",
    "marketplace_interests",
    "marketplace_inventories",
    "marketplace_people",
    "marketplace_trades",
    "search",
    "topics",
]
