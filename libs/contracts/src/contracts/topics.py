"""The topics, and how each is provisioned. Nobody creates topics by using them."""

from dataclasses import dataclass
from typing import Final

DAY_MS: Final[int] = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    """A Kafka topic as provisioned.

    `retention_ms` of -1 keeps messages for ever: a new index or view is built by reading the
    topic from its beginning. `written_by` is the one service that may write to it; the service
    in its name unless said otherwise. Of a `compacted` topic only the newest message of each key
    is kept, once two weeks are over: each message is the whole of its thing, so that a reader who
    begins anew lacks nothing, and words that were taken back do not lie there for ever.
    """

    name: str
    partitions: int = 4
    retention_ms: int = 14 * DAY_MS
    max_message_bytes: int = 1024 * 1024
    written_by: str = ""
    compacted: bool = False

    @property
    def configs(self) -> dict[str, str]:
        """What Kafka is told of it."""
        told = {
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_message_bytes),
        }
        if self.compacted:
            told |= {
                "cleanup.policy": "compact",
                "min.compaction.lag.ms": str(14 * DAY_MS),
                "max.compaction.lag.ms": str(28 * DAY_MS),
                "segment.ms": str(DAY_MS),
            }
        return told

    @property
    def source(self) -> str:
        """CloudEvents `source` of everything on it."""
        return f"/{self.written_by or self.name.partition('.')[0]}"


GATEWAY_USERS: Final = Topic("gateway.users.v1", retention_ms=-1)
GATEWAY_COMMUNITIES: Final = Topic("gateway.communities.v1", partitions=1, retention_ms=-1)
GATEWAY_SECURITY: Final = Topic("gateway.security.v1")
GATEWAY_EXPORTS: Final = Topic("gateway.exports.v1")
GATEWAY_COMPLIANCE: Final = Topic("gateway.compliance.v1", retention_ms=-1)
GATEWAY_VAULT: Final = Topic("gateway.vault.v1", retention_ms=-1)
LEDGER_ACCOUNTS: Final = Topic("ledger.accounts.v1", retention_ms=-1)
LEDGER_TRANSFERS: Final = Topic("ledger.transfers.v1")
LEDGER_ESCROW: Final = Topic("ledger.escrow.v1")
LEDGER_RESERVATIONS: Final = Topic("ledger.reservations.v1")
LEDGER_GIFTS: Final = Topic("ledger.gifts.v1")
LEDGER_SCHEDULED_TRANSFERS: Final = Topic("ledger.scheduled_transfers.v1")
LEDGER_EXCHANGES: Final = Topic("ledger.exchanges.v1")
LEDGER_MONITORS: Final = Topic("ledger.monitors.v1")
LEDGER_ISSUANCE: Final = Topic("ledger.issuance.v1")
LEDGER_RECONCILIATION: Final = Topic("ledger.reconciliation.v1")
LEDGER_ESCROW_COMMANDS: Final = Topic("ledger.escrow_commands.v1", written_by="marketplace")
MARKETPLACE_ITEMS: Final = Topic("marketplace.items.v1", retention_ms=-1, compacted=True)
MARKETPLACE_CATEGORIES: Final = Topic("marketplace.categories.v1", partitions=1, retention_ms=-1)
MARKETPLACE_REPORTS: Final = Topic("marketplace.reports.v1")
MARKETPLACE_WATCHES: Final = Topic("marketplace.watches.v1")
MARKETPLACE_SAVED_SEARCHES: Final = Topic("marketplace.saved_searches.v1")
MARKETPLACE_TRADES: Final = Topic("marketplace.trades.v1")
MARKETPLACE_IMAGES: Final = Topic("marketplace.images.v1")
MARKETPLACE_MESSAGES: Final = Topic("marketplace.messages.v1")
MARKETPLACE_DISPUTES: Final = Topic("marketplace.disputes.v1")
MARKETPLACE_RATINGS: Final = Topic("marketplace.ratings.v1")
MARKETPLACE_REPUTATIONS: Final = Topic(
    "marketplace.reputations.v1", retention_ms=-1, compacted=True
)
MARKETPLACE_INVENTORIES: Final = Topic("marketplace.inventories.v1")
MARKETPLACE_INVENTORY_COMMANDS: Final = Topic(
    "marketplace.inventory_commands.v1", partitions=1, written_by="search"
)
SEARCH_PARITY: Final = Topic("search.parity.v1")

TOPICS: Final = (
    GATEWAY_USERS,
    GATEWAY_COMMUNITIES,
    GATEWAY_VAULT,
    GATEWAY_SECURITY,
    GATEWAY_EXPORTS,
    GATEWAY_COMPLIANCE,
    LEDGER_ACCOUNTS,
    LEDGER_TRANSFERS,
    LEDGER_ESCROW,
    LEDGER_ESCROW_COMMANDS,
    LEDGER_RESERVATIONS,
    LEDGER_GIFTS,
    LEDGER_SCHEDULED_TRANSFERS,
    LEDGER_EXCHANGES,
    LEDGER_MONITORS,
    LEDGER_ISSUANCE,
    LEDGER_RECONCILIATION,
    MARKETPLACE_ITEMS,
    MARKETPLACE_CATEGORIES,
    MARKETPLACE_REPORTS,
    MARKETPLACE_WATCHES,
    MARKETPLACE_SAVED_SEARCHES,
    MARKETPLACE_TRADES,
    MARKETPLACE_IMAGES,
    MARKETPLACE_MESSAGES,
    MARKETPLACE_DISPUTES,
    MARKETPLACE_RATINGS,
    MARKETPLACE_REPUTATIONS,
    MARKETPLACE_INVENTORIES,
    MARKETPLACE_INVENTORY_COMMANDS,
    SEARCH_PARITY,
)


def dead_letters(topic: Topic) -> Topic:
    """The topic for messages that could not be handled: one partition, kept long."""
    return Topic(f"{topic.name}.dead", partitions=1, retention_ms=90 * DAY_MS)


SOURCES: Final = {topic.name: topic.source for topic in TOPICS}
ALL_TOPICS: Final = (*TOPICS, *(dead_letters(topic) for topic in TOPICS))
