"""Copy an old month of an audit log to object storage, read it back, and let the partition go."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final

from chassis.audit import queries
from chassis.audit.chain import COLUMNS, link
from chassis.audit.shelf import MONTH_MAX_BYTES, Shelf
from chassis.database import Connection

#: Events of a month that are in memory at once; acts of people with power are far fewer.
EVENTS_MAX: Final = 500_000


class NotArchived(Exception):
    """The month stays where it is; the message says why."""


@dataclass(frozen=True, slots=True)
class Archived:
    """A month that is in object storage now."""

    month: date
    events: int
    path: str


async def browse_months(conn: Connection, before: date) -> Sequence[date]:
    """Months of the log, begun before a day, that are still in the database; the oldest first.

    Args:
        conn: A connection that may read the log, with the service's schema first in its path.
        before: The first day that stays.
    """
    return [row["month"] for row in await conn.fetch(queries.SELECT_MONTHS, before)]


async def archive_month(
    conn: Connection, month: date, shelf: Shelf, *, whom: str
) -> Archived | None:
    """Archive a month: nothing is dropped before its copy was read back and is the same.

    Args:
        conn: A connection of the operators' role, with the service's schema first in its path.
        month: Its first day.
        shelf: Where it goes.
        whom: Who asks for it.

    Returns:
        What was done; nothing for a month without events, which costs nothing where it is.

    Raises:
        NotArchived: An event is not what was sealed, the copy reads otherwise, or it is too large.
        CopiesAway: Object storage gives no answer.
    """
    rows = await conn.fetch(queries.SELECT_MONTH, month, EVENTS_MAX + 1)
    if not rows:
        return None
    if len(rows) > EVENTS_MAX:
        raise NotArchived(f"{month:%Y-%m} has more than {EVENTS_MAX:,} events")
    for row in rows:
        if row["seq"] is None or (
            row["before_hash"] is not None
            and link(bytes(row["before_hash"]), int(row["seq"]), row) != bytes(row["hash"])
        ):
            raise NotArchived(f"event {row['id']} is not what was sealed: run audit verify")
    content = write_month(rows)
    digest = sha256(content).digest()
    path = shelf.path(month, digest)
    await shelf.put(path, content)
    if await shelf.get(path) != content:
        raise NotArchived(f"{path} does not read like what was written; {month:%Y-%m} stays")
    await conn.execute(queries.ARCHIVE_MONTH, month, path, digest, len(rows), whom)
    return Archived(month, len(rows), path)


def write_month(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Events in the order of the chain, one a line, packed; the same rows are the same bytes.

    Raises:
        NotArchived: It would be too large to be read back.
    """
    lines = (
        json.dumps(
            {
                "seq": int(row["seq"]),
                "hash": bytes(row["hash"]).hex(),
                **{name: row[name] for name in COLUMNS},
            },
            ensure_ascii=False,
        )
        for row in rows
    )
    content = gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
    if len(content) > MONTH_MAX_BYTES:
        raise NotArchived(f"a month of {len(content):,} bytes is too large")
    return content


def read_month(content: bytes) -> dict[int, dict[str, Any]]:
    """Events by their place in the chain.

    Raises:
        ValueError: It is no month that `write_month` wrote.
    """
    try:
        # Not by every line end that Unicode has: those within a text are its own.
        lines = gzip.decompress(content).decode().split("\n")
    except (OSError, EOFError) as error:
        raise ValueError(str(error)) from error
    return {one["seq"]: one for one in map(json.loads, filter(None, lines))}
