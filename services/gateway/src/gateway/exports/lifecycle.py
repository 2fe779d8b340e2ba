"""What an export holds, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

FORMAT: Final = "localex-export-v1"
#: Lines of one file, and bytes of all: more than anybody has, less than a disk.
LINES_MAX: Final = 1_000_000
BYTES_MAX: Final = 2 * 1024**3
KEEP: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Source:
    """A list that a service shows a person of their own.

    Attributes:
        kind: The file's name in the export, without its ending.
        service: Whose route it is.
        path: The route, with `{user}` for the person or `{id}` of the thing it belongs to.
        name: The list's field in an answer.
        query: Besides the cursor.
        cursor: The parameter that asks for the next page, and the field that tells it.
        limit: Of a page; nothing where the route has no pages.
        of: Lists of each thing in this one.
        link: Field that says, in each line of such a list, what it belongs to.
    """

    kind: str
    service: str
    path: str
    name: str
    query: Mapping[str, str] = field(default_factory=dict)
    cursor: tuple[str, str] = ("cursor", "next_cursor")
    limit: int | None = None
    of: tuple["Source", ...] = ()
    link: str = ""


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


def page_of(source: Source, answer: Mapping[str, Any]) -> tuple[list[dict[str, Any]], str | None]:
    """The lines of an answer, and where the next page begins.

    Raises:
        KeyError: The answer is not what its route says.
    """
    following = answer.get(source.cursor[1])
    return list(answer[source.name]), None if following is None else str(following)
