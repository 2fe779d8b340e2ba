"""What an export holds, as data."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from gateway.proxy.as_person import Source

FORMAT: Final = "localex-export-v2"
#: Lines of one file, and bytes of all: more than anybody has, less than a disk.
LINES_MAX: Final = 1_000_000
BYTES_MAX: Final = 2 * 1024**3
KEEP: Final = timedelta(days=2)

IMAGES: Final = Source("images", "marketplace", "/v1/images", "images", limit=50)
#: Of an image: the others are made smaller from what this one was made of.
LARGEST: Final = "large"

_OF_ACCOUNTS: Final = (
    Source(
        "entries", "ledger", "/v1/accounts/{id}/entries", "entries", limit=200, link="account_id"
    ),
    Source(
        "account_policies",
        "ledger",
        "/v1/accounts/{id}/policies",
        "policies",
        limit=200,
        link="account_id",
    ),
)
_OF_GROUPS: Final = (
    Source(
        "account_group_members",
        "ledger",
        "/v1/account-groups/{id}/members",
        "members",
        query={"past": "true"},
        limit=1_000,
        link="group_id",
    ),
)
_OF_TRADES: Final = (
    Source(
        "messages",
        "marketplace",
        "/v1/trades/{id}/messages",
        "messages",
        cursor=("after", "next_after"),
        limit=50,
        link="trade_id",
    ),
    Source("evidence", "marketplace", "/v1/trades/{id}/statements", "statements", link="trade_id"),
    Source("ratings", "marketplace", "/v1/trades/{id}/ratings", "ratings", link="trade_id"),
    Source("escrows", "ledger", "/v1/escrows/{id}", "", link="trade_id"),
)
SOURCES: Final = (
    Source("accounts", "ledger", "/v1/accounts", "accounts", limit=200, of=_OF_ACCOUNTS),
    Source("gifts_given", "ledger", "/v1/gifts", "gifts", query={"direction": "given"}, limit=200),
    Source(
        "gifts_received", "ledger", "/v1/gifts", "gifts", query={"direction": "received"}, limit=200
    ),
    Source(
        "scheduled_transfers", "ledger", "/v1/scheduled-transfers", "scheduled_transfers", limit=200
    ),
    Source("reservations", "ledger", "/v1/reservations", "reservations", limit=200),
    Source("exchanges", "ledger", "/v1/exchanges", "exchanges", limit=200),
    Source("statements", "ledger", "/v1/statements", "statements", limit=100),
    Source("monitors", "ledger", "/v1/monitors", "monitors", limit=200),
    Source("account_groups", "ledger", "/v1/account-groups", "groups", limit=50, of=_OF_GROUPS),
    Source("items", "marketplace", "/v1/items", "items", query={"mine": "true"}, limit=50),
    IMAGES,
    Source("trades", "marketplace", "/v1/trades", "trades", limit=50, of=_OF_TRADES),
    Source("reports", "marketplace", "/v1/item-reports/mine", "reports", limit=100),
    Source("saved_searches", "marketplace", "/v1/saved-searches", "saved_searches"),
    Source("watches", "marketplace", "/v1/watches", "watches", limit=50),
    Source("ratings_received", "marketplace", "/v1/members/{user}/ratings", "ratings", limit=50),
    Source("reputation", "marketplace", "/v1/members/{user}/reputation", ""),
    Source("searches", "search", "/v1/search/mine", "searches", limit=200),
)
#: What each file says, for whoever opens the archive.
ABOUT: Final[Mapping[str, str]] = {
    "profile": "what you said of yourself, your roles, and how far you have come",
    "identities": "the addresses by which you log in, and since when each is known to be yours",
    "former_emails": "addresses that were yours, and until when they are told of changes",
    "sessions": "where you were logged in, from which address and with which program",
    "second_factors": "authenticator app, passkeys and recovery codes, without their secrets",
    "api_keys": "keys of your programs, ended ones too, without what opens anything",
    "program_sessions": "sessions that your programs opened with those keys",
    "role_changes": "which roles you were given or lost, and why",
    "identified": "whether it is known who you are, and until when",
    "vault_fields": "which fields your vault has; what is in them you read there alone",
    "notifications": "what you were told",
    "notification_mails": "mails that were sent for it, and what became of them",
    "notification_preferences": "how you want to hear of what",
    "events": "what happened lately that concerns you, as live events tell it",
    "webhook_endpoints": "addresses of your programs that are told of events",
    "webhook_deliveries": "what they were told, and what they answered",
    "exports": "exports such as this one",
    "looks_at_my_data": "who looked at your data, and why",
    "accounts": "your accounts and what is on them",
    "entries": "each amount that came to an account or left it",
    "account_policies": "what an account may, as it was changed, and why",
    "gifts_given": "gift credits that you gave",
    "gifts_received": "gift credits that you were given",
    "scheduled_transfers": "transfers for later, and what became of them",
    "reservations": "money that you set aside, and what became of it",
    "exchanges": "what you exchanged, and at which rate",
    "statements": "statements that you ordered as files",
    "monitors": "lines of accounts that you watch, and when they were crossed",
    "account_groups": "your groups of accounts",
    "account_group_members": "which accounts are or were in them",
    "items": "what you offer or offered, drafts too",
    "images": "your images; the pictures are in the folder `pictures`, by their ids",
    "trades": "your trades, as buyer and as seller",
    "messages": "what was written in them",
    "evidence": "what was said in disputes",
    "ratings": "what both sides said of a trade, as far as you may see it",
    "escrows": "the money of a trade while it waited, and what became of it",
    "reports": "items that you reported",
    "saved_searches": "searches of which you want to hear",
    "watches": "items that you watch",
    "ratings_received": "what others said of you",
    "reputation": "what follows from your trades and ratings",
    "searches": "what you searched for and chose, as long as it is kept",
}


def kinds() -> tuple[str, ...]:
    """All that is asked of services, in the order in which it is asked."""
    return tuple(kind for source in SOURCES for kind in (source.kind, *(c.kind for c in source.of)))
