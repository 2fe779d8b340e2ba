"""What an export holds, as data."""

from datetime import timedelta
from typing import Final

from gateway.proxy.as_person import Source

FORMAT: Final = "localex-export-v1"
#: Lines of one file, and bytes of all: more than anybody has, less than a disk.
LINES_MAX: Final = 1_000_000
BYTES_MAX: Final = 2 * 1024**3
KEEP: Final = timedelta(days=2)


SOURCES: Final = (
    Source(
        "accounts",
        "ledger",
        "/v1/accounts",
        "accounts",
        limit=200,
        of=(
            Source(
                "entries",
                "ledger",
                "/v1/accounts/{id}/entries",
                "entries",
                limit=200,
                link="account_id",
            ),
        ),
    ),
    Source("gifts_given", "ledger", "/v1/gifts", "gifts", query={"direction": "given"}, limit=200),
    Source(
        "gifts_received", "ledger", "/v1/gifts", "gifts", query={"direction": "received"}, limit=200
    ),
    Source("monitors", "ledger", "/v1/monitors", "monitors", limit=200),
    Source("account_groups", "ledger", "/v1/account-groups", "groups", limit=50),
    Source("items", "marketplace", "/v1/items", "items", query={"mine": "true"}, limit=50),
    Source("images", "marketplace", "/v1/images", "images", limit=50),
    Source(
        "trades",
        "marketplace",
        "/v1/trades",
        "trades",
        limit=50,
        of=(
            Source(
                "messages",
                "marketplace",
                "/v1/trades/{id}/messages",
                "messages",
                cursor=("after", "next_after"),
                limit=50,
                link="trade_id",
            ),
            Source(
                "evidence",
                "marketplace",
                "/v1/trades/{id}/statements",
                "statements",
                link="trade_id",
            ),
            Source("ratings", "marketplace", "/v1/trades/{id}/ratings", "ratings", link="trade_id"),
        ),
    ),
    Source("saved_searches", "marketplace", "/v1/saved-searches", "saved_searches"),
    Source("watches", "marketplace", "/v1/watches", "watches", limit=50),
    Source("ratings_received", "marketplace", "/v1/members/{user}/ratings", "ratings", limit=50),
)


def kinds() -> tuple[str, ...]:
    """All that is asked of services, in the order in which it is asked."""
    return tuple(kind for source in SOURCES for kind in (source.kind, *(c.kind for c in source.of)))
